//! The time, injected.

use std::fmt;
use std::time::{Duration, SystemTime};

use xoxoday_api::number::EpochMillis;

/// Tells the wall-clock time. Tokens end by the wall clock, not by a clock
/// that stops while the machine sleeps.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> EpochMillis;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> EpochMillis {
        SystemTime::now().into()
    }
}

/// A duration in whole milliseconds; one that is too long is cut.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A moment later.
pub(crate) fn after(moment: EpochMillis, duration: Duration) -> EpochMillis {
    EpochMillis::new(moment.get().saturating_add(millis(duration)))
}

/// How long from one moment to a later one; zero if it is not later.
pub(crate) fn until(from: EpochMillis, to: EpochMillis) -> Duration {
    Duration::from_millis(u64::try_from(to.get().saturating_sub(from.get())).unwrap_or(0))
}
