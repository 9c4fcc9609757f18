//! What is sent again by itself, and when.
//!
//! Only what can do no harm twice: validating and reading a balance change
//! nothing, and cancelling an issuance that is cancelled moves nothing (the
//! issuance is named by its id, and has its points taken back once). Sending
//! has no idempotency key, and creating a user token displaces an older one
//! (which a session, that holds no other, may do).
//! The exchange of the refresh token does not come by here at all.

use std::time::Duration;

use xoxoday_api::Operation;

use crate::classify::verdict;

/// How often, and after how long, a call that is safe to repeat is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    attempts: u32,
    first_wait: Duration,
    longest_wait: Duration,
}

impl Default for Retry {
    /// Three attempts in all; about 250 ms before the second, twice as long
    /// before the third.
    fn default() -> Self {
        Self {
            attempts: 3,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(5),
        }
    }
}

impl Retry {
    /// Nothing is repeated.
    pub fn never() -> Self {
        Self::default().attempts(1)
    }

    /// So many attempts in all; at least one.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The wait before the second attempt, which doubles with each further one
    /// up to `longest` (a day at most). Up to half of each is taken off at
    /// random, so that clients which failed together do not come back together.
    /// Where the server says how long to wait, a random part is added to that.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

        self.first_wait = first.min(A_DAY);
        self.longest_wait = longest.max(first).min(A_DAY);
        self
    }

    /// How long to wait after the `attempt`-th try, or `None` to give up.
    /// `asked` is how long the server wants to be left alone.
    pub(crate) fn wait(
        &self,
        attempt: u32,
        asked: Option<Duration>,
        random: u64,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let full = self
            .first_wait
            .saturating_mul(doubled)
            .min(self.longest_wait);
        let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
        let wait = full.mul_f64(1.0 - share / 2.0);
        Some(match asked {
            // Those who were told the same wait do not come back together either.
            Some(asked) => wait.max(asked.saturating_add(full.mul_f64(share))),
            None => wait,
        })
    }
}

/// Whether doing it twice does no harm.
pub(crate) fn is_repeatable(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::ValidateTokenPoints | Operation::FetchPoints | Operation::CancelPoints
    )
}

/// Whether points move: without an answer nobody knows if they did.
pub(crate) fn moves_points(operation: Operation) -> bool {
    verdict(operation).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn waits_double_up_to_the_longest_and_then_it_gives_up() {
        let retry = Retry::default().attempts(5).backoff(MS(100), MS(300));
        let waits: Vec<_> = (1..=5)
            .map(|attempt| retry.wait(attempt, None, 0))
            .collect();
        let expected = [
            Some(MS(100)),
            Some(MS(200)),
            Some(MS(300)),
            Some(MS(300)),
            None,
        ];
        assert_eq!(waits, expected);
        assert_eq!(Retry::never().wait(1, None, 0), None);
    }

    #[test]
    fn no_wait_is_so_long_that_a_clock_overflows() {
        let retry = Retry::default()
            .attempts(u32::MAX)
            .backoff(Duration::MAX, Duration::MAX);
        assert!(retry.wait(u32::MAX - 1, None, 0).is_some());
    }

    #[test]
    fn chance_takes_up_to_half_off() {
        let retry = Retry::default().backoff(MS(100), MS(100));
        let shortest = retry.wait(1, None, u64::MAX).unwrap();
        assert!(shortest >= MS(50) && shortest < MS(51), "{shortest:?}");
    }

    #[test]
    fn the_server_s_wait_is_not_cut_short_and_chance_adds_to_it() {
        let retry = Retry::default().backoff(MS(100), MS(100));
        let wait = |asked, random| retry.wait(1, Some(asked), random).unwrap();
        assert_eq!(wait(MS(7000), 0), MS(7000));
        let longest = wait(MS(7000), u64::MAX);
        assert!(longest > MS(7099) && longest <= MS(7100), "{longest:?}");
        // A short one does not shorten the backoff.
        assert_eq!(wait(MS(0), 0), MS(100));
        assert_eq!(wait(Duration::MAX, u64::MAX), Duration::MAX);
    }

    #[test]
    fn send_and_user_tokens_and_the_exchange_are_never_repeated() {
        for operation in [
            Operation::SendPoints,
            Operation::CreateUserToken,
            Operation::RefreshTokenPoints,
        ] {
            assert!(!is_repeatable(operation), "{operation}");
        }
    }
}
