//! Secrets that cannot be printed.
//!
//! Each is a newtype with one way out, `expose`, whose uses are easy to find in
//! a review. The memory is zeroed on drop. `Debug` names the type and nothing
//! else, and there is no `Display`.
//!
//! Zeroing reaches these values. It cannot reach the copies that an HTTP client
//! makes while it sends: headers (marked sensitive) and bodies.
//!
//! `Serialize` writes the secret: these types stand in the request bodies of
//! the generated client, which must carry it. They are therefore in no type
//! that is serialized for people to read.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Wraps the secret.
            pub fn new(secret: impl Into<String>) -> Self {
                Self(Zeroizing::new(secret.into()))
            }

            /// The secret itself. Every use is a place where it may leak.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(secret)"))
            }
        }

        impl From<String> for $name {
            fn from(secret: String) -> Self {
                Self::new(secret)
            }
        }

        impl From<&str> for $name {
            fn from(secret: &str) -> Self {
                Self::new(secret)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.expose())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::new)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" })
            }
        }
    };
}

secret! {
    /// The bearer of every call but the refresh. Opaque: its inside is not documented.
    AccessToken
}

secret! {
    /// Buys one new pair of tokens, once, and is spent with that.
    RefreshToken
}

secret! {
    /// Proves, together with the client id, who presents a refresh token.
    ClientSecret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_secret_shows_its_type_alone() {
        let shown = format!(
            "{:?} {:?} {:?}",
            AccessToken::new("canary"),
            RefreshToken::new("canary"),
            ClientSecret::new("canary")
        );
        assert_eq!(
            shown,
            "AccessToken(secret) RefreshToken(secret) ClientSecret(secret)"
        );
    }

    #[test]
    fn a_request_body_carries_the_secret() {
        assert_eq!(
            serde_json::to_string(&RefreshToken::new("r-1")).unwrap(),
            r#""r-1""#
        );
    }
}
