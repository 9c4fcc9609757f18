//! Every request that is sent, for those who count and trace.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// The generation of the account's token, if it carried that one.
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
    /// The answer that the operation promises. What it says may be a failure
    /// all the same, which the call's own result tells. An exchange of the
    /// refresh token counts as answered by any answer: nobody looks at it before
    /// it is saved, and [events](crate::Event) tell what it was.
    Answered,
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
    /// Sent, perhaps, and no whole answer came, or nobody waited for it.
    NoAnswer,
}

impl AttemptOutcome {
    pub(crate) fn of(meaning: &Meaning) -> Self {
        match meaning {
            Meaning::Success => Self::Answered,
            Meaning::TokenRejected | Meaning::Unauthorized => Self::TokenRejected,
            Meaning::RateLimited(_) => Self::RateLimited,
            Meaning::Refused { .. } => Self::Refused,
            Meaning::Garbled | Meaning::ServerTrouble(_) => Self::Trouble,
        }
    }

    /// The word that stands in the `outcome` field of a span.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
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
pub(crate) struct Observer(Option<Arc<Inner>>);

struct Inner {
    observe: Box<Observe>,
    /// Whether it was told that the observer panics.
    complained: AtomicBool,
}

type Observe = dyn Fn(&Attempt<'_>) + Send + Sync;

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Inner {
            observe: Box::new(observe),
            complained: AtomicBool::new(false),
        })))
    }

    /// Whether anybody is told.
    pub(crate) fn listens(&self) -> bool {
        self.0.is_some()
    }

    /// A panic goes no further: what became of the request must reach the
    /// caller.
    pub(crate) fn tell(&self, attempt: &Attempt<'_>) {
        let Some(observer) = &self.0 else {
            return;
        };
        let told = catch_unwind(AssertUnwindSafe(|| (observer.observe)(attempt)));
        if told.is_err() && !observer.complained.swap(true, Ordering::Relaxed) {
            tracing::error!("the observer of requests panics: calls go on without it");
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
