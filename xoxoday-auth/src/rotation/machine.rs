//! What to do next, as a pure function: no clock, no I/O, no async.
//!
//! [`Machine::step`] takes what has just happened and answers with the one
//! thing to do next. A rotation runs from [`Input::Begin`] to [`Action::End`]:
//!
//! ```text
//! Begin ─▶ Load ─▶ a newer generation: adopt it ─▶ End                    G5, G9
//!           │ ├──▶ latched, braked, not due, asked to halt ─▶ End         G6, G7
//!           │ ├──▶ another holder's lease runs ─▶ Wait ─▶ Load            G1
//!           │ └──▶ Swap in the intent ─▶ Exchange                         G2
//!           │         └─ it cannot be written ─▶ End
//!           │      answered ──▶ Swap in the bytes, then look ─▶ End       G3
//!           │      not sent ──▶ Swap out the intent ─▶ End
//!           │      no answer ─▶ Swap out the lease ─▶ End
//!           └─ a swap that lost to another writer loads and decides again
//! ```
//!
//! An answer that could not be saved is kept, and until it is saved nothing is
//! exchanged (G4). What G1 and its sisters promise: [`crate::guarantees`].

use xoxoday_api::number::EpochMillis;

use super::clock::{after, until};
use super::document::{Document, Intent};
use super::in_vain::InVain;
use super::merge::{Merge, merge};
use super::policy::{AfterLostAnswer, Policy};
use super::protocol::{Action, Exchanged, Failure, Input, Loaded, Presentation, Reason, Success};
use super::strikes;
use super::verdict::Verdict;
use crate::store::{StoreError, StoreErrorKind, Stored, Swap, Version};

/// One account's rotation.
#[derive(Debug, Clone)]
#[cfg_attr(test, derive(PartialEq, Eq, Hash))]
pub(crate) struct Machine {
    policy: Policy,
    /// This process among those that share the account.
    holder: String,
    attempts: u64,
    phase: Phase,
    reason: Reason,
    held: u64,
    accepted: u64,
    conflicts: u32,
    /// The open intent of another, and when it was first seen here: a lease
    /// ends by its own length even if clocks are set back.
    seen: Option<(String, EpochMillis)>,
    /// After requests that came to nothing, and left the token as it was.
    in_vain: Option<InVain>,
    /// An answer that no store holds yet.
    unsaved: Option<Document>,
    /// What this rotation has taken over from the rescue file.
    taken_over: Option<Document>,
}

#[derive(Debug, Clone)]
#[cfg_attr(test, derive(PartialEq, Eq, Hash))]
enum Phase {
    Idle,
    Reading,
    Waiting,
    /// Writes the intent. `before` is the document without it.
    Announcing {
        document: Document,
        before: Document,
    },
    Exchanging {
        from: Stored,
        before: Document,
    },
    /// Saves an answer, or goes on to save one that was left over.
    Saving {
        answer: Document,
        left_over: bool,
    },
    /// Another writer was faster: the answer is brought together with theirs.
    Merging {
        answer: Document,
        left_over: bool,
    },
    /// Tells the others that the attempt is over. Nothing is lost if it fails.
    Closing {
        document: Document,
        failure: Failure,
    },
}

/// A store whose swaps lose this often is not being written but broken.
const MOST_CONFLICTS: u32 = 100;

impl Machine {
    pub(crate) fn new(policy: Policy, holder: String) -> Self {
        Self {
            policy,
            holder,
            attempts: 0,
            phase: Phase::Idle,
            reason: Reason::Due,
            held: 0,
            accepted: 0,
            conflicts: 0,
            seen: None,
            in_vain: None,
            unsaved: None,
            taken_over: None,
        }
    }

    /// An answer that no store holds yet: to be kept where a restart finds it.
    pub(crate) fn unsaved(&self) -> Option<&Document> {
        match &self.phase {
            Phase::Saving { answer, .. } | Phase::Merging { answer, .. } => Some(answer),
            _ => self.unsaved.as_ref(),
        }
    }

