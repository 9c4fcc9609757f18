//! Performs what the machine decides, in a task of its own: a caller that goes
//! away cannot cut an exchange off from its save.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::Instrument as _;
use tracing::field::Empty;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::RefreshToken;

use super::clock::{Clock, after, until};
use super::document::{Account, Document};
use super::machine::{Action, Answer, Failure, Input, Machine, Reason, Success};
use super::policy::Policy;
use super::seed::Seed;
use super::snapshot::{Live, Snapshot};
use crate::events::{Event, Events, Publisher};
use crate::store::{BoxFuture, StoreError, StoreErrorKind, Stored, Swap, TokenStore, Version};

/// Presents a refresh token to the server, once.
pub(crate) trait Exchange: fmt::Debug + Send + Sync + 'static {
    fn exchange(&self, refresh: RefreshToken) -> BoxFuture<'_, Answer>;
}

/// Rotates one account's tokens. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Rotator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    account: Account,
    store: Arc<dyn TokenStore>,
    exchange: Arc<dyn Exchange>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    snapshot: Snapshot,
    document: Mutex<Document>,
    machine: tokio::sync::Mutex<Machine>,
    running: Mutex<Option<watch::Receiver<Option<Outcome>>>>,
    /// After a failure, no rotation starts by itself before this moment: a
    /// caller with a live token must not pay for one on every call.
    quiet_until: AtomicI64,
    events: Publisher,
    /// When to warn (again) that the refresh token itself ends.
    next_warning: AtomicI64,
}

type Outcome = Result<Success, Failure>;

impl Rotator {
    /// Reads the store and, where it is empty or latched, brings the seed in.
    pub(crate) async fn open(
        account: Account,
        seed: Option<Seed>,
        store: Arc<dyn TokenStore>,
        exchange: Arc<dyn Exchange>,
        clock: Arc<dyn Clock>,
        policy: Policy,
    ) -> Result<Self, Failure> {
        let document = first_document(&*store, &account, seed.as_ref(), clock.now()).await?;
        let snapshot = Snapshot::default();
        snapshot.publish(Live::of(&document, &policy));
        Ok(Self(Arc::new(Inner {
            account,
            store,
            exchange,
            clock,
            snapshot,
            document: Mutex::new(document),
            machine: tokio::sync::Mutex::new(Machine::new(policy.clone())),
            running: Mutex::new(None),
            quiet_until: AtomicI64::new(i64::MIN),
            events: Publisher::default(),
            next_warning: AtomicI64::new(i64::MIN),
            policy,
        })))
    }

    /// The document as this process knows it.
    pub(crate) fn document(&self) -> Document {
        self.0.document()
    }

