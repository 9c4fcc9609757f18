//! How many cases the property tests run: 130,000 in this crate and
//! `xoxoday-api` together. A longer run, here of a hundred times as many:
//!
//! `XOXODAY_CASES_TIMES=100 cargo test -p xoxoday-auth -p xoxoday-api properties`

use proptest::test_runner::Config;

/// The usual number of cases, times `XOXODAY_CASES_TIMES` where it is set.
pub(crate) fn cases(usual: u32) -> Config {
    let times = std::env::var("XOXODAY_CASES_TIMES").ok();
    let times = times.and_then(|times| times.parse().ok()).unwrap_or(1);
    Config {
        cases: usual.saturating_mul(times),
        ..Config::default()
    }
}
