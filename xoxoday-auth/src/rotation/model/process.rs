//! One process: its machine, and what the driver keeps beside it.

use xoxoday_api::number::EpochMillis;

use super::super::document::Document;
use super::super::protocol::{Action, Failure, Input, Outcome, Reason};
use super::subject::Subject;
use super::tokens::{Token, Tokens, number, text};
use crate::store::Version;

/// What a process does next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Doing {
    /// Dead, or not started yet.
    Unborn,
    /// No rotation runs.
    Rest,
    Load,
    Wait,
    Swap {
        expected: Version,
        document: Document,
    },
    /// Its intent is stored, and it has not been told so yet.
    Announced(Version),
    /// Its request is on the way.
    Presenting(Token),
    End {
        ending: Ending,
        publish: Option<Document>,
    },
}

/// How a rotation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ending {
    Good,
    LoginRequired,
    NotBefore(EpochMillis),
    Failed,
}

impl Ending {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Ok(_) => Self::Good,
            Err(Failure::LoginRequired { .. }) => Self::LoginRequired,
            Err(Failure::Braked { until, .. } | Failure::Busy { until }) => Self::NotBefore(*until),
            Err(_) => Self::Failed,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub(super) subject: Subject,
    pub(super) doing: Doing,
    /// Whether it ever began a rotation.
    pub(super) began: bool,
    pub(super) reason: Reason,
    /// The generation that its callers use.
    pub(super) held: u64,
    /// Its attempt, once it is stored, and the end of the lease.
    pub(super) announced: Option<(String, EpochMillis)>,
    /// The newest token that an answer brought it.
    pub(super) received: Option<Token>,
    /// That was in the rotation under way.
    pub(super) fresh: bool,
    /// To save it has failed.
    pub(super) not_saved: bool,
    /// To rescue it has failed as well.
    pub(super) not_rescued: bool,
    /// Tokens that it has seen rejected.
    pub(super) rejected: Tokens,
}

impl Process {
    pub(super) fn new(subject: Subject, doing: Doing, held: u64) -> Self {
        Self {
            subject,
            doing,
            began: false,
            reason: Reason::Due,
            held,
            announced: None,
            received: None,
            fresh: false,
            not_saved: false,
            not_rescued: false,
            rejected: Tokens::default(),
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.doing, Doing::Unborn | Doing::Rest)
    }

    /// Whether the machine has the token where it cannot be forgotten.
    pub(super) fn keeps(&self, token: Token) -> bool {
        let Some(document) = self.subject.machine.unsaved() else {
            return false;
        };
        let text = text(token);
        let staged = document.0.staged.as_ref();
        number(&document.0.refresh) == token
            || staged.is_some_and(|staged| {
                let body = std::str::from_utf8(staged.body()).unwrap_or_default();
                body.contains(&format!("\"{text}\""))
            })
    }

    /// Whether a document is this process's intent to present a token now.
    pub(super) fn announces(&self, document: &Document) -> bool {
        let intent = document.0.intent.as_ref();
        document.0.staged.is_none() && intent.is_some_and(|it| self.subject.made(&it.attempt))
    }

    /// Tells the machine; what it decides is to be done next. A request is
    /// sent in the same step: see [`super`].
    pub(super) fn tell(&mut self, input: Input, now: EpochMillis) -> Told {
        let (action, early) = self.subject.step(input, now);
        let mut told = Told {
            sent: None,
            published: early,
        };
        self.doing = match action {
            Action::Load => Doing::Load,
            Action::Wait(_) => Doing::Wait,
            Action::Swap { expected, document } => Doing::Swap { expected, document },
            Action::Exchange(presentation) => {
                let token = number(&presentation.refresh);
                told.sent = Some(presentation.attempt);
                Doing::Presenting(token)
            }
            Action::End { result, publish } => Doing::End {
                ending: Ending::of(&result),
                publish,
            },
        };
        told
    }
}

/// What of a step can be seen from outside.
#[derive(Debug)]
pub(super) struct Told {
    /// The attempt whose request was sent.
    pub(super) sent: Option<String>,
    pub(super) published: Option<Document>,
}
