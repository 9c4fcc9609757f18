//! Performs what the machine decides, and tells callers of it.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tracing::Instrument as _;
use tracing::field::Empty;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;

use super::clock::{AccountClock, Clock as _, until};
use super::document::{Account, Document};
use super::herald::{Herald, word};
use super::machine::Machine;
use super::merge::is_lost;
use super::opening;
use super::pause::Pause;
use super::policy::Policy;
use super::protocol::{
    Action, Exchanged, Failure, Input, Loaded, Outcome, Presentation, Reason, Success,
};
use super::rescue::Rescue;
use super::safekeeping::{self, Safekeeping};
use super::seed::Seed;
use super::snapshot::{Live, Snapshot};
use super::strikes;
use super::worker::Rotation;
use crate::events::Events;
use crate::lock::lock;
use crate::random;
use crate::store::{BoxFuture, StoreError, Swap, TokenStore, Version, in_time};

/// Presents a refresh token to the server, once.
pub(crate) trait Exchange: fmt::Debug + Send + Sync + 'static {
    fn exchange(&self, presentation: Presentation) -> BoxFuture<'_, (Exchanged, Report<'_>)>;
}

/// What is still to be told of an exchange. It is dropped, and with that told,
/// when the answer has been saved: nobody who is told can stand in between.
pub(crate) type Report<'a> = Box<dyn Send + 'a>;

/// Rotates one account's tokens. To drop it waits for an exchange under way:
/// a program that ends would take the answer with it.
#[derive(Debug)]
pub(crate) struct Rotator(Arc<Inner>);

/// What a rotator is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) account: Account,
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) clock: Arc<AccountClock>,
    pub(crate) policy: Policy,
    pub(crate) rescue: Option<Rescue>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) parts: Parts,
    snapshot: Snapshot,
    document: Mutex<Document>,
    machine: Mutex<Machine>,
    /// The request of the last rotation, if it made one.
    attempt: Mutex<Option<String>>,
    running: Mutex<Option<Running>>,
    /// Whether somebody already sees to an answer that could not be saved.
    pub(super) saving_later: AtomicBool,
    pub(super) closing: watch::Sender<bool>,
    /// After a failure, no rotation starts by itself before this moment: a
    /// caller with a live token must not pay for one on every call.
    quiet: ArcSwapOption<Pause>,
    /// Whether a rotation is under way, for those who only come by.
    pub(super) under_way: AtomicBool,
    /// The newest generation that the server has accepted.
    accepted: AtomicU64,
    /// The version that the store had when it was last read or written.
    pub(super) seen: AtomicU64,
    herald: Herald,
}

/// A rotation under way, or the last one.
#[derive(Debug)]
struct Running {
    outcome: watch::Receiver<Option<Outcome>>,
    /// Closed when the thread ends.
    ended: mpsc::Receiver<()>,
}

impl Running {
    fn is_over(&self) -> bool {
        // A closed channel without an outcome is a thread that died.
        self.outcome.borrow().is_some() || self.outcome.has_changed().is_err()
    }
}

impl Rotator {
    /// Reads the store and, where it holds no tokens that work, brings the seed in.
    pub(crate) async fn open(parts: Parts, seed: Option<Seed>) -> Result<Self, Failure> {
        let first = async {
            let document = opening::first_document(&parts, seed.as_ref()).await?;
            Ok((document, safekeeping::find(parts.rescue.as_ref()).await))
        };
        let first: Result<_, Failure> = in_time(parts.policy.lease, first).await;
        let (document, rescued) = first?;
        let snapshot = Snapshot::default();
        snapshot.publish(Live::of(&document, &parts.policy).map(Arc::new));
        let holder = format!("{}-{:08x}", std::process::id(), random::number() as u32);
        let inner = Arc::new(Inner {
            snapshot,
            document: Mutex::new(document),
            machine: Mutex::new(Machine::new(parts.policy.clone(), holder)),
            attempt: Mutex::new(None),
            running: Mutex::new(None),
            saving_later: AtomicBool::new(false),
            closing: watch::Sender::new(false),
            quiet: ArcSwapOption::empty(),
            under_way: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            seen: AtomicU64::new(Version::EMPTY.get()),
            herald: Herald::default(),
            parts,
        });
        // What was rescued finds its place now, and not when a rotation is due.
        if rescued.is_some() {
            drop(Inner::start(&inner, Reason::Due));
        }
        Ok(Self(inner))
    }

