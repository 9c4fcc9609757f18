//! How long things may take.

use std::time::Duration;

use tokio::time::Instant;

use crate::retry::Retry;

/// How long a call may take, and how often it is tried.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// For one request, from its first byte to its answer's last one.
    pub(crate) request: Duration,
    /// For the whole call: waiting for a token, requests, and waits between them.
    pub(crate) total: Duration,
    pub(crate) retry: Retry,
}

/// A time limit that no clock overflows under.
const FOR_EVER: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            total: Duration::from_secs(60),
            retry: Retry::default(),
        }
    }
}

impl Limits {
    /// The limits of a call that begins now.
    pub(crate) fn start(&self) -> Deadline {
        Deadline {
            end: Instant::now() + self.total.min(FOR_EVER),
            request: self.request,
        }
    }
}

/// When a call must be over, and how long each of its requests may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    end: Instant,
    request: Duration,
}

impl Deadline {
    /// The time until the end.
    pub(crate) fn left(self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// How long a request may take that begins now; `None` where no time is
    /// left to begin one.
    pub(crate) fn for_a_request(self) -> Option<Duration> {
        let timeout = self.request.min(self.left());
        (!timeout.is_zero()).then_some(timeout)
    }

    /// Waits for what does no harm when it is given up on; `None` where that
    /// would take until after the end.
    pub(crate) async fn wait_for<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.end, work).await.ok()
    }
}
