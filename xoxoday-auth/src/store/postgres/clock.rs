//! The database's clock, as its answers show it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use xoxoday_api::number::EpochMillis;

use crate::lock::lock;
use crate::rotation::clock::after;
use crate::rotation::policy::DOUBT;

/// A time that was longer under way is too old to be told.
pub(super) const PROMPT: Duration = DOUBT;

/// What the time was, and when that was heard.
#[derive(Debug, Default)]
pub(super) struct DatabaseClock(Mutex<Option<(EpochMillis, Instant)>>);

impl DatabaseClock {
    /// Takes note of a time that was asked for then, and tells whether it came
    /// promptly. One that did not is not taken.
    pub(super) fn is_told(&self, now: EpochMillis, asked: Instant) -> bool {
        let heard = Instant::now();
        let is_prompt = heard.duration_since(asked) < PROMPT;
        if is_prompt {
            *lock(&self.0) = Some((now, heard));
        }
        is_prompt
    }

    /// The time now. It is late by what the answer took, and never early.
    pub(super) fn now(&self) -> Option<EpochMillis> {
        let told = *lock(&self.0);
        told.map(|(time, heard)| after(time, heard.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_was_long_under_way_is_not_taken() {
        let clock = DatabaseClock::default();
        assert_eq!(clock.now(), None);
        let now = Instant::now();
        let late = now.checked_sub(PROMPT).unwrap();
        assert!(!clock.is_told(EpochMillis::new(5_000_000), late));
        assert_eq!(clock.now(), None);
        assert!(clock.is_told(EpochMillis::new(7_000_000), now));
        assert!(!clock.is_told(EpochMillis::new(5_000_000), late));
        assert!(clock.now() >= Some(EpochMillis::new(7_000_000)));
    }
}
