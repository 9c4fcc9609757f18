//! How long a rate limit asks to wait.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// How long to wait where a rate limit does not say.
const DEFAULT: Duration = Duration::from_secs(60);
/// A wait that no one meant is cut to this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait: what the body says, else what the headers say, else a minute.
///
/// A wait of nothing counts as not said: a server that counts too many
/// requests does not mean the next one to follow at once.
pub(super) fn wait(penalty: Option<Duration>, headers: &HeaderMap) -> Duration {
    penalty.or_else(|| asked(headers)).unwrap_or(DEFAULT)
}

/// The wait that the headers ask for, if they do.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers)
        .filter(|wait| !wait.is_zero())
        .map(|wait| wait.min(LONGEST))
}

/// The value of `penaltySeconds`, from a JSON number's or a string's text.
pub(super) fn penalty(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    let said = seconds.is_finite() && seconds > 0.0;
    said.then(|| Duration::from_secs_f64(seconds.ceil().min(LONGEST.as_secs_f64())))
}

/// `Retry-After`, in seconds or as a date. A date is held against the answer's
/// own `Date`: both are the server's clock, and ours may be wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?;
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // Too many digits for a number are too long a wait.
        return Some(value.parse().map_or(LONGEST, Duration::from_secs));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(text(headers, DATE)?).ok()?;
    until.duration_since(now).ok()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "Mon, 10 Jun 2024 12:00:00 GMT";

    fn headers(retry_after: &str, date: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        headers
    }

    fn asked(retry_after: &str, date: Option<&str>) -> u64 {
        wait(None, &headers(retry_after, date)).as_secs()
    }

    #[test]
    fn the_body_comes_before_the_header_and_the_header_before_a_minute() {
        let headers = headers("30", None);
        assert_eq!(wait(penalty("90"), &headers).as_secs(), 90);
        assert_eq!(wait(None, &headers).as_secs(), 30);
        assert_eq!(wait(None, &HeaderMap::new()).as_secs(), 60);
    }

    #[test]
    fn a_penalty_is_read_from_number_and_text_and_rounded_up() {
        for (text, seconds) in [
            ("60", 60),
            (" 60 ", 60),
            ("60.5", 61),
            ("1e2", 100),
            ("0.001", 1),
            ("1e300", 86_400),
            ("99999999999999999999", 86_400),
        ] {
            assert_eq!(penalty(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for odd in [
            "", "soon", "-1", "0", "-0.0", "NaN", "inf", "true", "null", "1e400",
        ] {
            assert_eq!(penalty(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_date_is_held_against_the_server_s_own_clock() {
        let later = "Mon, 10 Jun 2024 12:01:30 GMT";
        assert_eq!(asked(later, Some(NOON)), 90);
        assert_eq!(asked("Monday, 10-Jun-24 12:01:30 GMT", Some(NOON)), 90);
        // Without that clock, and for what has passed, a date says nothing.
        assert_eq!(asked(later, None), 60);
        assert_eq!(asked(NOON, Some(later)), 60);
        assert_eq!(asked(NOON, Some(NOON)), 60);
    }

    #[test]
    fn an_odd_header_says_nothing_and_a_huge_one_is_cut() {
        for odd in ["", "0", "-5", "1.5", "soon", "60, 90", "é"] {
            assert_eq!(asked(odd, Some(NOON)), 60, "{odd}");
        }
        for huge in [
            "86401",
            "18446744073709551615",
            "99999999999999999999999",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(asked(huge, Some(NOON)), 86_400, "{huge}");
        }
    }
}
