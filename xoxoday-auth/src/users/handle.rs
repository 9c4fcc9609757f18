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
/// all calls that wait for it, and again when it nears its end or the server
/// rejects it. It is kept in memory alone, and shared by all sessions of that
/// user that were opened from one client and its clones. Of several processes
/// each mints its own. The refresh token that comes with it is not used:
/// Xoxoday's document has no operation for it.
///
/// Cheap to clone, and to open anew for each request that a service serves.
///
/// # Errors
///
/// Those of the call, and where there is no token to make it with, those of
/// minting: [`LoginRequired`](crate::ErrorKind::LoginRequired) where the
/// company's token is gone, [`Refused`](crate::ErrorKind::Refused) where Xoxoday
/// mints none for this user, [`Unavailable`](crate::ErrorKind::Unavailable)
/// where it could not be asked. The call itself was not sent then.
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
