//! What holds for every number: to the last digit what was written, or refused.
//!
//! `XOXODAY_CASES_TIMES=100` runs a hundred times as many cases.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::exact::{NotANumber, parse, whole};
use crate::number::{EpochMillis, Integer, Seconds};
use crate::{Amount, Points};

fn cases(usual: u32) -> Config {
    let times = std::env::var("XOXODAY_CASES_TIMES").ok();
    let times = times.and_then(|times| times.parse().ok()).unwrap_or(1);
    Config {
        cases: usual.saturating_mul(times),
        ..Config::default()
    }
}

/// A number of at most 28 digits, with its plain spelling.
fn plain() -> impl Strategy<Value = String> {
    (any::<bool>(), any::<u128>(), 0..29_usize, 1..29_usize).prop_map(
        |(negative, digits, scale, length)| {
            let digits = format!("{:028}", digits % 10_u128.pow(28));
            let digits = &digits[28 - length..];
            let point = length.saturating_sub(scale);
            let (front, back) = digits.split_at(point);
            let front = front.trim_start_matches('0');
            let front = if front.is_empty() { "0" } else { front };
            let zero = digits.bytes().all(|b| b == b'0');
            let sign = if negative && !zero { "-" } else { "" };
            let dot = if back.is_empty() { "" } else { "." };
            format!("{sign}{front}{dot}{back}")
        },
    )
}

/// What looks like a number and often is none.
fn almost() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "0",
        "1",
        "7",
        "99999999",
        "0000",
        ".",
        "-",
        "+",
        "e",
        "E",
        "e-",
        "e28",
        "e2147483647",
        "e-2147483648",
        "_",
        ",",
        " ",
        "x",
        "NaN",
        "inf",
        "\u{660}",
        "79228162514264337593543950335",
    ];
    prop::collection::vec(select(PIECES), 0..7).prop_map(|pieces| pieces.concat())
}

/// The digits without zeros behind them, and the power of ten of the last one.
fn significant(number: Decimal) -> (i128, i32) {
    let mut digits = number.mantissa();
    let mut power = -number.scale().cast_signed();
    while digits != 0 && digits % 10 == 0 {
        digits /= 10;
        power += 1;
    }
    (digits, power)
}

/// Whatever is read is written as what it was read from, and read again.
fn survives<T>(json: &str) -> Result<(), TestCaseError>
where
    T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug,
{
    match serde_json::from_str::<T>(json) {
        Ok(number) => {
            let written = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(serde_json::from_str::<T>(&written).unwrap(), number);
        }
        Err(error) => {
            // The number may be a secret in the wrong place.
            prop_assert!(!error.to_string().contains("99999999"), "{}", error);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(8_000))]

    #[test]
    fn a_number_is_written_as_it_was_read(text in plain()) {
        prop_assert_eq!(parse(&text).unwrap().to_string(), &*text);
        let points: Points = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&points).unwrap(), &*text);
        let quoted: Points = serde_json::from_str(&format!("\" {text} \"")).unwrap();
        prop_assert_eq!(quoted, points);
        prop_assert_eq!(Amount::new(points).is_ok(), points > Points::ZERO);
    }

    /// An exponent moves the point and loses nothing, or the number is refused.
    #[test]
    fn an_exponent_is_exact_or_refused(text in plain(), exponent in -40..40_i32) {
        let (digits, power) = significant(parse(&text).unwrap());
        match parse(&format!("{text}e{exponent}")) {
            Ok(shifted) if digits == 0 => prop_assert!(shifted.is_zero()),
            Ok(shifted) => prop_assert_eq!(significant(shifted), (digits, power + exponent)),
            Err(error) => prop_assert_eq!(error, NotANumber::TooLong),
        }
    }

    #[test]
    fn a_whole_number_is_read_in_every_spelling(number in any::<i64>()) {
        for text in [format!("{number}"), format!("{number}.0"), format!("\"{number}\""), format!("{number}0e-1")] {
            let read: Integer = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.get(), number);
        }
        prop_assert_eq!(number.to_string().parse(), Ok(Integer::new(number)));
    }

    #[test]
    fn what_looks_like_a_number_is_one_or_is_refused(text in almost()) {
        if let Ok(number) = parse(&text) {
            prop_assert_eq!(parse(&number.to_string()), Ok(number));
            if let Ok(integer) = whole(number) {
                prop_assert_eq!(Decimal::from(integer), number);
            }
        }
        let _ = (text.parse::<Points>(), text.parse::<Amount>(), text.parse::<Seconds>());
        for json in [format!("{text:?}"), text] {
            survives::<Points>(&json)?;
            survives::<Amount>(&json)?;
            survives::<Integer>(&json)?;
        }
    }

    #[test]
    fn arbitrary_text_is_a_number_or_is_refused(text in "\\PC{0,12}") {
        let _ = (parse(&text), text.parse::<Amount>(), text.parse::<EpochMillis>());
        survives::<Points>(&text)?;
    }

    #[test]
    fn every_number_is_a_moment_and_a_lifetime_or_is_refused(number in any::<i64>()) {
        if let Some(time) = EpochMillis::new(number).to_system_time() {
            prop_assert_eq!(EpochMillis::from(time).get(), number);
        }
        if let Ok(lifetime) = Seconds::new(number % 1_000_000_000).lifetime() {
            prop_assert_eq!(lifetime, Duration::from_secs(number.unsigned_abs() % 1_000_000_000));
        }
    }
}
