//! Everything there is: processes, store, rescue file, server, time, and what
//! may still go wrong.

use std::time::Duration;

use xoxoday_api::number::EpochMillis;

use super::super::clock::after;
use super::super::document::{Account, Document};
use super::super::policy::Policy;
use super::super::protocol::Reason;
use super::super::seed::Seed;
use super::guarantees::{Broken, Past};
use super::process::{Doing, Process};
use super::server::{Rule, Server};
use super::shared::Shared;
use super::store::Store;
use super::subject::{Breach, Subject};
use super::tokens::{Token, text};

/// The moments at which anything happens are this far apart: more than half a
/// lease and less than a whole one.
const TICK: Duration = Duration::from_secs(40);

const FIRST: Token = 1;

/// How much may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Bounds {
    pub(super) processes: usize,
    /// Rotations that callers begin.
    pub(super) rotations: u8,
    pub(super) crashes: u8,
    /// Single mishaps of store, rescue file, network and server.
    pub(super) faults: u8,
    pub(super) outages: u8,
    pub(super) ticks: u8,
    pub(super) imports: u8,
}

/// One setting of the model.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) rule: Rule,
    pub(super) policy: Policy,
    pub(super) bounds: Bounds,
    pub(super) breach: Option<Breach>,
}

impl Setting {
    pub(super) fn subject(&self, number: u8) -> Subject {
        Subject::new(self.policy.clone(), number, self.breach)
    }
}

#[derive(Debug, Clone, PartialEq, Hash)]
pub(super) struct World {
    pub(super) ticks: u8,
    pub(super) store: Store,
    pub(super) rescue: Option<Shared<Document>>,
    pub(super) server: Server,
    /// Requests whose senders wait no more; the server may work on them yet.
    pub(super) astray: Vec<Token>,
    pub(super) processes: Vec<Shared<Process>>,
    /// How many processes there were.
    pub(super) births: u8,
    /// What may still happen.
    pub(super) left: Bounds,
    pub(super) past: Past,
    pub(super) broken: Broken,
}

impl World {
    pub(super) fn new(setting: &Setting) -> Self {
        let seed = Seed::new(text(FIRST)).access_token("a", None);
        let account = Account::new("sandbox".into(), "client".into());
        let document = Document::seeded(account, &seed, moment(0));
        let count = setting.bounds.processes;
        let processes = (0..count).map(|number| {
            let subject = setting.subject(number as u8);
            Shared::new(Process::new(subject, Doing::Rest, document.generation()))
        });
        Self {
            ticks: 0,
            processes: processes.collect(),
            births: count as u8,
            store: Store::new(document),
            rescue: None,
            server: Server::new(setting.rule, FIRST),
            astray: Vec::new(),
            left: setting.bounds,
            past: Past::new(FIRST),
            broken: Broken::default(),
        }
    }

    pub(super) fn now(&self) -> EpochMillis {
        moment(self.ticks)
    }

    pub(super) fn process(&self, who: usize) -> &Process {
        self.processes[who].get()
    }

    pub(super) fn set_process(&mut self, who: usize, process: Process) {
        self.processes[who] = Shared::new(process);
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.processes.iter().all(|it| it.get().is_at_rest())
    }

    /// A token that works, that this process was given, and that no store
    /// holds, while the store has none that works.
    pub(super) fn owes(&self, process: &Process) -> Option<Token> {
        let content = self.store.content.get();
        let live = self.server.live();
        let token = process.received?;
        let replaced = live.contains(content.token()) && !content.is_latched();
        (live.contains(token) && !self.past.stored.contains(token) && !replaced).then_some(token)
    }
}

fn moment(ticks: u8) -> EpochMillis {
    after(EpochMillis::new(1_000_000_000), TICK * u32::from(ticks))
}

/// One step of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Begin(usize, Reason, How),
    Go(usize, How),
    Crash(usize),
    /// The server works on a request whose sender waits no more.
    WorkedOnLate(usize),
    Tick,
    StoreDown,
    StoreUp,
    RescueLost,
    /// A person brings in new tokens after a latch.
    Import,
}

/// How a step of a process goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Well,
    /// Well, but the look into the store that follows it fails.
    Blind,
    /// With an error, and nothing done.
    Fails,
    /// With an error, and yet it was done.
    Unheard,
    /// The server limits, or is in trouble, and has done nothing.
    Limited,
    Troubled,
    /// The server has done its work, and what arrives is no answer to it.
    Spoilt,
    /// The sender waits no more: no answer came in time.
    Lost,
    NotSent,
}
