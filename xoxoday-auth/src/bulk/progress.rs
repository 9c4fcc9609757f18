//! What can be said of a run while it goes on, and at its end.

use std::time::Duration;

use super::totals::Totals;
use crate::error::Error;

/// How far a run has come: told after each request, and before each wait.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Progress {
    /// All rows of the ledger, those of earlier runs among them.
    pub totals: Totals,
    /// The rows that this run has settled, be it as failed or unknown.
    pub settled: u64,
    /// How long this run has taken, waits included.
    pub elapsed: Duration,
    /// What it waits for now, if it waits.
    pub waiting: Option<Waiting>,
}

/// Why a run stands still, and for how long.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Waiting {
    /// How long.
    pub time: Duration,
    /// Why, in one line.
    pub why: String,
}

impl Progress {
    /// Rows settled in a second, on the average of this run.
    pub fn rate(&self) -> f64 {
        match self.elapsed.as_secs_f64() {
            seconds if seconds > 0.0 => self.settled as f64 / seconds,
            _ => 0.0,
        }
    }

    /// How long the rest takes at this rate; `None` before anything is known.
    pub fn remaining(&self) -> Option<Duration> {
        let rate = self.rate();
        let seconds = self.totals.pending.rows as f64 / rate;
        (rate > 0.0)
            .then(|| Duration::try_from_secs_f64(seconds).ok())
            .flatten()
    }
}

/// The end of a run, or of a cancellation.
#[derive(Debug)]
#[non_exhaustive]
pub struct Summary {
    /// All rows of the ledger.
    pub totals: Totals,
    /// Why it ended.
    pub ended: Ended,
}

/// Why a run ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ended {
    /// Nothing is left to be done: to be sent or, of a cancellation, taken back.
    Done,
    /// It was told to stop; the rest stays as it is.
    Stopped,
    /// Nothing more could be done, for this reason; the rest stays as it is.
    Halted(Error),
}
