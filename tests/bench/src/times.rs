//! What many times come to.

use std::time::Duration;

/// The time in the middle.
#[must_use]
pub fn median(times: &mut [Duration]) -> Duration {
    percentile(50, times)
}

/// The time that so many of a hundred do not exceed; zero where there is none.
#[must_use]
pub fn percentile(percent: usize, times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let mut times: Vec<_> = (1..=100).rev().map(Duration::from_secs).collect();
        assert_eq!(percentile(99, &mut times), Duration::from_secs(100));
        assert_eq!(median(&mut times), Duration::from_secs(51));
        assert_eq!(percentile(100, &mut times), Duration::from_secs(100));
        assert_eq!(median(&mut []), Duration::ZERO);
    }
}
