use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No time at which the clock stands still: it runs.
const RUNNING: u64 = u64::MAX;

/// The sandbox's clock: the wall clock, moved by hand.
///
/// Lifetimes of tokens, the hours of grace and the window of the refresh limit
/// go by it. Delays and slow bodies do not: they take real time.
#[derive(Debug)]
pub struct Clock {
    shift_ms: AtomicI64,
    stopped_at_ms: AtomicU64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            shift_ms: AtomicI64::new(0),
            stopped_at_ms: AtomicU64::new(RUNNING),
        }
    }

    /// Milliseconds since 1970, as the API counts them.
    pub fn now_ms(&self) -> u64 {
        match self.stopped_at_ms.load(Ordering::SeqCst) {
            RUNNING => wall_ms(),
            stopped => stopped,
        }
        .saturating_add_signed(self.shift_ms.load(Ordering::SeqCst))
    }

    /// The time by this clock.
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.now_ms())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.shift_ms.fetch_add(signed_ms(by), Ordering::SeqCst);
    }

    /// Moves the clock back.
    pub fn rewind(&self, by: Duration) {
        self.shift_ms.fetch_sub(signed_ms(by), Ordering::SeqCst);
    }

    /// Sets the clock, in milliseconds since 1970.
    pub fn set_ms(&self, to: u64) {
        let by = i64::try_from(i128::from(to) - i128::from(self.now_ms()));
        self.shift_ms
            .fetch_add(by.unwrap_or(i64::MAX / 4), Ordering::SeqCst);
    }

    /// Lets the clock stand still, so that a test can look at an exact moment.
    /// It can still be moved.
    pub fn stop(&self) {
        self.stopped_at_ms.store(wall_ms(), Ordering::SeqCst);
    }

    /// Lets a stopped clock run again, with the wall clock.
    pub fn run(&self) {
        self.stopped_at_ms.store(RUNNING, Ordering::SeqCst);
    }
}

fn wall_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, whole_ms)
}

pub(crate) fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A move of more than a quarter of all time is cut, so that two of them
/// cannot overflow the sum.
fn signed_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).map_or(i64::MAX / 4, |ms| ms.min(i64::MAX / 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_stands_still_and_can_be_moved() {
        let clock = Clock::new();
        clock.stop();
        let then = clock.now_ms();
        clock.advance(Duration::from_secs(3600));
        assert_eq!(clock.now_ms(), then + 3_600_000);
        clock.rewind(Duration::from_secs(7200));
        assert_eq!(clock.now_ms(), then - 3_600_000);
        clock.set_ms(1_700_000_000_000);
        assert_eq!(clock.now_ms(), 1_700_000_000_000);
    }

    #[test]
    fn absurd_moves_do_not_overflow() {
        let clock = Clock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now_ms() > 0);
        clock.set_ms(u64::MAX);
        clock.set_ms(0);
        clock.rewind(Duration::MAX);
    }
}