    /// What was in the rescue file and has come here from there: its place is
    /// now in the store, or with what is [unsaved](Self::unsaved).
    pub(crate) fn taken_over(&self) -> Option<&Document> {
        self.taken_over.as_ref()
    }

    /// The one thing to do after an input.
    pub(crate) fn step(&mut self, input: Input, now: EpochMillis) -> Action {
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        match (phase, input) {
            (
                phase,
                Input::Begin {
                    reason,
                    held,
                    accepted,
                },
            ) => {
                self.accepted = accepted;
                self.begin(phase, reason, held)
            }
            (Phase::Reading, Input::Loaded(loaded)) => match loaded {
                Ok(loaded) => self.read(loaded, now),
                Err(error) => end_with(Failure::Store(error)),
            },
            (Phase::Waiting, Input::Waited) => self.read_again(),
            (Phase::Announcing { document, before }, Input::Swapped(swapped)) => match swapped {
                Ok(Swap::Done(version)) => self.present(Stored { version, document }, before, now),
                Ok(Swap::Conflict) => self.conflicted(),
                // Nothing was sent, so nothing is lost.
                Err(error) => end_with(Failure::Store(error)),
            },
            (Phase::Exchanging { from, before }, Input::Exchanged(exchanged)) => {
                self.exchanged(from, before, exchanged, now)
            }
            (Phase::Saving { answer, left_over }, Input::Swapped(swapped)) => match swapped {
                Ok(Swap::Done(version)) => self.saved(answer, version, left_over, now),
                Ok(Swap::Conflict) => self.merge_later(answer, left_over),
                Err(error) => self.not_saved(answer, error),
            },
            (Phase::Merging { answer, left_over }, Input::Loaded(loaded)) => match loaded {
                Ok(loaded) => {
                    // Another's is left for a rotation that has none of its own.
                    self.taken_over = loaded.rescued.filter(|it| *it == answer);
                    self.merged(answer, loaded.stored, left_over, now)
                }
                Err(error) => self.not_saved(answer, error),
            },
            (Phase::Closing { document, failure }, Input::Swapped(swapped)) => match swapped {
                Ok(Swap::Done(_)) => fail(failure, document),
                _ => end_with(failure),
            },
            (phase, input) => self.out_of_step(phase, &input),
        }
    }

    fn begin(&mut self, interrupted: Phase, reason: Reason, held: u64) -> Action {
        self.reason = reason;
        self.held = held;
        self.conflicts = 0;
        self.taken_over = None;
        self.keep_what_was_interrupted(interrupted);
        self.phase = match self.unsaved.take() {
            Some(answer) => Phase::Merging {
                answer,
                left_over: true,
            },
            None => Phase::Reading,
        };
        Action::Load
    }

    /// A rotation that died while it saved must not take its answer along.
    fn keep_what_was_interrupted(&mut self, phase: Phase) {
        if let Phase::Saving { answer, .. } | Phase::Merging { answer, .. } = phase {
            self.unsaved = Some(answer);
        }
    }

    fn out_of_step(&mut self, phase: Phase, input: &Input) -> Action {
        self.keep_what_was_interrupted(phase);
        end_with(Failure::Unavailable {
            why: format!("the rotation was out of step: {input:?}"),
        })
    }

    fn read(&mut self, loaded: Loaded, now: EpochMillis) -> Action {
        match (loaded.rescued, loaded.stored) {
            (Some(rescued), stored) => {
                self.taken_over = Some(rescued.clone());
                self.merged(rescued, stored, true, now)
            }
            (None, Some(stored)) => self.decide(stored, now),
            (None, None) => end_with(Failure::LoginRequired {
                why: "the token store is empty".into(),
            }),
        }
    }

    fn read_again(&mut self) -> Action {
        self.phase = Phase::Reading;
        Action::Load
    }

