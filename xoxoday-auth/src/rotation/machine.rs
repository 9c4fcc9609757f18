//! What to do next, as a pure function: no clock, no I/O, no async.
//!
//! [`Machine::step`] takes what has just happened and answers with the one
//! thing to do next. A rotation runs from [`Input::Begin`] to [`Action::End`]:
//!
//! ```text
//! Begin ─▶ Load ─▶ adopt a newer generation ─▶ End
//!           │ ├──▶ latched, braked, not due ──▶ End
//!           │ └──▶ Exchange ─▶ granted ──▶ Swap ─▶ End      (saved, then used)
//!           │              ├─▶ rejected ─▶ Load: changed? adopt : latch ─▶ End
//!           │              ├─▶ limited ──▶ Swap (brake) ─▶ End
//!           │              └─▶ failed ───▶ End
//!           └─ a swap that lost to another writer loads and swaps again
//! ```
//!
//! A successor that could not be saved is kept. The next rotation saves it
//! before it does anything else.

use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::RefreshToken;

use super::clock::after;
use super::document::{Brake, Document, Grant, Latch};
use super::policy::Policy;
use crate::store::{StoreError, StoreErrorKind, Stored, Swap, Version};

/// Why a rotation is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The time has come, or no token is live.
    Due,
    /// The server rejected the token of this generation.
    Rejected(u64),
    /// Somebody asked for it.
    Demanded,
}

impl Reason {
    /// The word that stands in the `reason` field of a span.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Rejected(_) => "rejected",
            Self::Demanded => "demanded",
        }
    }
}

/// What has happened.
#[derive(Debug)]
pub(crate) enum Input {
    Begin { reason: Reason, held: u64 },
    Loaded(Result<Option<Stored>, StoreError>),
    Answered(Answer),
    Swapped(Result<Swap, StoreError>),
}

/// What came of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Granted(Grant),
    /// The server will not take this refresh token again.
    Rejected(String),
    /// Too many exchanges; none before the wait is over.
    Limited(std::time::Duration),
    /// The server refuses for a reason that no token can cure.
    Denied(String),
    /// The request never left, or nobody knows what became of it.
    Failed(String),
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    Load,
    Exchange(RefreshToken),
    Swap {
        expected: Version,
        document: Document,
    },
    End {
        result: Result<Success, Failure>,
        publish: Option<Document>,
    },
}

/// How a rotation went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Success {
    /// New tokens by an exchange of ours.
    Rotated,
    /// New tokens that another process had brought.
    Adopted,
    /// The tokens at hand are still good.
    StillFresh,
}

/// Why there are no new tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    LoginRequired {
        why: String,
    },
    Braked {
        until: EpochMillis,
        why: String,
    },
    Denied {
        why: String,
    },
    Unavailable {
        why: String,
    },
    Store(StoreError),
    /// The new tokens are held in memory and could not be saved.
    Unsaved(StoreError),
}

/// One account's rotation.
#[derive(Debug)]
pub(crate) struct Machine {
    policy: Policy,
    phase: Phase,
    conflicts: u32,
    last_attempt: Option<EpochMillis>,
    /// A successor that no store holds yet. Nothing is exchanged until it is saved.
    unsaved: Option<Document>,
    /// What the document should say, and may not because it could not be saved.
    brake: Option<Brake>,
    rejected: Option<(u64, Latch)>,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Reading {
        reason: Reason,
        held: u64,
    },
    Exchanging {
        from: Stored,
    },
    /// Rejected; the document is read again before the verdict falls.
    Doubting {
        generation: u64,
        latch: Latch,
    },
    Saving {
        change: Change,
        document: Document,
    },
    /// Another writer was faster; the document is read again to swap anew.
    Rebasing {
        change: Change,
    },
}

/// What is to be saved, kept until it is: another writer's document may have
/// to take it in.
#[derive(Debug, Clone)]
enum Change {
    Successor {
        document: Document,
        then: Then,
    },
    /// A brake or a latch on a generation, and what the caller hears.
    Mark {
        generation: u64,
        mark: Mark,
        failure: Failure,
    },
}

#[derive(Debug, Clone)]
enum Mark {
    Brake(Brake),
    Latch(Latch),
}

/// What follows once a successor is saved.
#[derive(Debug, Clone)]
enum Then {
    End,
    /// It was left over from an earlier rotation; this one goes on.
    Resume {
        reason: Reason,
        held: u64,
    },
}

/// A store whose swaps lose this often is not being written but broken.
const MOST_CONFLICTS: u32 = 100;

