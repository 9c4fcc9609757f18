//! Whole numbers of the API, each read from a JSON number or a JSON string,
//! and written as a number.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::exact::{self, NotANumber};

macro_rules! integer {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps the number.
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// The number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl From<i64> for $name {
            fn from(value: i64) -> Self {
                Self(value)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotANumber;

            fn from_str(text: &str) -> Result<Self, NotANumber> {
                exact::parse(text).and_then(exact::whole).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                exact::integer(deserializer).map(Self)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            /// An integer goes out; both are read.
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                match generator.contract().is_serialize() {
                    true => schemars::json_schema!({ "type": "integer", "format": "int64" }),
                    false => schemars::json_schema!({
                        "type": ["integer", "string"],
                        "format": "int64",
                    }),
                }
            }
        }
    };
}

integer! {
    /// A whole number that has no unit of its own, such as `success: 1`.
    Integer
}

integer! {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    EpochMillis
}

integer! {
    /// A lifetime in seconds. See [`Seconds::lifetime`] before it is trusted.
    Seconds
}

integer! {
    /// The `unique_id` of an issuance: what `cancelPoints` takes.
    TransactionId
}

integer! {
    /// Months until points expire.
    Months
}

impl From<SystemTime> for EpochMillis {
    /// A time before 1970 becomes 1970; one too far ahead, the last there is.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl EpochMillis {
    /// The moment as the system's time; `None` before 1970 or beyond what the
    /// system can tell.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let since = Duration::from_millis(u64::try_from(self.0).ok()?);
        UNIX_EPOCH.checked_add(since)
    }
}

impl Seconds {
    /// No session lives longer; an epoch timestamp is far above it.
    const LONGEST: i64 = 10 * 366 * 24 * 60 * 60;

    /// The lifetime as a duration.
    ///
    /// # Errors
    ///
    /// [`NotALifetime`] when the number is negative or more than ten years. A
    /// sister page of the API's documentation calls this member an "epoch
    /// timestamp"; a server that took that page's word would otherwise hand
    /// out tokens that seem to live for decades.
    pub fn lifetime(self) -> Result<Duration, NotALifetime> {
        match u64::try_from(self.0) {
            Ok(seconds) if self.0 <= Self::LONGEST => Ok(Duration::from_secs(seconds)),
            _ => Err(NotALifetime(self.0)),
        }
    }
}

/// A number in the place of a lifetime that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotALifetime(i64);

impl std::fmt::Display for NotALifetime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} is no lifetime in seconds (0 to {}): is it a timestamp?",
            self.0,
            Seconds::LONGEST
        )
    }
}

impl std::error::Error for NotALifetime {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_arrive_as_number_or_string() {
        for json in [
            r#"1296000"#,
            r#""1296000""#,
            r#"1296000.0"#,
            r#"" 1296000 ""#,
        ] {
            let seconds: Seconds = serde_json::from_str(json).unwrap();
            assert_eq!(seconds.get(), 1_296_000, "{json}");
        }
        assert_eq!(serde_json::to_string(&Seconds::new(5)).unwrap(), "5");
    }

    #[test]
    fn what_is_not_a_whole_number_is_refused() {
        for json in [r#""soon""#, "true", "null", "{}", "1.5", r#""""#, "1e99"] {
            assert!(serde_json::from_str::<Integer>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn expires_in_is_seconds_and_an_epoch_timestamp_is_refused() {
        assert_eq!(
            Seconds::new(1_296_000).lifetime(),
            Ok(Duration::from_secs(1_296_000))
        );
        for timestamp in [1_718_000_000, 1_718_000_000_000, -1] {
            let refused = Seconds::new(timestamp).lifetime().unwrap_err();
            assert!(refused.to_string().contains("is it a timestamp?"));
        }
    }
}
