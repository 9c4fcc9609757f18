//! After requests that came to nothing and left the token as it was: nothing is
//! asked by itself for a while, and for longer each time.
//!
//! This is of one process alone: the next may be better connected or configured.

use std::mem::discriminant;
use std::time::Duration;

use xoxoday_api::number::EpochMillis;

use super::document::Document;
use super::pause::Pause;
use super::protocol::Failure;
use super::verdict::Denial;

/// The first pause after a request that could not be sent; the longest is the
/// floor.
const UNSENT: Duration = Duration::from_secs(1);
/// The longest pause after refusals; the first is the floor.
const DENIED: Duration = Duration::from_secs(60 * 60);

/// What the last request was in vain for.
#[derive(Debug, Clone)]
#[cfg_attr(test, derive(PartialEq, Eq, Hash))]
pub(super) struct InVain {
    /// The generation that was presented.
    generation: u64,
    times: u32,
    pause: Pause,
    failure: Failure,
}

impl InVain {
    /// The token endpoint could not be reached.
    pub(super) fn unsent(
        before: Option<Self>,
        generation: u64,
        floor: Duration,
        now: EpochMillis,
    ) -> Self {
        let failure = |until| Failure::Braked {
            until,
            why: "the token endpoint could not be reached".into(),
        };
        Self::again(before, generation, now, (UNSENT, floor), failure)
    }

    /// The token endpoint refused, for a reason that no token can cure.
    pub(super) fn denied(
        before: Option<Self>,
        generation: u64,
        floor: Duration,
        now: EpochMillis,
        denial: &Denial,
    ) -> Self {
        let failure = |_| Failure::Denied(denial.clone());
        Self::again(before, generation, now, (floor, DENIED), failure)
    }

    fn again(
        before: Option<Self>,
        generation: u64,
        now: EpochMillis,
        (first, longest): (Duration, Duration),
        failure: impl Fn(EpochMillis) -> Failure,
    ) -> Self {
        // Another failure, or another token, begins anew.
        let alike = |before: &Self| {
            let (was, is) = (&before.failure, &failure(now));
            before.generation == generation && discriminant(was) == discriminant(is)
        };
        let times = before.filter(alike).map_or(0, |it| it.times);
        let length = first.saturating_mul(1 << times.min(16)).min(longest);
        let pause = Pause::new(now, length);
        Self {
            generation,
            times: times.saturating_add(1),
            failure: failure(pause.end()),
            pause,
        }
    }

    /// What to answer instead of asking again with the token of a document.
    pub(super) fn holds(&self, document: &Document, now: EpochMillis) -> Option<&Failure> {
        let same = self.generation == document.generation();
        (same && self.pause.holds(now)).then_some(&self.failure)
    }
}
