//! A user's session, as callers hold it.

use super::minting::address;
use crate::client::Xoxoday;
use crate::email::Email;
use crate::error::Error;
use crate::points::PointsClient;
use crate::tokens::{Validity, validate};

/// Calls on behalf of one user, a Super Admin: [`Xoxoday::user_session`].
///
/// Its token is minted with the company's when a call first wants it, once for
/// all calls that wait for it; again beside a call when two thirds of its life
/// are over, or [a week](crate::Builder::rotation_at_most); and again when the
/// server rejects it. It is kept in memory alone, and shared by all sessions of
/// that user that were opened from one client and its clones, of which
/// [so many](crate::Builder::user_sessions_at_most) are kept. Of several processes
/// each mints its own. The refresh token that comes with it is not used:
/// Xoxoday's document has no operation for it.
///
/// Minting has the time limits and the [repetitions](crate::Builder::retry) of the
/// client, whatever a call that waits for it was given by
/// [`with_timeout`](Xoxoday::with_timeout).
///
/// Cheap to clone, and to open anew for each request that a service serves.
///
/// # Errors
///
/// Those of the call; and where there is no token to make it with, those of
/// minting. Nothing was done by the call then.
///
/// | kind | why there is no token |
/// | --- | --- |
/// | [`LoginRequired`](crate::ErrorKind::LoginRequired) | the company's is gone or in doubt |
/// | [`Refused`](crate::ErrorKind::Refused) | Xoxoday mints none for this user; it is asked again after the [floor](crate::Builder::rotation_floor) |
/// | [`Unavailable`](crate::ErrorKind::Unavailable) | Xoxoday could not be asked, or limits how often it is: worth trying again |
/// | [`Unexpected`](crate::ErrorKind::Unexpected) | its answer makes no sense |
/// | [`InvalidInput`](crate::ErrorKind::InvalidInput) | the token store must not be used as it is |
#[derive(Debug, Clone)]
pub struct UserSession {
    xoxoday: Xoxoday,
    user: Email,
}

impl UserSession {
    pub(crate) fn open(xoxoday: &Xoxoday, user: &str) -> Result<Self, Error> {
        Ok(Self {
            user: address(user)?,
            xoxoday: xoxoday.clone(),
        })
    }

    /// Whose session it is.
    pub fn user(&self) -> &Email {
        &self.user
    }

    /// Points: balances, sending, cancelling, with this user's token.
    pub fn points(&self) -> PointsClient<'_> {
        PointsClient::new(&self.xoxoday, Some(&self.user))
    }

    /// Asks the server whether the user's token is good, after minting one if
    /// there is none.
    ///
    /// # Errors
    ///
    /// See [`UserSession`].
    pub async fn validate(&self) -> Result<Validity, Error> {
        validate(&self.xoxoday, Some(&self.user)).await
    }

    /// Forgets the user's tokens: the next call mints new ones. Xoxoday has no
    /// operation that ends a session, so the old ones live until their end.
    pub fn forget(&self) {
        self.xoxoday.transport.sessions.forget(&self.user);
    }
}