    /// The document as this process knows it.
    pub(crate) fn document(&self) -> Document {
        self.0.document()
    }

    pub(crate) fn events(&self) -> Events {
        self.0.herald.subscribe()
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.0.parts.policy
    }

    /// Lends the live token where nothing else is to be done: what nearly every
    /// call finds. Takes no lock, allocates nothing and does not wait.
    pub(crate) fn at_hand<T>(&self, read: impl FnOnce(&Arc<Live>) -> T) -> Option<T> {
        self.0.snapshot.calm(self.0.parts.clock.now(), read)
    }

    /// A live token. Where one is at hand this neither waits nor fails; a
    /// rotation that is due starts beside it.
    pub(crate) async fn live(&self) -> Result<Arc<Live>, Failure> {
        let now = self.0.parts.clock.now();
        self.0.herald.warn_of_the_end(|| self.0.document(), now);
        if let Some(live) = self.0.snapshot.usable(now) {
            let under_way = self.0.under_way.load(Ordering::SeqCst);
            if live.is_due(now) && !under_way && self.0.may_start_by_itself(now) {
                drop(Inner::start(&self.0, Reason::Due));
            }
            return Ok(live);
        }
        self.renewed(Reason::Due, 0).await
    }

    /// The newest token, whether or not it may still be sent.
    pub(crate) fn newest(&self) -> Option<Arc<Live>> {
        self.0.snapshot.newest()
    }

    /// The server has accepted the token of a generation.
    pub(crate) fn accepted(&self, generation: u64) {
        if self.0.accepted.load(Ordering::Relaxed) < generation {
            self.0.accepted.fetch_max(generation, Ordering::Relaxed);
        }
    }

    /// A live token that is newer than the generation that was rejected.
    pub(crate) async fn replace(&self, rejected: u64) -> Result<Arc<Live>, Failure> {
        let now = self.0.parts.clock.now();
        match self.0.snapshot.usable(now) {
            Some(live) if live.generation > rejected => Ok(live),
            _ => match self.0.hold(rejected, now) {
                Some(until) => {
                    // Others, or a person, may have brought better ones.
                    drop(self.rotate(Reason::Due).await);
                    let live = self.0.snapshot.usable(now);
                    live.filter(|live| live.generation > rejected)
                        .ok_or(Failure::Useless { until })
                }
                None => self.renewed(Reason::Rejected(rejected), rejected).await,
            },
        }
    }

    /// The `X-Request-Id` of the last rotation's exchange, if it made one.
    pub(crate) fn attempt(&self) -> Option<String> {
        lock(&self.0.attempt).clone()
    }

    /// Rotates, or joins the rotation that is under way.
    pub(crate) async fn rotate(&self, reason: Reason) -> Outcome {
        let outcome = wait(Inner::start(&self.0, reason)).await;
        match (reason, outcome) {
            // Joined one that was begun for less than this.
            (
                Reason::Demanded | Reason::Rejected(_),
                Ok(Success::StillFresh) | Err(Failure::Busy { .. } | Failure::Halted),
            ) => wait(Inner::start(&self.0, reason)).await,
            (_, outcome) => outcome,
        }
    }

    /// Keeps the token fresh by the clock, until the rotator is dropped.
    pub(crate) fn keep_fresh(&self) {
        super::keeper::keep_fresh(self.0.closing.subscribe(), Arc::downgrade(&self.0));
    }

    /// Returns once no rotation is under way, and what could not be saved has
    /// been tried once more.
    pub(crate) async fn settle(&self) {
        let running = self.0.running().as_ref().map(|it| it.outcome.clone());
        if let Some(outcome) = running {
            drop(wait(outcome).await);
        }
        if self.0.machine().unsaved().is_some() {
            drop(wait(Inner::start(&self.0, Reason::Due)).await);
        }
    }

    /// Rotates until a token newer than `than` is live.
    async fn renewed(&self, reason: Reason, than: u64) -> Result<Arc<Live>, Failure> {
        // Twice, because the first may have been begun by somebody who did not
        // know yet that this generation is rejected.
        for _ in 0..2 {
            match self.rotate(reason).await {
                // A successor that could not be saved is still the newest token.
                Ok(_) | Err(Failure::Unsaved(_)) => {}
                Err(failure) => return Err(failure),
            }
            let usable = self.0.snapshot.usable(self.0.parts.clock.now());
            if let Some(live) = usable.filter(|live| live.generation > than) {
                return Ok(live);
            }
        }
        Err(Failure::Unavailable {
            why: "the new access token has already ended: is the clock right?".into(),
        })
    }
}

