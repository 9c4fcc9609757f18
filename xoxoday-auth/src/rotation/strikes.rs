//! Remembers that new tokens do not help: where the server rejects even a
//! token that was bought because its predecessor was rejected, buying more
//! would only wear the account out.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use xoxoday_api::number::EpochMillis;

use super::clock::after;

/// How long to hold back after the first such token; doubles with each.
const PAUSE: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The tokens that were bought in vain, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Strikes {
    /// The newest generation that the server has accepted.
    accepted: AtomicU64,
    last: Mutex<Option<Strike>>,
}

#[derive(Debug, Clone, Copy)]
struct Strike {
    generation: u64,
    number: u32,
    until: EpochMillis,
}

impl Strikes {
    pub(crate) fn accepted(&self, generation: u64) {
        if self.accepted.load(Ordering::Relaxed) < generation {
            self.accepted.fetch_max(generation, Ordering::Relaxed);
        }
    }

    fn was_accepted(&self, generation: u64) -> bool {
        self.accepted.load(Ordering::Relaxed) >= generation
    }

    /// Notes that a generation was bought because another was rejected.
    pub(crate) fn strike(&self, generation: u64, now: EpochMillis) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = last.filter(|last| !self.was_accepted(last.generation));
        let number = earlier.map_or(0, |earlier| earlier.number) + 1;
        let pause = PAUSE.saturating_mul(1 << number.min(16) >> 1).min(LONGEST);
        *last = Some(Strike {
            generation,
            number,
            until: after(now, pause),
        });
    }

    /// Until when nothing is bought because this generation was rejected.
    pub(crate) fn hold(&self, rejected: u64, now: EpochMillis) -> Option<EpochMillis> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.filter(|last| last.generation == rejected && now < last.until)?;
        (!self.was_accepted(rejected)).then_some(last.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMillis = EpochMillis::new(1_000_000);

    #[test]
    fn a_token_bought_in_vain_holds_the_next_purchase_back_and_each_for_longer() {
        let strikes = Strikes::default();
        assert_eq!(strikes.hold(1, NOW), None);
        strikes.strike(2, NOW);
        assert_eq!(strikes.hold(2, NOW), Some(after(NOW, PAUSE)));
        assert_eq!(strikes.hold(2, after(NOW, PAUSE)), None);
        strikes.strike(3, NOW);
        assert_eq!(strikes.hold(3, NOW), Some(after(NOW, PAUSE * 2)));
    }

    #[test]
    fn a_token_that_was_accepted_is_bought_anew_when_it_is_rejected_later() {
        let strikes = Strikes::default();
        strikes.strike(2, NOW);
        strikes.accepted(2);
        assert_eq!(strikes.hold(2, NOW), None);
        strikes.strike(3, NOW);
        assert_eq!(strikes.hold(3, NOW), Some(after(NOW, PAUSE)));
    }
}