    pub(crate) fn events(&self) -> Events {
        self.0.events.subscribe()
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// A live token. Where one is at hand this neither waits nor fails; a
    /// rotation that is due starts beside it.
    pub(crate) async fn live(&self) -> Result<Arc<Live>, Failure> {
        let now = self.0.clock.now();
        if now.get() >= self.0.next_warning.load(Ordering::Relaxed) {
            self.0.warn_of_the_end(now);
        }
        if let Some(live) = self.0.snapshot.usable(now) {
            if live.is_due(now) && now.get() >= self.0.quiet_until.load(Ordering::Relaxed) {
                drop(self.start(Reason::Due));
            }
            return Ok(live);
        }
        self.renewed(Reason::Due, 0).await
    }

    /// The newest token, whether or not it may still be sent.
    pub(crate) fn newest(&self) -> Option<Arc<Live>> {
        self.0.snapshot.newest()
    }

    /// A live token that is newer than the generation that was rejected.
    pub(crate) async fn replace(&self, rejected: u64) -> Result<Arc<Live>, Failure> {
        match self.0.snapshot.usable(self.0.clock.now()) {
            Some(live) if live.generation > rejected => Ok(live),
            _ => self.renewed(Reason::Rejected(rejected), rejected).await,
        }
    }

    /// Hears that the server accepted a token of this generation.
    pub(crate) fn accepted(&self, _generation: u64) {}

    /// Rotates, or joins the rotation that is under way.
    pub(crate) async fn rotate(&self, reason: Reason) -> Outcome {
        let outcome = wait(self.start(reason)).await;
        match (reason, outcome) {
            // Joined one that was begun for less than this.
            (Reason::Demanded | Reason::Rejected(_), Ok(Success::StillFresh)) => {
                wait(self.start(reason)).await
            }
            (_, outcome) => outcome,
        }
    }

    /// Returns once no rotation is under way.
    pub(crate) async fn settle(&self) {
        let running = self.running().clone();
        if let Some(running) = running {
            drop(wait(running).await);
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
            let usable = self.0.snapshot.usable(self.0.clock.now());
            if let Some(live) = usable.filter(|live| live.generation > than) {
                return Ok(live);
            }
        }
        Err(Failure::Unavailable {
            why: "the new access token has already ended: is the clock right?".into(),
        })
    }

    fn start(&self, reason: Reason) -> watch::Receiver<Option<Outcome>> {
        let mut running = self.running();
        if let Some(receiver) = running.as_ref() {
            // A closed channel without an outcome is a task that died.
            if receiver.borrow().is_none() && receiver.has_changed().is_ok() {
                return receiver.clone();
            }
        }
        let (sender, receiver) = watch::channel(None);
        *running = Some(receiver.clone());
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            let outcome = inner.run_traced(reason).await;
            sender.send_replace(Some(outcome));
        });
        receiver
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<watch::Receiver<Option<Outcome>>>> {
        self.0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn wait(mut running: watch::Receiver<Option<Outcome>>) -> Outcome {
    let outcome = match running.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone(),
        Err(_) => None,
    };
    outcome.unwrap_or(Err(Failure::Unavailable {
        why: "the rotation was interrupted".into(),
    }))
}

impl Inner {
    fn document(&self) -> Document {
        self.document
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn run_traced(&self, reason: Reason) -> Outcome {
        let span = tracing::info_span!(
            "xoxoday.rotation",
            operation = Operation::RefreshTokenPoints.id(),
            environment = self.account.environment,
            reason = reason.as_str(),
            generation = Empty,
            duration_ms = Empty,
            outcome = Empty,
        );
        let started = Instant::now();
        let outcome = self.run(reason).instrument(span.clone()).await;
        span.record("generation", self.document().generation());
        span.record("duration_ms", started.elapsed().as_millis() as u64);
        span.record("outcome", word(&outcome));
        outcome
    }

    async fn run(&self, reason: Reason) -> Outcome {
        let mut machine = self.machine.lock().await;
        let held = self.document().generation();
        let mut action = machine.step(Input::Begin { reason, held }, self.clock.now());
        loop {
            let input = match action {
                Action::Load => Input::Loaded(load(&*self.store, &self.account).await),
                Action::Exchange(refresh) => Input::Answered(self.exchange.exchange(refresh).await),
                Action::Swap { expected, document } => {
                    Input::Swapped(self.store.compare_and_swap(expected, &document).await)
                }
                Action::End { result, publish } => {
                    self.end(&result, publish);
                    return result;
                }
            };
            action = machine.step(input, self.clock.now());
        }
    }

    /// Warns that the refresh token ends, from two weeks before, and again
    /// whenever half of what was left has passed.
    fn warn_of_the_end(&self, now: EpochMillis) {
        const FIRST: Duration = Duration::from_secs(14 * 24 * 60 * 60);
        const OFTEN: Duration = Duration::from_secs(60 * 60);

        let Some(ends_at) = self.document().0.refresh_expires_at else {
            self.next_warning.store(i64::MAX, Ordering::Relaxed);
            return;
        };
        let left = until(now, ends_at);
        let next = match left.checked_sub(FIRST) {
            Some(time) if !time.is_zero() => after(now, time),
            _ => {
                tracing::warn!(
                    days = left.as_secs() / 86_400,
                    "the refresh token itself ends soon: if it is not rotated before, a person must log in"
                );
                self.events.publish(Event::RefreshTokenEnding { ends_at });
                after(now, (left / 2).max(OFTEN))
            }
        };
        self.next_warning.store(next.get(), Ordering::Relaxed);
    }

    fn end(&self, result: &Outcome, publish: Option<Document>) {
        if let Some(document) = publish {
            self.snapshot.publish(Live::of(&document, &self.policy));
            *self.document.lock().unwrap_or_else(PoisonError::into_inner) = document;
            self.next_warning.store(i64::MIN, Ordering::Relaxed);
        }
        let quiet_until = match result {
            Ok(_) => EpochMillis::new(i64::MIN),
            Err(Failure::Braked { until, .. }) => *until,
            Err(_) => after(self.clock.now(), self.policy.floor),
        };
        self.quiet_until.store(quiet_until.get(), Ordering::Relaxed);
        let generation = self.document().generation();
        if let Some(event) = event(result, generation) {
            self.events.publish(event);
        }
        match result {
            Ok(success) => tracing::info!(generation, ?success, "a rotation ended"),
            Err(Failure::Unsaved(error)) => tracing::error!(
                generation,
                %error,
                "new tokens could not be saved: they are kept in memory, and if this process ends now a person must log in"
            ),
            Err(failure) => tracing::warn!(generation, ?failure, "tokens were not rotated"),
        }
    }
}

/// The word that stands in the `outcome` field of a span.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Ok(Success::Rotated) => "rotated",
        Ok(Success::Adopted) => "adopted",
        Ok(Success::StillFresh) => "still_fresh",
        Err(Failure::LoginRequired { .. }) => "login_required",
        Err(Failure::Braked { .. }) => "braked",
        Err(Failure::Denied { .. }) => "denied",
        Err(Failure::Unavailable { .. }) => "unavailable",
        Err(Failure::Store(_)) => "store_trouble",
        Err(Failure::Unsaved(_)) => "unsaved",
    }
}