    /// With the document at hand: adopt it, leave it, wait, or announce an
    /// exchange.
    fn decide(&mut self, stored: Stored, now: EpochMillis) -> Action {
        let version = stored.version;
        let (document, _) = stored.document.settled();
        if let Some(latch) = &document.0.latch {
            let why = latch.why.clone();
            return fail(Failure::LoginRequired { why }, document);
        }
        let generation = document.generation();
        let rejected = matches!(self.reason, Reason::Rejected(rejected) if rejected >= generation);
        let usable = self.policy.is_usable(&document, now) && !rejected;
        if usable && generation > self.held {
            return end(Success::Adopted, document);
        }
        let wanted = match self.reason {
            Reason::Due => self.policy.is_due(&document, now),
            // If a newer one than the rejected is at hand, that is good enough.
            Reason::Rejected(_) => false,
            Reason::Demanded => true,
        };
        if usable && !wanted {
            return end(Success::StillFresh, document);
        }
        if let Some(until) = self.leased_until(&document, now) {
            if usable || self.reason == Reason::Demanded {
                return fail(Failure::Busy { until }, document);
            }
            self.phase = Phase::Waiting;
            return Action::Wait(until);
        }
        if let Some((until, why)) = self.policy.braked_until(&document, now) {
            return fail(Failure::Braked { until, why }, document);
        }
        if self.reason != Reason::Demanded {
            let in_vain = self.in_vain.as_ref();
            if let Some(failure) = in_vain.and_then(|it| it.holds(&document, now)) {
                return fail(failure.clone(), document);
            }
            let halt = self.policy.after_lost_answer == AfterLostAnswer::Halt;
            if halt && document.0.intent.is_some() {
                return fail(Failure::Halted, document);
            }
        }
        self.announce(version, document, now)
    }

    /// When the lease of an open intent ends, if it still runs.
    fn leased_until(&mut self, document: &Document, now: EpochMillis) -> Option<EpochMillis> {
        let intent = document.0.intent.as_ref()?;
        let seen_at = match self.seen.take() {
            Some((attempt, at)) if attempt == intent.attempt && at <= now => at,
            _ => now,
        };
        self.seen = Some((intent.attempt.clone(), seen_at));
        let length = until(intent.started_at, intent.lease_until);
        let end = intent.lease_until.min(after(seen_at, length));
        (now < end).then_some(end)
    }

    fn announce(&mut self, expected: Version, before: Document, now: EpochMillis) -> Action {
        self.attempts += 1;
        let mut document = before.clone();
        document.0.attempted_at = Some(now);
        let mut intent = Intent::new(
            format!("{}-{}", self.holder, self.attempts),
            now,
            after(now, self.policy.lease),
            before.presentations().saturating_add(1),
        );
        intent.rejections = strikes::next(&before, self.reason, self.accepted, now);
        document.0.intent = Some(intent);
        self.phase = Phase::Announcing {
            document: document.clone(),
            before,
        };
        Action::Swap { expected, document }
    }

    fn present(&mut self, from: Stored, before: Document, now: EpochMillis) -> Action {
        let tokens = &from.document.0;
        let ready = tokens.intent.as_ref().and_then(|intent| {
            Some(Presentation {
                refresh: tokens.refresh.clone(),
                generation: tokens.generation,
                attempt: intent.attempt.clone(),
                deadline: self.policy.exchange_deadline(intent, now)?,
            })
        });
        match ready {
            Some(presentation) => {
                self.phase = Phase::Exchanging { from, before };
                Action::Exchange(presentation)
            }
            None => {
                let why = "the token store was too slow: most of the lease had passed before the exchange could begin".to_owned();
                self.close(from.version, before, Failure::Unavailable { why })
            }
        }
    }

    fn exchanged(
        &mut self,
        from: Stored,
        before: Document,
        exchanged: Exchanged,
        now: EpochMillis,
    ) -> Action {
        let mut document = from.document;
        let attempt = document.attempt().unwrap_or_default().to_owned();
        let failure = |why| Failure::Unavailable {
            why: format!("{why} (request {attempt})"),
        };
        match exchanged {
            Exchanged::Answered(staged) => {
                document.0.staged = Some(staged);
                self.save(from.version, document, false)
            }
            Exchanged::NotSent(why) => {
                let (earlier, floor) = (self.in_vain.take(), self.policy.floor);
                let in_vain = InVain::unsent(earlier, before.generation(), floor, now);
                self.in_vain = Some(in_vain);
                self.close(from.version, before, failure(why))
            }
            Exchanged::Lost(why) => {
                if let Some(intent) = &mut document.0.intent {
                    intent.lease_until = intent.lease_until.min(now);
                }
                self.close(from.version, document, failure(why))
            }
        }
    }

