//! The tokens that a person takes from the dashboard, once.

use std::fmt;

use reqwest::header::HeaderValue;
use sha2::{Digest, Sha256};
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::{AccessToken, RefreshToken};

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
        let digest = Sha256::digest(self.refresh.expose().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
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
