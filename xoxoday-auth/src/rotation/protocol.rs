//! The words between the [machine](super::machine) and whoever performs what
//! it decides.

use std::fmt;
use std::time::Duration;

use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::RefreshToken;

use super::document::Document;
use super::staged::Staged;
use super::verdict::Denial;
use crate::store::{StoreError, Stored, Swap, Version};

/// Why a rotation is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    Begin {
        reason: Reason,
        /// The generation that this process uses.
        held: u64,
        /// The newest one that it has seen the server accept.
        accepted: u64,
    },
    Loaded(Result<Loaded, StoreError>),
    Waited,
    Swapped(Result<Swap, StoreError>),
    Exchanged(Exchanged),
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    pub(crate) stored: Option<Stored>,
    /// What a process that could not save it has left in the rescue file.
    pub(crate) rescued: Option<Document>,
}

/// What came of an exchange. Nobody has looked at an answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exchanged {
    Answered(Staged),
    /// Not a byte of the request left.
    NotSent(String),
    /// Nobody knows what became of the request.
    Lost(String),
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Load,
    /// Until then, or until the store has changed.
    Wait(EpochMillis),
    Swap {
        expected: Version,
        document: Document,
    },
    Exchange(Presentation),
    End {
        result: Outcome,
        publish: Option<Document>,
    },
}

/// A refresh token, to be presented once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Presentation {
    pub(crate) refresh: RefreshToken,
    pub(crate) generation: u64,
    /// Goes with the request as its id.
    pub(crate) attempt: String,
    /// The time for the whole exchange.
    pub(crate) deadline: Duration,
}

/// How a rotation ended.
pub(crate) type Outcome = Result<Success, Failure>;

/// How a rotation went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
#[cfg_attr(test, derive(Hash))]
pub(crate) enum Failure {
    LoginRequired {
        why: String,
    },
    Braked {
        until: EpochMillis,
        why: String,
    },
    /// Another process is at it.
    Busy {
        until: EpochMillis,
    },
    /// An answer was lost, and the policy is not to present the token again.
    Halted,
    /// The server rejects even tokens that were just bought.
    Useless {
        until: EpochMillis,
    },
    Denied(Denial),
    Unavailable {
        why: String,
    },
    Store(StoreError),
    /// The new tokens are held in memory and could not be saved.
    Unsaved(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// One line, without a secret: what happened, and what to do.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoginRequired { why } => write!(
                f,
                "{why}: take new tokens from the Xoxoday dashboard and give them as XOXODAY_REFRESH_TOKEN (or as the builder's seed)"
            ),
            Self::Braked { why, .. } => write!(f, "no new token yet: {why}"),
            Self::Busy { .. } => f.write_str("another process is fetching new tokens"),
            Self::Halted => f.write_str(
                "the answer to the last exchange was lost, and the refresh token is not presented again by itself: ask for a rotation, or bring in new tokens",
            ),
            Self::Useless { .. } => f.write_str(
                "the server rejects a token that was only just issued: ask Xoxoday what is wrong with the account",
            ),
            Self::Denied(denial) => f.write_str(&denial.why),
            Self::Unavailable { why } => write!(f, "no new token: {why}"),
            Self::Store(error) => error.fmt(f),
            Self::Unsaved(error) => write!(
                f,
                "the new tokens are in use but could not be saved ({error}): mend the store; they are saved as soon as it can be written"
            ),
        }
    }
}
