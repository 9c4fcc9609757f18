//! The time, injected.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
#[cfg(not(target_os = "linux"))]
use std::time::SystemTime;

#[cfg(target_os = "linux")]
use rustix::time::{ClockId, clock_gettime};
use xoxoday_api::number::EpochMillis;

use crate::store::TokenStore;

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

/// The clock by which an account's moments are told and kept: this machine's,
/// or the store's where the store has one. Those who share such a store agree
/// on when a lease ends, whatever their machines say.
#[derive(Debug)]
pub(crate) struct AccountClock {
    machine: Arc<dyn Clock>,
    /// How far the store's clock is ahead of the machine's, in milliseconds.
    ahead: AtomicI64,
}

impl AccountClock {
    pub(crate) fn new(machine: Arc<dyn Clock>) -> Self {
        Self {
            machine,
            ahead: AtomicI64::new(0),
        }
    }

    /// Goes by the store's clock from now on, as a load has just shown it.
    pub(crate) fn follow(&self, store: &dyn TokenStore) {
        if let Some(now) = store.now() {
            let ahead = now.get().saturating_sub(self.machine.now().get());
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
impl AccountClock {
    /// A clock that stands still.
    pub(crate) fn stopped(now: EpochMillis) -> Self {
        #[derive(Debug)]
        struct Stopped(EpochMillis);

        impl Clock for Stopped {
            fn now(&self) -> EpochMillis {
                self.0
            }
        }

        Self::new(Arc::new(Stopped(now)))
    }
}

impl Clock for AccountClock {
    fn now(&self) -> EpochMillis {
        let ahead = self.ahead.load(Ordering::Relaxed);
        EpochMillis::new(self.machine.now().get().saturating_add(ahead))
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::Document;
    use super::*;
    use crate::store::{BoxFuture, MemoryStore, StoreError, Stored, Swap, Version};

    /// A store that tells a time.
    #[derive(Debug, Default)]
    struct Telling(MemoryStore, Mutex<Option<i64>>);

    impl TokenStore for Telling {
        fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
            self.0.load()
        }

        fn compare_and_swap<'a>(
            &'a self,
            expected: Version,
            document: &'a Document,
        ) -> BoxFuture<'a, Result<Swap, StoreError>> {
            self.0.compare_and_swap(expected, document)
        }

        fn now(&self) -> Option<EpochMillis> {
            self.1.lock().unwrap().map(EpochMillis::new)
        }
    }

    #[test]
    fn an_account_goes_by_its_store_s_clock_as_last_seen_or_by_the_machine_s() {
        let clock = AccountClock::stopped(EpochMillis::new(1000));
        let store = Telling::default();
        for (told, now) in [
            (None, 1000),
            (Some(1700), 1700),
            (Some(400), 400),
            (None, 400),
        ] {
            *store.1.lock().unwrap() = told;
            clock.follow(&store);
            assert_eq!(clock.now(), EpochMillis::new(now));
        }
    }
}
