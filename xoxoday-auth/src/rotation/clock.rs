//! The time, injected.

use std::fmt;
use std::time::Duration;
#[cfg(not(target_os = "linux"))]
use std::time::SystemTime;

#[cfg(target_os = "linux")]
use rustix::time::{ClockId, clock_gettime};
use xoxoday_api::number::EpochMillis;

/// Tells the wall-clock time. Tokens end by the wall clock, not by a clock
/// that stops while the machine sleeps.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now. Every call asks for it: let it be cheap.
    fn now(&self) -> EpochMillis;
}

/// The clock of the machine. On Linux it is as exact as the kernel's tick, some
/// ten milliseconds at worst: what is decided by it has seconds to spare.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[cfg(target_os = "linux")]
    fn now(&self) -> EpochMillis {
        // The tick's time lies in memory; a more exact one is asked of the
        // hardware, which takes longer than all else in reading a token.
        let tick = clock_gettime(ClockId::RealtimeCoarse);
        EpochMillis::new(tick.tv_sec * 1000 + tick.tv_nsec / 1_000_000)
    }

    #[cfg(not(target_os = "linux"))]
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

/// A moment earlier.
pub(crate) fn before(moment: EpochMillis, duration: Duration) -> EpochMillis {
    EpochMillis::new(moment.get().saturating_sub(millis(duration)))
}

/// How long from one moment to a later one; zero if it is not later.
pub(crate) fn until(from: EpochMillis, to: EpochMillis) -> Duration {
    Duration::from_millis(u64::try_from(to.get().saturating_sub(from.get())).unwrap_or(0))
}
