//! Moments and durations, for people and for programs.

use std::time::Duration;

use xoxoday_api::number::EpochMillis;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A moment in UTC: `2026-03-01T12:00:00Z`.
pub(super) fn moment(moment: EpochMillis) -> String {
    match moment.to_system_time() {
        // The formatter knows the years up to 9999.
        Some(time) if moment.get() < 253_402_300_800_000 => {
            humantime::format_rfc3339_seconds(time).to_string()
        }
        _ => "beyond the calendar".into(),
    }
}

/// A duration in its largest unit that fits more than once: `36 hours`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = whole_seconds(duration);
    let (count, unit) = match seconds {
        s if s >= 2 * DAY => (s / DAY, "day"),
        s if s >= 2 * HOUR => (s / HOUR, "hour"),
        s if s >= 2 * MINUTE => (s / MINUTE, "minute"),
        s => (s, "second"),
    };
    match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    }
}

/// What is left of a second counts as a whole one: who waits so long has waited
/// long enough.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_their_largest_unit() {
        for (seconds, told) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7199, "119 minutes"),
            (86_400, "24 hours"),
            (172_800, "2 days"),
            (2_592_000, "30 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), told);
        }
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
    }

    #[test]
    fn moments_are_told_in_utc_and_absurd_ones_do_no_harm() {
        assert_eq!(moment(EpochMillis::new(0)), "1970-01-01T00:00:00Z");
        for absurd in [i64::MIN, -1, i64::MAX, 253_402_300_800_000] {
            assert_eq!(moment(EpochMillis::new(absurd)), "beyond the calendar");
        }
    }
}
