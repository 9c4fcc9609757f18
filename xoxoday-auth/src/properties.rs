//! How many cases the property tests run: more than 100,000 for `classify` and
//! the decoders of this crate, and with the exchange and the numbers of
//! `xoxoday-api` some 175,000. A longer run, here of ten times as many:
//!
//! `XOXODAY_CASES_TIMES=10 cargo test -p xoxoday-auth -p xoxoday-api properties`

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
