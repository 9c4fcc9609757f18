//! The machine under test, or one that was broken from outside.

use xoxoday_api::number::EpochMillis;

use super::super::document::Document;
use super::super::machine::Machine;
use super::super::policy::Policy;
use super::super::protocol::{Action, Exchanged, Failure, Input, Loaded, Reason};
use crate::store::Swap;

/// What is done to the words between a machine and its driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Breach {
    /// No intent is seen.
    BlindToIntents,
    /// The intent is not stored.
    WithoutIntent,
    /// Tokens are published as soon as they arrive.
    LookFirst,
    /// An answer that was not saved is forgotten by the next rotation.
    Forgetful,
    /// The document is always what it was at the first look.
    StaleReads,
    /// No latch is seen.
    BlindToLatches,
    /// Neither rate limits nor earlier attempts are seen.
    BlindToBrakes,
    /// Each rejection counts as one of the newest token.
    AnyRejection,
    /// An answer is given up when its swap loses.
    YieldToConflict,
    /// The driver writes no rescue file.
    NoRescue,
    /// The driver writes the rescue file over whatever it finds there.
    TramplesRescue,
    /// The driver removes the rescue file when it has saved all of its own.
    SweepsRescue,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) machine: Machine,
    holder: String,
    breach: Option<Breach>,
    /// As it was at its start, for one that is broken by forgetting.
    blank: Option<Machine>,
    first_look: Option<Document>,
}

impl Subject {
    pub(super) fn new(policy: Policy, number: u8, breach: Option<Breach>) -> Self {
        let holder = format!("p{number}");
        let machine = Machine::new(policy, holder.clone());
        Self {
            blank: breach.map(|_| machine.clone()),
            machine,
            holder,
            breach,
            first_look: None,
        }
    }

    /// Whether an attempt is this process's.
    pub(super) fn made(&self, attempt: &str) -> bool {
        let rest = attempt.strip_prefix(&self.holder);
        rest.is_some_and(|rest| rest.starts_with('-'))
    }

    pub(super) fn is(&self, breach: Breach) -> bool {
        self.breach == Some(breach)
    }

    /// The machine's own step, and what is published before its time.
    pub(super) fn step(&mut self, input: Input, now: EpochMillis) -> (Action, Option<Document>) {
        let Some(breach) = self.breach else {
            return (self.machine.step(input, now), None);
        };
        let early = match (breach, &input) {
            (Breach::LookFirst, Input::Exchanged(Exchanged::Answered(staged))) => {
                let mut document = self.first_look.clone();
                if let Some(document) = &mut document {
                    document.0.staged = Some(staged.clone());
                }
                document.map(|document| document.settled().0)
            }
            (Breach::YieldToConflict, Input::Swapped(Ok(Swap::Conflict)))
                if self.machine.unsaved().is_some() =>
            {
                return (self.give_up(), None);
            }
            _ => None,
        };
        let input = self.distorted(breach, input);
        let mut action = self.machine.step(input, now);
        if let (Breach::WithoutIntent, Action::Swap { expected, document }) = (breach, &action) {
            let tokens = &document.0;
            if tokens.intent.is_some() && tokens.staged.is_none() {
                let done = Ok(Swap::Done(*expected));
                action = self.machine.step(Input::Swapped(done), now);
            }
        }
        (action, early)
    }

    fn give_up(&mut self) -> Action {
        self.forget();
        let why = String::new();
        Action::End {
            result: Err(Failure::Unavailable { why }),
            publish: None,
        }
    }

    fn forget(&mut self) {
        if let Some(blank) = &self.blank {
            self.machine = blank.clone();
        }
    }

    fn distorted(&mut self, breach: Breach, input: Input) -> Input {
        match input {
            Input::Begin {
                reason,
                held,
                accepted,
            } => {
                if breach == Breach::Forgetful {
                    self.forget();
                }
                let reason = match (breach, reason) {
                    (Breach::AnyRejection, Reason::Rejected(_)) => Reason::Rejected(u64::MAX),
                    _ => reason,
                };
                Input::Begin {
                    reason,
                    held,
                    accepted,
                }
            }
            Input::Loaded(Ok(mut loaded)) => {
                self.distort(breach, &mut loaded);
                Input::Loaded(Ok(loaded))
            }
            input => input,
        }
    }

    fn distort(&mut self, breach: Breach, loaded: &mut Loaded) {
        let Some(stored) = &mut loaded.stored else {
            return;
        };
        let first_look = self
            .first_look
            .get_or_insert_with(|| stored.document.clone());
        let tokens = &mut stored.document.0;
        match breach {
            Breach::BlindToIntents => tokens.intent = None,
            Breach::StaleReads => stored.document = first_look.clone(),
            Breach::BlindToLatches => {
                let (mut document, _) = stored.document.clone().settled();
                document.0.latch = None;
                stored.document = document;
            }
            Breach::BlindToBrakes => {
                tokens.brake = None;
                tokens.attempted_at = None;
            }
            _ => {}
        }
    }
}
