use rust_decimal::Decimal;

/// Digits beyond which an amount is refused. A decimal holds 28 of them: so many
/// before the point and behind it leave room for sums that are still exact.
const MOST_WHOLE_DIGITS: usize = 15;
const MOST_DECIMALS: usize = 8;

/// Reads an amount of points: digits, and at most one point between them.
/// Nothing that a binary floating point would make of it, and no exponent.
pub(crate) fn parse(text: &str) -> Result<Decimal, &'static str> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return Err("is not a number of points");
    }
    if whole.len() > MOST_WHOLE_DIGITS {
        return Err("is too large");
    }
    if fraction.trim_end_matches('0').len() > MOST_DECIMALS {
        return Err("has too many decimals");
    }
    let points = Decimal::from_str_exact(digits).map_err(|_| "has too many decimals")?;
    if negative && !points.is_zero() {
        return Err("is negative");
    }
    Ok(points.normalize())
}

/// The same for what is to be sent, of which there must be something.
pub(crate) fn parse_positive(text: &str) -> Result<Decimal, &'static str> {
    match parse(text)? {
        zero if zero.is_zero() => Err("is zero"),
        points => Ok(points),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, points) in [
            ("100", "100"),
            ("0.1", "0.1"),
            ("100.10", "100.1"),
            ("999999999999999.99", "999999999999999.99"),
            ("0.00000001", "0.00000001"),
        ] {
            assert_eq!(parse_positive(text).unwrap().to_string(), points);
        }
        for text in [
            "",
            " 1",
            "1 ",
            "1e3",
            "1_000",
            "1,000",
            "+1",
            "-1",
            "0",
            "0.00",
            "-0",
            "NaN",
            ".5",
            "5.",
            "1.2.3",
            "1000000000000000",
            "0.000000001",
            "٣",
        ] {
            assert!(
                parse_positive(text).is_err(),
                "{text:?} was taken for an amount"
            );
        }
    }
}
