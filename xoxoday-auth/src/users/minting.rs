//! Asks for a token set, and reads it.

use std::sync::Arc;
use std::time::Duration;

use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::{AccessToken, RefreshToken};
use xoxoday_api::types;

use crate::client::Xoxoday;
use crate::email::Email;
use crate::errand::Errand;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::members::Members;
use crate::rotation::seed::check_token;
use crate::transport::Authenticated;

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

    /// Mints a token set for a Super Admin's address, to be used elsewhere. The
    /// account's own (company) token pays for it and is not changed by it. To
    /// make calls with it, [`Xoxoday::user_session`] mints by itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for what is no address, and those of the
    /// server: see [`ErrorKind`].
    pub async fn create(&self, user: impl AsRef<str>) -> Result<UserTokens, Error> {
        let user = address(user.as_ref())?;
        mint(
            &self.0.transport,
            &self.0.limits,
            Errand::of(OPERATION),
            user,
        )
        .await
    }
}

pub(super) const OPERATION: Operation = Operation::CreateUserToken;

/// A user's address.
pub(super) fn address(user: &str) -> Result<Email, Error> {
    user.parse()
        .map_err(|error| Error::input("user", error).during(OPERATION))
}

/// Mints a token set with the company's token.
pub(super) async fn mint(
    transport: &Arc<Authenticated>,
    limits: &Limits,
    errand: Errand<'_>,
    user: Email,
) -> Result<UserTokens, Error> {
    let request = types::CreateUserTokenRequest {
        scope: "user_session".into(),
        user_input: user.to_string(),
    };
    let reply = transport.call(limits, errand, Some(&request));
    reply.await?.read(OPERATION, |answer| {
        understand(user, answer)
            .ok_or_else(|| Error::new(ErrorKind::Unexpected, "the answer has no access token"))
    })
}

/// The tokens of an answer, if it has an access token. Each member is read for
/// itself: an odd one costs no more than itself.
fn understand(user: Email, answer: &str) -> Option<UserTokens> {
    let members = Members::of(answer)?;
    let token = |name| {
        let token = members.text(name)?;
        check_token(&token).is_ok().then_some(token)
    };
    Some(UserTokens {
        user,
        access_token: token("access_token")?.into(),
        refresh_token: token("refresh_token").map(Into::into),
        expires_in: members.lifetime(),
        access_expires_at: members.read("access_token_expiry"),
        refresh_expires_at: members.read("refresh_token_expiry"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(beside: &str) -> Option<UserTokens> {
        let user = "boss@company.example".parse().unwrap();
        understand(user, &format!(r#"{{"access_token":"a"{beside}}}"#))
    }

    #[test]
    fn an_odd_member_costs_no_more_than_itself() {
        for odd in [
            r#","expires_in":"""#,
            r#","token_type":7,"scope":{}"#,
            r#","access_token_expiry":"2024-06-10T00:00:00Z""#,
            r#","expires_in":1718000000"#,
            r#","x":"\ud800""#,
        ] {
            let pair = tokens(&format!(r#"{odd},"refresh_token":"r""#)).unwrap();
            assert_eq!(pair.refresh_token.unwrap().expose(), "r", "{odd}");
            assert_eq!(
                (pair.expires_in, pair.access_expires_at),
                (None, None),
                "{odd}"
            );
        }
        let whole = tokens(r#","expires_in":"60","refresh_token_expiry":"7000""#).unwrap();
        assert_eq!(whole.expires_in, Some(Duration::from_secs(60)));
        assert_eq!(whole.refresh_expires_at, Some(EpochMillis::new(7000)));
        assert!(whole.refresh_token.is_none());
    }

    #[test]
    fn what_cannot_be_sent_is_no_token() {
        for token in [r#""""#, "null", "7", r#""a\nb""#, r#""\ud800""#] {
            assert!(
                tokens(&format!(r#","access_token":{token}"#)).is_none(),
                "{token}"
            );
        }
    }
}
