//! Every request that is sent, for those who count and trace.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use xoxoday_api::Operation;

use crate::classify::Meaning;

/// One request and what came of it. Holds no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// What was called.
    pub operation: Operation,
    /// Counts from 1: retries and replays of one call share a request id.
    pub attempt: u32,
    /// The `X-Request-Id` it was sent with.
    pub request_id: &'a str,
    /// The generation of the token it carried, if it carried one.
    pub generation: Option<u64>,
    /// The status of the answer, if there was one.
    pub status: Option<StatusCode>,
    /// From the first byte sent to the last one read.
    pub duration: Duration,
    /// What came of it.
    pub outcome: AttemptOutcome,
}

/// What came of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The answer that the operation promises.
    Success,
    /// The token was not accepted.
    TokenRejected,
    /// Too many requests.
    RateLimited,
    /// Understood and refused.
    Refused,
    /// The server or a gateway is in trouble, or the answer made no sense.
    Trouble,
    /// No connection: nothing was sent.
    NotSent,
    /// Sent, and no whole answer came.
    NoAnswer,
}

impl AttemptOutcome {
    pub(crate) fn of(meaning: &Meaning) -> Self {
        match meaning {
            Meaning::Success => Self::Success,
            Meaning::TokenRejected | Meaning::Unauthorized => Self::TokenRejected,
            Meaning::RateLimited(_) => Self::RateLimited,
            Meaning::Refused { .. } => Self::Refused,
            Meaning::Garbled | Meaning::ServerTrouble(_) => Self::Trouble,
        }
    }

    /// The word that stands in the `outcome` field of a span.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::TokenRejected => "token_rejected",
            Self::RateLimited => "rate_limited",
            Self::Refused => "refused",
            Self::Trouble => "trouble",
            Self::NotSent => "not_sent",
            Self::NoAnswer => "no_answer",
        }
    }
}

/// What the user wants to be told of every request.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

type Observe = dyn Fn(&Attempt<'_>) + Send + Sync;

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    pub(crate) fn tell(&self, attempt: &Attempt<'_>) {
        if let Some(observe) = &self.0 {
            observe(attempt);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