impl Machine {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            phase: Phase::Idle,
            conflicts: 0,
            last_attempt: None,
            unsaved: None,
            brake: None,
            rejected: None,
        }
    }

    /// The one thing to do after an input.
    pub(crate) fn step(&mut self, input: Input, now: EpochMillis) -> Action {
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        match (phase, input) {
            (phase, Input::Begin { reason, held }) => self.begin(phase, reason, held),
            (Phase::Reading { reason, held }, Input::Loaded(loaded)) => match loaded {
                Ok(Some(stored)) => self.decide(reason, held, stored, now),
                Ok(None) => end_with(Failure::LoginRequired {
                    why: "the token store is empty".into(),
                }),
                Err(error) => end_with(Failure::Store(error)),
            },
            (Phase::Exchanging { from }, Input::Answered(answer)) => {
                self.answered(from, answer, now)
            }
            (Phase::Doubting { generation, latch }, Input::Loaded(loaded)) => {
                self.doubted(generation, latch, loaded)
            }
            (Phase::Saving { change, document }, Input::Swapped(swapped)) => match swapped {
                Ok(Swap::Done(version)) => self.saved(change, Stored { version, document }, now),
                Ok(Swap::Conflict) => self.conflicted(change),
                Err(error) => self.not_saved(change, error),
            },
            (Phase::Rebasing { change }, Input::Loaded(loaded)) => match loaded {
                Ok(stored) => self.rebased(change, stored, now),
                Err(error) => self.not_saved(change, error),
            },
            (_, input) => end_with(Failure::Unavailable {
                why: format!("the rotation was out of step: {input:?}"),
            }),
        }
    }

    fn begin(&mut self, interrupted: Phase, reason: Reason, held: u64) -> Action {
        self.conflicts = 0;
        // A rotation that died while it saved must not take its successor along.
        if let Phase::Saving { change, .. } | Phase::Rebasing { change } = interrupted
            && let Change::Successor { document, .. } = change
        {
            self.unsaved = Some(document);
        }
        self.phase = match self.unsaved.take() {
            Some(document) => Phase::Rebasing {
                change: Change::Successor {
                    document,
                    then: Then::Resume { reason, held },
                },
            },
            None => Phase::Reading { reason, held },
        };
        Action::Load
    }

    /// With the document at hand: adopt it, leave it, or exchange.
    fn decide(&mut self, reason: Reason, held: u64, stored: Stored, now: EpochMillis) -> Action {
        let document = &stored.document;
        let generation = document.generation();
        if let Some(latch) = &document.0.latch {
            let why = latch.why.clone();
            return fail(Failure::LoginRequired { why }, stored.document);
        }
        if let Some((rejected, latch)) = self.rejected.clone()
            && rejected >= generation
        {
            return self.latch(stored, latch);
        }
        let wanted = match reason {
            Reason::Due => now >= self.policy.due_at(document),
            // If a newer one than the rejected is at hand, that is good enough.
            Reason::Rejected(_) => false,
            Reason::Demanded => true,
        };
        let rejected = matches!(reason, Reason::Rejected(rejected) if rejected >= generation);
        if self.policy.is_usable(document, now) && !rejected {
            if generation > held {
                return end(Success::Adopted, stored.document);
            }
            if !wanted {
                return end(Success::StillFresh, stored.document);
            }
        }
        let brake = self
            .policy
            .braked_until(document, self.brake.as_ref(), self.last_attempt);
        if let Some((until, why)) = brake.filter(|(until, _)| now < *until) {
            return self.braked(stored, Failure::Braked { until, why });
        }
        let refresh = document.0.refresh.clone();
        self.last_attempt = Some(now);
        self.phase = Phase::Exchanging { from: stored };
        Action::Exchange(refresh)
    }

    /// Fails; a brake that the document does not know yet is written first.
    fn braked(&mut self, stored: Stored, failure: Failure) -> Action {
        let known = stored.document.0.brake.as_ref().map(|brake| brake.until);
        match self.brake.clone() {
            Some(brake) if Some(brake.until) > known => {
                let generation = stored.document.generation();
                self.mark(stored, generation, Mark::Brake(brake), failure)
            }
            _ => end_with(failure),
        }
    }

    fn answered(&mut self, from: Stored, answer: Answer, now: EpochMillis) -> Action {
        match answer {
            Answer::Granted(grant) => {
                self.brake = None;
                let document = from.document.succeeded_by(&grant);
                let change = Change::Successor {
                    document: document.clone(),
                    then: Then::End,
                };
                self.save(from.version, document, change)
            }
            Answer::Rejected(why) => {
                let generation = from.document.generation();
                let latch = Latch::new(now, why);
                self.rejected = Some((generation, latch.clone()));
                self.phase = Phase::Doubting { generation, latch };
                Action::Load
            }
            Answer::Limited(wait) => {
                let until = after(now, wait);
                let why = "Xoxoday limits how often tokens are refreshed".to_owned();
                let brake = Brake::new(until, why.clone());
                self.brake = Some(brake.clone());
                let generation = from.document.generation();
                let failure = Failure::Braked { until, why };
                self.mark(from, generation, Mark::Brake(brake), failure)
            }
            Answer::Denied(why) => end_with(Failure::Denied { why }),
            Answer::Failed(why) => end_with(Failure::Unavailable { why }),
        }
    }

    /// After a rejection: if somebody has changed the document, the rejected
    /// token was an old one; if not, it is the newest and a person must log in.
    fn doubted(
        &mut self,
        generation: u64,
        latch: Latch,
        loaded: Result<Option<Stored>, StoreError>,
    ) -> Action {
        match loaded {
            Ok(Some(stored)) if stored.document.generation() > generation => {
                end(Success::Adopted, stored.document)
            }
            Ok(Some(stored)) => self.latch(stored, latch),
            Ok(None) => end_with(Failure::LoginRequired { why: latch.why }),
            Err(error) => end_with(Failure::Store(error)),
        }
    }

    fn latch(&mut self, stored: Stored, latch: Latch) -> Action {
        let generation = stored.document.generation();
        let why = latch.why.clone();
        let failure = Failure::LoginRequired { why };
        self.mark(stored, generation, Mark::Latch(latch), failure)
    }

    /// Saves a mark on whatever document is stored now.
    fn mark(&mut self, stored: Stored, generation: u64, mark: Mark, failure: Failure) -> Action {
        let mut document = stored.document;
        match mark.clone() {
            Mark::Brake(brake) => {
                let later = document.0.brake.take().into_iter().chain([brake]);
                document.0.brake = later.max_by_key(|brake| brake.until);
            }
            Mark::Latch(latch) => {
                document.0.latch.get_or_insert(latch);
            }
        }
        let change = Change::Mark {
            generation,
            mark,
            failure,
        };
        self.save(stored.version, document, change)
    }

    fn save(&mut self, expected: Version, document: Document, change: Change) -> Action {
        self.phase = Phase::Saving {
            change,
            document: document.clone(),
        };
        Action::Swap { expected, document }
    }

    fn saved(&mut self, change: Change, stored: Stored, now: EpochMillis) -> Action {
        match change {
            Change::Successor {
                then: Then::End, ..
            } => end(Success::Rotated, stored.document),
            Change::Successor {
                then: Then::Resume { reason, held },
                ..
            } => self.decide(reason, held, stored, now),
            Change::Mark { failure, .. } => fail(failure, stored.document),
        }
    }

    fn conflicted(&mut self, change: Change) -> Action {
        self.conflicts += 1;
        if self.conflicts > MOST_CONFLICTS {
            let what = "the token store changed under every one of 100 attempts to write it";
            return self.not_saved(change, StoreError::new(StoreErrorKind::Unavailable, what));
        }
        self.phase = Phase::Rebasing { change };
        Action::Load
    }

    /// Swaps again onto what another writer left. A successor is dropped only
    /// for tokens that a person has brought in since: those ended it.
    fn rebased(&mut self, change: Change, stored: Option<Stored>, now: EpochMillis) -> Action {
        match (change, stored) {
            (Change::Successor { document, .. }, Some(stored))
                if stored.document.0.seeds != document.0.seeds =>
            {
                end(Success::Adopted, stored.document)
            }
            (change @ Change::Successor { .. }, Some(stored))
                if matches!(&change, Change::Successor { document, .. }
                    if stored.document.0.refresh == document.0.refresh) =>
            {
                self.saved(change, stored, now)
            }
            (Change::Successor { mut document, then }, stored) => {
                let version = stored
                    .as_ref()
                    .map_or(Version::EMPTY, |stored| stored.version);
                let generation = stored.map_or(0, |stored| stored.document.generation());
                let next = generation.saturating_add(1);
                document.0.generation = document.0.generation.max(next);
                let change = Change::Successor {
                    document: document.clone(),
                    then,
                };
                self.save(version, document, change)
            }
            (Change::Mark { generation, .. }, Some(stored))
                if stored.document.generation() > generation =>
            {
                end(Success::Adopted, stored.document)
            }
            (
                Change::Mark {
                    generation,
                    mark,
                    failure,
                },
                Some(stored),
            ) => self.mark(stored, generation, mark, failure),
            (Change::Mark { failure, .. }, None) => end_with(failure),
        }
    }

    /// A mark that cannot be saved is remembered by this process, which was
    /// noted when it fell. A successor is kept and served.
    fn not_saved(&mut self, change: Change, error: StoreError) -> Action {
        match change {
            Change::Successor { document, .. } => {
                self.unsaved = Some(document.clone());
                fail(Failure::Unsaved(error), document)
            }
            Change::Mark { failure, .. } => end_with(failure),
        }
    }
}

fn end(success: Success, publish: Document) -> Action {
    Action::End {
        result: Ok(success),
        publish: Some(publish),
    }
}

/// Fails, and tells callers of a document all the same: what it holds still
/// serves them.
fn fail(failure: Failure, publish: Document) -> Action {
    Action::End {
        result: Err(failure),
        publish: Some(publish),
    }
}

fn end_with(failure: Failure) -> Action {
    Action::End {
        result: Err(failure),
        publish: None,
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
