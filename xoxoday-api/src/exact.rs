//! Numbers read digit by digit, from a JSON number or a JSON string alike.
//!
//! Xoxoday writes the same member as `1296000` in one answer and as
//! `"1296000"` in another, and amounts of points must not pass through binary
//! floating point. So a number is taken as the text that stands in the JSON.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads a decimal number exactly; one that cannot be held exactly is refused.
pub(crate) fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let text = raw.get();
    if text.starts_with('"') {
        let inner: String = serde_json::from_str(text).map_err(D::Error::custom)?;
        parse(inner.trim()).map_err(D::Error::custom)
    } else {
        parse(text).map_err(D::Error::custom)
    }
}

/// Reads a whole number.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    whole(decimal(deserializer)?).map_err(D::Error::custom)
}

/// A decimal number out of text: digits, sign, point and exponent as JSON has them.
pub(crate) fn parse(text: &str) -> Result<Decimal, NotANumber> {
    let number_like = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    if !number_like || !has_digit {
        return Err(NotANumber::Malformed);
    }
    match text.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(text).map_err(|_| NotANumber::TooLong),
        Some((digits, exponent)) => {
            let digits = Decimal::from_str_exact(digits).map_err(|_| NotANumber::TooLong)?;
            shifted(digits, exponent.parse().map_err(|_| NotANumber::TooLong)?)
        }
    }
}

/// `digits` times ten to the power of `exponent`, exactly.
fn shifted(digits: Decimal, exponent: i32) -> Result<Decimal, NotANumber> {
    if digits.is_zero() {
        return Ok(digits);
    }
    let scale = i64::from(digits.scale()) - i64::from(exponent);
    // What the scale cannot take, the digits must.
    let shift = u32::try_from(scale.min(0).unsigned_abs()).ok();
    let factor = shift.and_then(|shift| 10_i128.checked_pow(shift));
    let mantissa = factor.and_then(|factor| digits.mantissa().checked_mul(factor));
    let scale = u32::try_from(scale.max(0)).map_err(|_| NotANumber::TooLong)?;
    mantissa
        .and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, scale).ok())
        .ok_or(NotANumber::TooLong)
}

/// The whole number that a decimal is, if it is one.
pub(crate) fn whole(decimal: Decimal) -> Result<i64, NotANumber> {
    if !decimal.fract().is_zero() {
        return Err(NotANumber::Fraction);
    }
    decimal.to_i64().ok_or(NotANumber::TooLong)
}

/// Why a text is not the number that was expected.
///
/// The text itself is left out: it may have come from a member that holds a
/// secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotANumber {
    /// It is not written as a decimal number.
    Malformed,
    /// It has more digits than can be held exactly (28), or is out of range.
    TooLong,
    /// It has a fraction where a whole number is expected.
    Fraction,
    /// It is negative or zero where that makes no sense.
    NotPositive,
}

impl std::fmt::Display for NotANumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a number: expected digits such as 100 or 12.5",
            Self::TooLong => "the number has more digits than can be held exactly",
            Self::Fraction => "expected a whole number, got one with a fraction",
            Self::NotPositive => "expected a number above zero",
        })
    }
}

impl std::error::Error for NotANumber {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_digit_by_digit() {
        for (text, expected) in [
            ("0.1", "0.1"),
            ("9007199254740993", "9007199254740993"),
            ("123456789012345678.25", "123456789012345678.25"),
            ("1.5e3", "1500"),
            ("15e-1", "1.5"),
            ("0e99999", "0"),
            ("-3", "-3"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_without_repeating_it() {
        for text in [
            "", "-", "e", ".", "1_000", "1,000", "NaN", "Infinity", "0x10", "--1", "1e",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse(&"9".repeat(40)), Err(NotANumber::TooLong));
        assert_eq!(parse("1e400000000000"), Err(NotANumber::TooLong));
        for rounded in [
            "1.23456789012345678901234567890123e0",
            "1e-40",
            "1e29",
            "123e28",
        ] {
            assert_eq!(parse(rounded), Err(NotANumber::TooLong), "{rounded}");
        }
        assert_eq!(
            parse(&format!("0.{}", "1".repeat(60))),
            Err(NotANumber::TooLong)
        );
    }

    #[test]
    fn a_whole_number_may_be_written_with_an_empty_fraction() {
        assert_eq!(
            whole(parse("1718000000000.0").unwrap()),
            Ok(1_718_000_000_000)
        );
        assert_eq!(whole(parse("0.5").unwrap()), Err(NotANumber::Fraction));
    }
}
