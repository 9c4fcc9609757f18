//! The tokens that a person takes from the dashboard, once.

use std::collections::HashMap;
use std::fmt;

use hmac_sha256::Hash;
use reqwest::header::HeaderValue;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use xoxoday_api::number::{EpochMillis, Seconds};
use xoxoday_api::secret::{AccessToken, RefreshToken};

use super::clock::after;
use crate::error::{Error, ErrorKind};

/// The first pair of tokens. They start an empty store; from then on the
/// store's own tokens count, because the first rotation spends these.
#[derive(Debug, Clone)]
pub struct Seed {
    pub(crate) refresh: RefreshToken,
    pub(crate) refresh_expires_at: Option<EpochMillis>,
    pub(crate) access: Option<AccessToken>,
    pub(crate) access_expires_at: Option<EpochMillis>,
}

impl Seed {
    /// A seed of the refresh token alone: the first call buys an access token.
    /// White space around a token, such as the line feed at a file's end, is
    /// no part of it.
    pub fn new(refresh: impl Into<RefreshToken>) -> Self {
        Self {
            refresh: RefreshToken::new(refresh.into().expose().trim()),
            refresh_expires_at: None,
            access: None,
            access_expires_at: None,
        }
    }

    /// Adds the access token, and when it ends if that is known.
    #[must_use]
    pub fn access_token(
        mut self,
        access: impl Into<AccessToken>,
        expires_at: Option<EpochMillis>,
    ) -> Self {
        self.access = Some(AccessToken::new(access.into().expose().trim()));
        self.access_expires_at = expires_at;
        self
    }

    /// Adds when the refresh token ends.
    #[must_use]
    pub fn refresh_token_expires_at(mut self, expires_at: EpochMillis) -> Self {
        self.refresh_expires_at = Some(expires_at);
        self
    }

    /// Reads the JSON of a token answer: `refresh_token` at least, and
    /// `access_token`, `expires_in` (seconds), `access_token_expiry` and
    /// `refresh_token_expiry` (epoch milliseconds) where they are known, each
    /// number as a number or as a string. Other members are not looked at.
    ///
    /// Nobody knows how old the answer is, so `access_token_expiry` goes before
    /// `expires_in`, which is counted from `now`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`], which names the member that is missing or
    /// wrong, and repeats nothing of it.
    pub fn from_json(json: &[u8], now: EpochMillis) -> Result<Self, Error> {
        let answer = Answer::read(json)?;
        let refresh: Option<RefreshToken> = answer.member("refresh_token")?;
        let Some(refresh) = refresh else {
            return Err(wrong("refresh_token is missing"));
        };
        let access: Option<AccessToken> = answer.member("access_token")?;
        let lifetime: Option<Seconds> = answer.member("expires_in")?;
        let access_ends = match (answer.member("access_token_expiry")?, lifetime) {
            (Some(end), _) => Some(end),
            (None, Some(seconds)) => {
                let lifetime = seconds.lifetime();
                let lifetime = lifetime.map_err(|error| Error::input("expires_in", error))?;
                Some(after(now, lifetime))
            }
            (None, None) => None,
        };
        let mut seed = Self::new(refresh);
        if let Some(access) = access {
            seed = seed.access_token(access, access_ends);
        }
        seed.refresh_expires_at = answer.member("refresh_token_expiry")?;
        Ok(seed)
    }

    /// Refuses what cannot be a token, before it is presented or stored.
    pub(crate) fn check(&self) -> Result<(), NotAToken> {
        check_token(self.refresh.expose())?;
        match &self.access {
            Some(access) => check_token(access.expose()),
            None => Ok(()),
        }
    }

    /// Tells this seed from another without keeping the secret.
    pub(crate) fn digest(&self) -> String {
        let digest = Hash::hash(self.refresh.expose().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The members of a token answer. One that is null counts as missing.
struct Answer<'a>(HashMap<String, &'a RawValue>);

impl<'a> Answer<'a> {
    fn read(json: &'a [u8]) -> Result<Self, Error> {
        // serde's own sentence may quote the token that it stumbled over.
        serde_json::from_slice(json).map(Self).map_err(|error| {
            wrong(format!(
                "expected a JSON object such as {{\"refresh_token\": \"…\"}} (line {}, column {})",
                error.line(),
                error.column()
            ))
        })
    }

    fn member<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        match self.0.get(name) {
            // Reads null as nothing.
            Some(value) => serde_json::from_str(value.get())
                .map_err(|_| wrong(format!("{name} is not what a token answer has there"))),
            None => Ok(None),
        }
    }
}

fn wrong(what: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        format!("the tokens cannot be read: {what}"),
    )
}

/// A token is not empty, and fits into a header.
pub(crate) fn check_token(text: &str) -> Result<(), NotAToken> {
    if text.is_empty() {
        return Err(NotAToken::Empty);
    }
    match HeaderValue::try_from(text) {
        Ok(value) if value.to_str().is_ok() => Ok(()),
        _ => Err(NotAToken::Unprintable),
    }
}

/// Why a text is no token. It is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAToken {
    Empty,
    Unprintable,
}

impl fmt::Display for NotAToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Unprintable => "it has line breaks, control characters or letters beyond ASCII",
        })
    }
}

impl std::error::Error for NotAToken {}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMillis = EpochMillis::new(1_000_000);

    fn read(json: &str) -> Result<Seed, String> {
        Seed::from_json(json.as_bytes(), NOW).map_err(|error| error.to_string())
    }

    #[test]
    fn a_seed_is_read_from_the_shape_of_a_token_answer() {
        let seed = read(
            r#"{"refresh_token":" r ","access_token":"a","token_type":"bearer",
                "access_token_expiry":"7000","expires_in":"60","refresh_token_expiry":9000}"#,
        );
        let seed = seed.unwrap();
        assert_eq!(seed.refresh.expose(), "r");
        assert_eq!(seed.access.unwrap().expose(), "a");
        assert_eq!(seed.access_expires_at, Some(EpochMillis::new(7000)));
        assert_eq!(seed.refresh_expires_at, Some(EpochMillis::new(9000)));

        let seed = read(r#"{"refresh_token":"r","access_token":"a","expires_in":60}"#);
        let ends = seed.unwrap().access_expires_at;
        assert_eq!(ends, Some(EpochMillis::new(1_060_000)));
        let seed = read(r#"{"refresh_token":"r","access_token":null,"expires_in":null}"#);
        assert_eq!(seed.unwrap().access, None);
    }

    #[test]
    fn what_is_no_token_answer_is_explained_and_not_repeated() {
        for (json, why) in [
            (r#""canary""#, "expected a JSON object"),
            (r#"{"refresh_token":"canary"#, "expected a JSON object"),
            (r#"{"access_token":"canary"}"#, "refresh_token is missing"),
            (r#"{"refresh_token":null}"#, "refresh_token is missing"),
            (r#"{"refresh_token":["canary"]}"#, "refresh_token is not"),
            (
                r#"{"refresh_token":"canary","access_token_expiry":"canary"}"#,
                "access_token_expiry is not",
            ),
            (
                r#"{"refresh_token":"canary","access_token":"a","expires_in":1718000000}"#,
                "is it a timestamp?",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(why), "{json}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