    fn close(&mut self, expected: Version, document: Document, failure: Failure) -> Action {
        self.phase = Phase::Closing {
            document: document.clone(),
            failure,
        };
        Action::Swap { expected, document }
    }

    fn save(&mut self, expected: Version, answer: Document, left_over: bool) -> Action {
        self.phase = Phase::Saving {
            answer: answer.clone(),
            left_over,
        };
        Action::Swap {
            expected,
            document: answer,
        }
    }

    /// What was saved is looked at, now that it cannot be lost any more.
    fn saved(
        &mut self,
        answer: Document,
        version: Version,
        left_over: bool,
        now: EpochMillis,
    ) -> Action {
        if left_over {
            let document = answer;
            return self.decide(Stored { version, document }, now);
        }
        let (document, verdict) = answer.settled();
        let earlier = self.in_vain.take();
        if let Some(Verdict::Denied(denial)) = &verdict {
            let (generation, floor) = (document.generation(), self.policy.floor);
            let in_vain = InVain::denied(earlier, generation, floor, now, denial);
            self.in_vain = Some(in_vain);
        }
        match failure(verdict, &document) {
            None => end(Success::Rotated, document),
            Some(failure) => fail(failure, document),
        }
    }

    /// It is kept, and if it holds tokens they are served.
    fn not_saved(&mut self, answer: Document, error: StoreError) -> Action {
        self.unsaved = Some(answer.clone());
        let (document, verdict) = answer.settled();
        let failure = failure(verdict, &document);
        fail(failure.unwrap_or(Failure::Unsaved(error)), document)
    }

    fn conflicted(&mut self) -> Action {
        self.conflicts += 1;
        match self.conflicts < MOST_CONFLICTS {
            true => self.read_again(),
            false => end_with(Failure::Store(restless())),
        }
    }

    fn merge_later(&mut self, answer: Document, left_over: bool) -> Action {
        self.conflicts += 1;
        if self.conflicts >= MOST_CONFLICTS {
            return self.not_saved(answer, restless());
        }
        self.phase = Phase::Merging { answer, left_over };
        Action::Load
    }

    fn merged(
        &mut self,
        answer: Document,
        stored: Option<Stored>,
        left_over: bool,
        now: EpochMillis,
    ) -> Action {
        match merge(answer, stored) {
            Merge::Stored(Stored { version, document }) => {
                self.saved(document, version, left_over, now)
            }
            Merge::Save(Stored { version, document }) => self.save(version, document, left_over),
            Merge::Brake(Stored { version, document }, why) => {
                let until = document.0.brake.as_ref().map_or(now, |it| it.until);
                self.close(version, document, Failure::Braked { until, why })
            }
            Merge::GiveWay(stored) => self.read(
                Loaded {
                    stored,
                    rescued: None,
                },
                now,
            ),
        }
    }
}

/// What a verdict means to those who asked for the rotation.
fn failure(verdict: Option<Verdict>, document: &Document) -> Option<Failure> {
    match verdict {
        None | Some(Verdict::Granted(_)) => None,
        Some(Verdict::Rejected(why)) => Some(Failure::LoginRequired { why }),
        Some(Verdict::Limited { why, .. }) => {
            let brake = document.0.brake.as_ref()?;
            let until = brake.until;
            Some(Failure::Braked { until, why })
        }
        Some(Verdict::Denied(denial)) => Some(Failure::Denied(denial)),
        Some(Verdict::Unclear { why, .. }) => Some(Failure::Unavailable { why }),
    }
}

fn restless() -> StoreError {
    let what = "the token store changed under every one of 100 attempts to write it";
    StoreError::new(StoreErrorKind::Unavailable, what)
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
