//! Points: exact decimal numbers. Whether Xoxoday allows fractions is not
//! documented, so both whole and decimal points are kept to the last digit.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::exact::{self, NotANumber};

/// A count of points, such as a balance. Written to JSON as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(Decimal);

/// How many points to send: a count above zero. Written to JSON as a string,
/// as the document wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Wraps a decimal number.
    pub const fn new(points: Decimal) -> Self {
        Self(points)
    }

    /// The number.
    pub const fn get(self) -> Decimal {
        self.0
    }

    /// The sum, or `None` where it has more digits than can be held.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl Amount {
    /// An amount out of a count of points.
    ///
    /// # Errors
    ///
    /// [`NotANumber::NotPositive`] for zero or less.
    pub fn new(points: impl Into<Points>) -> Result<Self, NotANumber> {
        let Points(decimal) = points.into();
        if decimal > Decimal::ZERO {
            Ok(Self(decimal))
        } else {
            Err(NotANumber::NotPositive)
        }
    }

    /// The number.
    pub const fn get(self) -> Decimal {
        self.0
    }
}

impl From<Amount> for Points {
    fn from(amount: Amount) -> Self {
        Self(amount.0)
    }
}

impl From<u64> for Points {
    fn from(points: u64) -> Self {
        Self(points.into())
    }
}

impl From<u32> for Points {
    fn from(points: u32) -> Self {
        Self(points.into())
    }
}

impl From<Decimal> for Points {
    fn from(points: Decimal) -> Self {
        Self(points)
    }
}

impl TryFrom<u64> for Amount {
    type Error = NotANumber;

    fn try_from(points: u64) -> Result<Self, NotANumber> {
        Self::new(points)
    }
}

impl TryFrom<u32> for Amount {
    type Error = NotANumber;

    fn try_from(points: u32) -> Result<Self, NotANumber> {
        Self::new(points)
    }
}

impl TryFrom<i64> for Amount {
    type Error = NotANumber;

    fn try_from(points: i64) -> Result<Self, NotANumber> {
        Self::new(Decimal::from(points))
    }
}

impl TryFrom<Decimal> for Amount {
    type Error = NotANumber;

    fn try_from(points: Decimal) -> Result<Self, NotANumber> {
        Self::new(points)
    }
}

impl TryFrom<String> for Amount {
    type Error = NotANumber;

    fn try_from(text: String) -> Result<Self, NotANumber> {
        text.parse()
    }
}

/// For literals: `100` is an `i32` where nothing else says what it is.
impl TryFrom<i32> for Amount {
    type Error = NotANumber;

    fn try_from(points: i32) -> Result<Self, NotANumber> {
        Self::new(Decimal::from(points))
    }
}

impl TryFrom<Points> for Amount {
    type Error = NotANumber;

    fn try_from(points: Points) -> Result<Self, NotANumber> {
        Self::new(points)
    }
}

impl TryFrom<&str> for Amount {
    type Error = NotANumber;

    fn try_from(text: &str) -> Result<Self, NotANumber> {
        text.parse()
    }
}

impl std::str::FromStr for Points {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        exact::parse(text).map(Self)
    }
}

impl std::str::FromStr for Amount {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        Self::new(exact::parse(text)?)
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_u64() {
            Some(whole) if self.0.scale() == 0 => serializer.serialize_u64(whole),
            // The digits go out as they are: serde has no exact decimal.
            _ => RawValue::from_string(self.0.to_string())
                .map_err(S::Error::custom)?
                .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        exact::decimal(deserializer).map(Self)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let decimal = exact::decimal(deserializer)?;
        Self::new(decimal).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Points {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Points".into()
    }

    /// A number goes out; both are read.
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        match generator.contract().is_serialize() {
            true => schemars::json_schema!({ "type": "number" }),
            false => schemars::json_schema!({ "type": ["number", "string"] }),
        }
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    /// A string goes out; both are read.
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        match generator.contract().is_serialize() {
            true => schemars::json_schema!({ "type": "string" }),
            false => schemars::json_schema!({ "type": ["string", "number"] }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_never_pass_through_binary_floating_point() {
        // As a double each of these loses digits.
        for digits in ["0.1", "9007199254740993", "123456789012345678.25", "-0.30"] {
            let points: Points = serde_json::from_str(digits).unwrap();
            assert_eq!(points.to_string(), digits);
            assert_eq!(serde_json::to_string(&points).unwrap(), digits);
            let quoted: Points = serde_json::from_str(&format!("{digits:?}")).unwrap();
            assert_eq!(quoted, points);
        }
    }

    #[test]
    fn an_amount_is_written_as_a_string_and_read_from_either() {
        let amount: Amount = serde_json::from_str("12.50").unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), r#""12.50""#);
        assert_eq!(serde_json::from_str::<Amount>(r#""12.5""#).unwrap(), amount);
    }

    #[test]
    fn an_amount_of_nothing_or_less_does_not_exist() {
        assert_eq!(Amount::try_from(0), Err(NotANumber::NotPositive));
        assert_eq!(Amount::try_from("-5"), Err(NotANumber::NotPositive));
        assert!(serde_json::from_str::<Amount>(r#""0.00""#).is_err());
        assert!("a lot".parse::<Amount>().is_err());
    }
}
