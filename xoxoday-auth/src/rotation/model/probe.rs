//! Looks ahead from a state in which no rotation runs: once all trouble is
//! over, does the account still work?

use super::super::protocol::Reason;
use super::guarantees::Guarantee;
use super::process::{Doing, Ending, Process};
use super::shared::Shared;
use super::tokens::Tokens;
use super::world::{How, Setting, World};

/// Longer than any brake, and than the hours of grace.
const A_DAY: u8 = 100;

pub(super) fn look(setting: &Setting, world: &mut World) {
    let saved = works_as_it_is(world);
    let (saved, works) = match saved {
        true => (true, true),
        false => ahead(setting, world),
    };
    world.broken.mark(Guarantee::NoLostSuccessor, !saved);
    let locked_out = !works && !excusable(world).is_empty();
    world.broken.mark(Guarantee::NeverLockedOut, locked_out);
}

/// Tokens that work and were given to a process that could have kept them.
fn excusable(world: &World) -> Tokens {
    let past = &world.past;
    let written = past.stored.with(past.rescued);
    let lost = past.lost.without(written);
    world.server.live().and(past.received).without(lost)
}

/// The short way: the store holds a token that works, and nobody knows better.
fn works_as_it_is(world: &World) -> bool {
    let content = world.store.content.get();
    let unsaved = |process: &Shared<Process>| process.get().subject.machine.unsaved().is_some();
    !content.is_latched()
        && world.server.live().contains(content.token())
        && world.rescue.is_none()
        && !world.processes.iter().any(unsaved)
}

/// The long way: whether all is saved, and the account works.
fn ahead(setting: &Setting, world: &World) -> (bool, bool) {
    let mut world = world.clone();
    world.store.down = false;
    let mut saved = true;
    for who in 0..world.processes.len() {
        let unsaved = |world: &World| world.process(who).subject.machine.unsaved().is_some();
        if unsaved(&world) {
            world.rotate(setting, who, Reason::Due);
            saved &= !unsaved(&world);
        }
    }
    world.server.end_grace();
    let newcomer = Process::new(setting.subject(world.births), Doing::Unborn, 0);
    world.births += 1;
    world.processes.push(Shared::new(newcomer));
    let newcomer = world.processes.len() - 1;
    for _ in 0..3 {
        world.pass(A_DAY);
        match world.rotate(setting, newcomer, Reason::Demanded) {
            Ending::Good => return (saved, true),
            Ending::LoginRequired => return (saved, false),
            Ending::NotBefore(_) | Ending::Failed => {}
        }
    }
    (saved, false)
}

impl World {
    /// A whole rotation without mishap.
    fn rotate(&mut self, setting: &Setting, who: usize, reason: Reason) -> Ending {
        self.begin(setting, who, reason);
        let mut ending = Ending::Good;
        for _ in 0..100 {
            match self.process(who).doing {
                Doing::Wait => self.pass(1),
                Doing::End { ending: this, .. } => ending = this,
                Doing::Rest => return ending,
                _ => {}
            }
            self.go(setting, who, How::Well);
        }
        Ending::Failed
    }
}