impl Drop for Rotator {
    fn drop(&mut self) {
        let running = {
            // Together: none begins behind our back.
            let mut running = self.0.running();
            self.0.closing.send_replace(true);
            running.take()
        };
        if let Some(running) = running.filter(|it| !it.is_over()) {
            tracing::info!("waiting for the end of a rotation");
            // An exchange, a save, and what a store that hangs costs.
            let _ = running.ended.recv_timeout(3 * self.0.parts.policy.lease);
        }
    }
}

pub(super) async fn wait(mut running: watch::Receiver<Option<Outcome>>) -> Outcome {
    let outcome = match running.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone(),
        Err(_) => None,
    };
    outcome.unwrap_or_else(|| {
        Err(Failure::Unavailable {
            why: "the rotation was interrupted".into(),
        })
    })
}

impl Inner {
    pub(super) fn document(&self) -> Document {
        lock(&self.document).clone()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        lock(&self.running)
    }

    pub(super) fn machine(&self) -> MutexGuard<'_, Machine> {
        lock(&self.machine)
    }

    fn may_start_by_itself(&self, now: EpochMillis) -> bool {
        let quiet = self.quiet.load();
        !quiet.as_ref().is_some_and(|quiet| quiet.holds(now))
    }

    /// Until when no token is bought because this generation was rejected.
    fn hold(&self, rejected: u64, now: EpochMillis) -> Option<EpochMillis> {
        let document = self.document();
        let in_vain = self.accepted.load(Ordering::Relaxed) < rejected;
        let newest = document.generation() == rejected;
        strikes::hold(&document, now).filter(|_| newest && in_vain)
    }

    /// What a call would do that comes by.
    pub(super) async fn refresh_if_due(inner: &Arc<Self>) {
        let now = inner.parts.clock.now();
        inner.herald.warn_of_the_end(|| inner.document(), now);
        let due = inner
            .snapshot
            .newest()
            .is_none_or(|live| live.is_due(now) || !live.is_usable(now));
        if due && inner.may_start_by_itself(now) {
            drop(wait(Self::start(inner, Reason::Due)).await);
        }
    }

    /// Begins a rotation, unless one is under way.
    pub(super) fn start(inner: &Arc<Self>, reason: Reason) -> watch::Receiver<Option<Outcome>> {
        let mut running = inner.running();
        if let Some(running) = running.as_ref().filter(|it| !it.is_over()) {
            return running.outcome.clone();
        }
        let (sender, outcome) = watch::channel(None);
        // Nobody would wait for it any more.
        if *inner.closing.borrow() {
            sender.send_replace(Some(Err(shut_down())));
            return outcome;
        }
        let (alive, ended) = mpsc::channel();
        *running = Some(Running {
            outcome: outcome.clone(),
            ended,
        });
        inner.under_way.store(true, Ordering::SeqCst);
        drop(running);
        let rotation = Rotation {
            inner: Arc::clone(inner),
            reason,
            cause: tracing::Span::current(),
            outcome: sender,
            _alive: alive,
        };
        rotation.begin();
        outcome
    }

    pub(super) async fn run_traced(&self, reason: Reason, cause: tracing::Span) -> Outcome {
        let span = tracing::info_span!(
            parent: None,
            "xoxoday.rotation",
            operation = Operation::RefreshTokenPoints.id(),
            environment = self.parts.account.environment,
            reason = reason.as_str(),
            generation = Empty,
            duration_ms = Empty,
            outcome = Empty,
        );
        span.follows_from(cause);
        let started = Instant::now();
        let outcome = self.perform(reason).instrument(span.clone()).await;
        span.record("generation", self.document().generation());
        span.record("duration_ms", started.elapsed().as_millis() as u64);
        span.record("outcome", word(&outcome));
        let generation = self.document().generation();
        span.in_scope(|| {
            self.herald.tell(&outcome, generation);
            if self.machine().unsaved().is_none() {
                self.herald.all_is_saved(generation);
            }
        });
        outcome
    }

    async fn perform(&self, reason: Reason) -> Outcome {
        let Parts {
            store,
            exchange,
            clock,
            policy,
            ..
        } = &self.parts;
        let held = self.document().generation();
        *lock(&self.attempt) = None;
        let mut safekeeping = Safekeeping::new(self.parts.rescue.as_ref());
        let mut _report: Report<'_> = Box::new(());
        let accepted = self.accepted.load(Ordering::Relaxed);
        let mut input = Input::Begin {
            reason,
            held,
            accepted,
        };
        let mut waits = 0;
        loop {
            let action = self.machine().step(input, clock.now());
            input = match action {
                Action::Load => {
                    step("load");
                    Input::Loaded(in_time(policy.lease, self.load()).await)
                }
                Action::Wait(until) => {
                    self.pause(until, waits).await?;
                    waits += 1;
                    Input::Waited
                }
                Action::Swap { expected, document } => {
                    step("swap");
                    let swap = store.compare_and_swap(expected, &document);
                    let swap = in_time(policy.lease, swap);
                    let unsaved = || self.machine().unsaved().cloned();
                    let swapped = safekeeping.beside(swap, unsaved).await;
                    // The machine's may have been set back meanwhile.
                    clock.follow(&**store);
                    if let Ok(Swap::Done(version)) = swapped {
                        self.seen.store(version.get(), Ordering::Relaxed);
                    }
                    Input::Swapped(swapped)
                }
                Action::Exchange(presentation) => {
                    step("exchange");
                    *lock(&self.attempt) = Some(presentation.attempt.clone());
                    let (exchanged, report) = exchange.exchange(presentation).await;
                    _report = report;
                    step("exchanged");
                    Input::Exchanged(exchanged)
                }
                Action::End { result, publish } => {
                    step("end");
                    let (unsaved, taken_over) = {
                        let machine = self.machine();
                        (machine.unsaved().cloned(), machine.taken_over().cloned())
                    };
                    let settled = safekeeping.settle(unsaved, taken_over, policy.lease);
                    settled.await;
                    self.end(&result, publish);
                    step("ended");
                    return result;
                }
            };
        }
    }

    async fn load(&self) -> Result<Loaded, StoreError> {
        let stored =
            opening::load(&*self.parts.store, &self.parts.account, &self.parts.clock).await?;
        let version = stored.as_ref().map_or(Version::EMPTY, |it| it.version);
        self.seen.store(version.get(), Ordering::Relaxed);
        let rescued = safekeeping::find(self.parts.rescue.as_ref()).await;
        let rescued =
            rescued.or_else(|| Some(self.document()).filter(|it| is_lost(it, stored.as_ref())));
        Ok(Loaded { stored, rescued })
    }

    /// Waits for another holder, but not much longer than it takes. Many may do
    /// so, each asking the store, so they ask ever more seldom.
    async fn pause(&self, end: EpochMillis, waits: u32) -> Result<(), Failure> {
        const OFTEN: Duration = Duration::from_millis(100);
        let pause = OFTEN * (1 << waits.min(4));
        let mut closing = self.closing.subscribe();
        let left = until(self.parts.clock.now(), end);
        let closed = closing.wait_for(|closing| *closing);
        match tokio::time::timeout(left.min(pause), closed).await {
            Err(_) => Ok(()),
            Ok(_) => Err(shut_down()),
        }
    }

    /// Rescues what a rotation has left that did not come to its end.
    pub(super) fn rescue(&self) {
        let unsaved = self.machine().unsaved().cloned();
        if let (Some(rescue), Some(unsaved)) = (&self.parts.rescue, unsaved) {
            safekeeping::keep(rescue, unsaved, None);
        }
    }

    pub(super) fn end(&self, result: &Outcome, publish: Option<Document>) {
        let now = self.parts.clock.now();
        if let Some(document) = publish {
            let live = Live::of(&document, &self.parts.policy);
            self.snapshot.publish(live.map(Arc::new));
            let generation = document.generation();
            let before = std::mem::replace(&mut *lock(&self.document), document);
            if before.generation() != generation {
                self.herald.tokens_changed();
            }
        }
        let quiet = match result {
            Ok(_) => None,
            Err(Failure::Braked { until, .. } | Failure::Busy { until }) => {
                Some(Pause::until(now, *until))
            }
            Err(_) => Some(Pause::new(now, self.parts.policy.floor)),
        };
        self.quiet.store(quiet.map(Arc::new));
    }
}

fn shut_down() -> Failure {
    Failure::Unavailable {
        why: "the client was shut down".into(),
    }
}

/// Says what is about to be done: for tests that end the process right there.
fn step(step: &'static str) {
    tracing::trace!(step, "rotation");
}
