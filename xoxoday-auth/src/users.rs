//! Tokens for sessions of single users.

use std::time::Duration;

use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::{AccessToken, RefreshToken};
use xoxoday_api::types;

use crate::client::Xoxoday;
use crate::email::Email;
use crate::error::{Error, ErrorKind};

/// Mints tokens for users: [`Xoxoday::user_tokens`].
#[derive(Debug, Clone, Copy)]
pub struct UserTokensClient<'a>(&'a Xoxoday);

/// A token set for one user's session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UserTokens {
    /// Whose session it is.
    pub user: Email,
    /// The session's bearer.
    pub access_token: AccessToken,
    /// Renews the session, if the server gave one.
    pub refresh_token: Option<RefreshToken>,
    /// How long the access token lives, if the server said.
    pub expires_in: Option<Duration>,
    /// When the access token ends, by the server's clock.
    pub access_expires_at: Option<EpochMillis>,
    /// When the refresh token ends, by the server's clock.
    pub refresh_expires_at: Option<EpochMillis>,
}

impl<'a> UserTokensClient<'a> {
    pub(crate) fn new(xoxoday: &'a Xoxoday) -> Self {
        Self(xoxoday)
    }

    /// Mints a token set for a Super Admin's address. The account's own
    /// (company) token pays for it and is not changed by it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for what is no address, and those of the
    /// server: see [`ErrorKind`].
    pub async fn create(&self, user: impl AsRef<str>) -> Result<UserTokens, Error> {
        const OPERATION: Operation = Operation::CreateUserToken;

        let user: Email = user
            .as_ref()
            .parse()
            .map_err(|error| Error::input("user", error).during(OPERATION))?;
        let request = types::CreateUserTokenRequest {
            scope: "user_session".into(),
            user_input: user.to_string(),
        };
        let reply = self
            .0
            .call::<types::TokenResponse>(OPERATION, Some(&request));
        reply.await?.read(OPERATION, |tokens| {
            let access_token = tokens.access_token.ok_or_else(|| {
                Error::new(ErrorKind::Unexpected, "the answer has no access token")
            })?;
            Ok(UserTokens {
                user,
                access_token,
                refresh_token: tokens.refresh_token,
                expires_in: tokens
                    .expires_in
                    .and_then(|seconds| seconds.lifetime().ok()),
                access_expires_at: tokens.access_token_expiry,
                refresh_expires_at: tokens.refresh_token_expiry,
            })
        })
    }
}
