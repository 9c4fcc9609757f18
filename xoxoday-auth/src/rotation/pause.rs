//! A time in which nothing is done by itself.

use std::time::Duration;

use xoxoday_api::number::EpochMillis;

use super::clock::{after, until};
use super::policy::SKEW;

/// From one moment until another. It is over as well when the clock has been
/// set back to well before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Hash))]
pub(crate) struct Pause {
    since: EpochMillis,
    until: EpochMillis,
}

impl Pause {
    pub(crate) fn new(since: EpochMillis, length: Duration) -> Self {
        Self::until(since, after(since, length))
    }

    pub(crate) fn until(since: EpochMillis, end: EpochMillis) -> Self {
        Self { since, until: end }
    }

    pub(crate) fn end(&self) -> EpochMillis {
        self.until
    }

    pub(crate) fn holds(&self, now: EpochMillis) -> bool {
        now < self.until && until(now, self.since) <= SKEW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_holds_until_its_end_or_until_the_clock_is_set_back() {
        let moment = |seconds: i64| EpochMillis::new(seconds * 1000);
        let pause = Pause::new(moment(10_000), Duration::from_secs(60));
        assert!(pause.holds(moment(10_000)) && pause.holds(moment(10_059)));
        assert!(!pause.holds(moment(10_060)));
        // Clocks are corrected by seconds all the time.
        assert!(pause.holds(moment(9_700)));
        assert!(!pause.holds(moment(9_699)));
    }
}
