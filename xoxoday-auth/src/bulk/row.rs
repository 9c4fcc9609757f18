//! A row of a bulk send, and what became of it.

use serde::{Deserialize, Serialize};
use xoxoday_api::Points;
use xoxoday_api::number::{EpochMillis, TransactionId};

use crate::points::Recipient;

/// A row, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Its place among the rows, from 1 on. A header and blank lines do not
    /// count.
    pub number: u64,
    /// Who is to receive what.
    pub recipient: Recipient,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// It was not sent: the next run sends it.
    Pending,
    /// It is on its way. Where no process is at work, it is
    /// [`Unknown`](Self::Unknown).
    #[non_exhaustive]
    Leaving {
        /// The `X-Request-Id` that it leaves with.
        request_id: String,
        /// When that was written down.
        since: EpochMillis,
    },
    /// The points were credited.
    #[non_exhaustive]
    Credited {
        /// What to cancel it by. Not every answer gives one.
        transaction: Option<TransactionId>,
        /// The `X-Request-Id` that it left with.
        request_id: Option<String>,
        /// Whether a person said so, and not an answer.
        by_hand: bool,
        /// What the server says it credited, where that is not what was asked for.
        points: Option<Points>,
    },
    /// Xoxoday refused it: nothing was credited.
    #[non_exhaustive]
    Failed {
        /// Xoxoday's words.
        reason: String,
        /// Xoxoday's code, such as `PLE10030`.
        code: Option<String>,
        /// The `X-Request-Id` that it left with.
        request_id: Option<String>,
    },
    /// Nobody knows whether the points were credited. It is never sent again by
    /// itself: [`Bulk::resolve`](super::Bulk::resolve) takes a person's word.
    #[non_exhaustive]
    Unknown {
        /// Why it is not known.
        why: String,
        /// The `X-Request-Id` that it left with.
        request_id: Option<String>,
    },
    /// The points were credited, and taken back.
    #[non_exhaustive]
    Cancelled {
        /// What it was cancelled by.
        transaction: TransactionId,
    },
}

impl Fate {
    /// The word for it in reports: `pending`, `credited`, `failed`, `unknown` or
    /// `cancelled`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Leaving { .. } | Self::Unknown { .. } => "unknown",
            Self::Credited { .. } => "credited",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// What to cancel it by, if it is credited and that is known.
    pub fn transaction(&self) -> Option<TransactionId> {
        match self {
            Self::Credited { transaction, .. } => *transaction,
            Self::Cancelled { transaction } => Some(*transaction),
            _ => None,
        }
    }

    /// The `X-Request-Id` that it left with, where that is kept.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Leaving { request_id, .. } => Some(request_id),
            Self::Credited { request_id, .. }
            | Self::Failed { request_id, .. }
            | Self::Unknown { request_id, .. } => request_id.as_deref(),
            Self::Pending | Self::Cancelled { .. } => None,
        }
    }

    /// Why it is as it is: of what failed, and of what is unknown.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Failed { reason, .. } => Some(reason),
            Self::Unknown { why, .. } => Some(why),
            Self::Leaving { .. } => Some(Self::CUT_OFF),
            _ => None,
        }
    }

    /// What is said of a row whose process ended before its answer was kept.
    pub(super) const CUT_OFF: &str =
        "the program ended before it had written down what the answer was";
}

impl Resolution {
    /// What becomes of a row; `None` where its fate is known better.
    pub(super) fn of(self, fate: &Fate) -> Option<Fate> {
        match (self, fate) {
            (Self::Credited, Fate::Credited { .. }) | (Self::NotSent, Fate::Pending) => {
                Some(fate.clone())
            }
            (Self::Credited, Fate::Unknown { .. } | Fate::Leaving { .. }) => Some(Fate::Credited {
                transaction: None,
                request_id: fate.request_id().map(str::to_owned),
                by_hand: true,
                points: None,
            }),
            (Self::NotSent, Fate::Unknown { .. } | Fate::Leaving { .. } | Fate::Failed { .. }) => {
                Some(Fate::Pending)
            }
            _ => None,
        }
    }
}

/// What a person found out about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The recipient has the points: the row is done.
    Credited,
    /// The recipient does not have them: the next run sends the row.
    NotSent,
}