/// What subscribers hear of a rotation; nothing where nothing happened.
fn event(result: &Outcome, generation: u64) -> Option<Event> {
    Some(match result {
        Ok(Success::Rotated) => Event::Rotated { generation },
        Ok(Success::Adopted) => Event::Adopted { generation },
        Ok(Success::StillFresh) => return None,
        Err(Failure::Braked { until, why }) => Event::Braked {
            until: *until,
            why: why.clone(),
        },
        Err(Failure::LoginRequired { why }) => Event::LoginRequired { why: why.clone() },
        Err(Failure::Unsaved(error)) => Event::SuccessorUnsaved {
            generation,
            why: error.to_string(),
        },
        Err(Failure::Denied { why } | Failure::Unavailable { why }) => {
            Event::RotationFailed { why: why.clone() }
        }
        Err(Failure::Store(error)) => Event::RotationFailed {
            why: error.to_string(),
        },
    })
}

/// The stored document, if it is this account's: another account's refresh
/// token must never be presented to this one's server.
async fn load(store: &dyn TokenStore, account: &Account) -> Result<Option<Stored>, StoreError> {
    let stored = store.load().await?;
    match &stored {
        Some(other) if !other.document.account().is(account) => Err(StoreError::new(
            StoreErrorKind::Unusable,
            format!(
                "the token store belongs to {}, not to {account}: give each account a store of its own",
                other.document.account()
            ),
        )),
        _ => Ok(stored),
    }
}

/// The store's document, or the seed's where the store has none that works.
async fn first_document(
    store: &dyn TokenStore,
    account: &Account,
    seed: Option<&Seed>,
    now: EpochMillis,
) -> Result<Document, Failure> {
    let stored = load(store, account).await.map_err(Failure::Store)?;
    let news = |stored: &Stored| {
        // A seed that was brought in before is spent by now.
        seed.filter(|seed| !stored.document.0.seeds.contains(&seed.digest()))
    };
    let (version, document) = match (stored, seed) {
        (Some(stored), _) => match (news(&stored), &stored.document.0.latch) {
            (Some(seed), Some(_)) => (stored.version, stored.document.reseeded(seed, now)),
            (Some(_), None) => {
                tracing::warn!(
                    generation = stored.document.generation(),
                    "the token store holds tokens that work: the different ones that were given were left alone"
                );
                return Ok(stored.document);
            }
            (None, _) => return Ok(stored.document),
        },
        (None, Some(seed)) => {
            let document = Document::seeded(account.clone(), seed, now);
            (Version::EMPTY, document)
        }
        (None, None) => {
            return Err(Failure::LoginRequired {
                why: "the token store is empty".into(),
            });
        }
    };
    let swap = store.compare_and_swap(version, &document).await;
    match swap.map_err(Failure::Store)? {
        Swap::Done(_) => {
            if !store.is_durable() {
                tracing::warn!(
                    "tokens are kept in memory alone: after the first rotation, the end of this process means that a person must log in"
                );
            }
            Ok(document)
        }
        // Somebody else has just brought tokens in; theirs count as well as ours.
        Swap::Conflict => match load(store, account).await.map_err(Failure::Store)? {
            Some(stored) => Ok(stored.document),
            None => Err(Failure::Unavailable {
                why: "the token store changed while it was opened: try again".into(),
            }),
        },
    }
}
