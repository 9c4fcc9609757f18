//! How fast a run goes, and when it gives up.

use std::time::Duration;

use crate::points::MOST_PER_CALL;
use crate::retry::Retry;

/// How fast a run goes, and when it gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    pub(super) batch: usize,
    pub(super) in_a_row: u32,
    pub(super) waits: Retry,
}

impl Default for Pace {
    /// One row in a request; gives up after 20 requests in a row that credited
    /// nobody; waits from 1 s up to 1 min where the server does not say how long.
    fn default() -> Self {
        Self {
            batch: 1,
            in_a_row: 20,
            waits: Retry::default()
                .attempts(u32::MAX)
                .backoff(Duration::from_secs(1), Duration::from_secs(60)),
        }
    }
}

impl Pace {
    /// So many rows in a request, from 1 to [`MOST_PER_CALL`].
    ///
    /// One is the default, because the answer in Xoxoday's document tells of one
    /// recipient alone: of a larger batch it would leave all others unknown. Take
    /// more only where your account's answers tell of each. A run that finds they
    /// do not goes on one at a time.
    #[must_use]
    pub fn batch(mut self, rows: usize) -> Self {
        self.batch = rows.clamp(1, MOST_PER_CALL);
        self
    }

    /// Stops, with the rest pending, after so many requests in a row (at least 1)
    /// that were refused or of which nobody knows the outcome: the wallet may be
    /// empty, and a person should look. Rate limits and outages in which nothing
    /// was sent do not count.
    #[must_use]
    pub fn give_up_after(mut self, requests: u32) -> Self {
        self.in_a_row = requests.max(1);
        self
    }

    /// The first wait in an outage and the longest one; each is about twice the
    /// one before. Where the server says how long to wait, that is kept.
    #[must_use]
    pub fn waits(mut self, first: Duration, longest: Duration) -> Self {
        self.waits = self.waits.backoff(first, longest);
        self
    }
}
