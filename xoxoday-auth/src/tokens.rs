//! The account's own tokens.

use std::time::Duration;

use serde_json::value::RawValue;
use tracing::Instrument as _;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;

use crate::client::Xoxoday;
use crate::error::{Error, ErrorKind};
use crate::members::Members;
use crate::rotation::clock::until;
use crate::rotation::protocol::{Reason, Success};
use crate::trace::CallSpan;

/// Status, validation and rotation: [`Xoxoday::tokens`].
#[derive(Debug, Clone, Copy)]
pub struct TokensClient<'a>(&'a Xoxoday);

/// What this process knows of the tokens. Nothing is sent to learn it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Counts the rotations and imports of the account.
    pub generation: u64,
    /// When these tokens were obtained.
    pub obtained_at: EpochMillis,
    /// When the access token ends, if that is known.
    pub access_expires_at: Option<EpochMillis>,
    /// When the refresh token ends, if that is known. After that, only a
    /// person can bring new tokens.
    pub refresh_expires_at: Option<EpochMillis>,
    /// When a rotation is due.
    pub rotation_due_at: EpochMillis,
    /// Why a person must log in, where that is so.
    pub login_required: Option<String>,
}

/// What the server says of the access token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Validity {
    /// How long the access token still lives, if the server said.
    pub expires_in: Option<Duration>,
    /// When the access token ends, by the server's clock.
    pub access_expires_at: Option<EpochMillis>,
    /// When the refresh token ends, by the server's clock.
    pub refresh_expires_at: Option<EpochMillis>,
}

/// How a rotation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// New tokens were bought with the refresh token.
    Rotated,
    /// Another process had rotated already; its tokens were taken over.
    Adopted,
}

impl<'a> TokensClient<'a> {
    pub(crate) fn new(xoxoday: &'a Xoxoday) -> Self {
        Self(xoxoday)
    }

    /// What this process knows of the tokens.
    pub fn status(&self) -> Status {
        let rotator = &self.0.transport.rotator;
        let document = rotator.document();
        let rotation_due_at = rotator.policy().due_at(&document);
        let tokens = document.0;
        Status {
            generation: tokens.generation,
            obtained_at: tokens.obtained_at,
            access_expires_at: tokens.access_expires_at,
            refresh_expires_at: tokens.refresh_expires_at,
            rotation_due_at,
            login_required: tokens.latch.map(|latch| latch.why),
        }
    }

    /// Asks the server whether the access token is good. One that is rejected
    /// is rotated, and the new one is validated.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn validate(&self) -> Result<Validity, Error> {
        let operation = Operation::ValidateTokenPoints;
        let reply = self.0.call::<Box<RawValue>>(operation, None::<&()>);
        reply
            .await?
            .read(operation, |answer| Ok(validity(answer.get())))
    }

    /// Buys new tokens now, or takes over those that another process has
    /// bought. The tokens are saved before they are used.
    ///
    /// A caller that goes away, or whose time is up, does not interrupt it: what
    /// comes of it then is told by the [events](Xoxoday::events).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] while the floor between exchanges or a rate
    /// limit stands in the way, with the [wait](Error::wait), and where the
    /// [total timeout](crate::Builder::total_timeout) ends first.
    pub async fn rotate(&self) -> Result<Rotation, Error> {
        const OPERATION: Operation = Operation::RefreshTokenPoints;

        let transport = &self.0.transport;
        let mut span = CallSpan::new(OPERATION, self.0.environment(), None);
        let rotation = transport.rotator.rotate(Reason::Demanded);
        let rotation = self.0.limits.start().wait_for(rotation);
        let rotated = match rotation.instrument(span.span()).await {
            Some(Ok(Success::Rotated)) => Ok(Rotation::Rotated),
            Some(Ok(Success::Adopted | Success::StillFresh)) => Ok(Rotation::Adopted),
            Some(Err(failure)) => Err(Error::of_rotation(failure, transport.clock.now())),
            None => Err(Error::new(
                ErrorKind::Unavailable,
                "the rotation takes longer than this call may: it goes on by itself",
            )),
        };
        let rotated = rotated.map_err(|error| error.during(OPERATION));
        span.ended(&rotated);
        rotated
    }
}

/// What an answer says of the lifetimes, each read for itself: that it came is
/// what makes the token good.
fn validity(answer: &str) -> Validity {
    let members = Members::of(answer);
    let expiry = |name| members.as_ref().and_then(|members| members.read(name));
    Validity {
        expires_in: members.as_ref().and_then(Members::lifetime),
        access_expires_at: expiry("access_token_expiry"),
        refresh_expires_at: expiry("refresh_token_expiry"),
    }
}

impl Status {
    /// How long the access token still lives at a moment, if its end is known.
    pub fn access_lives(&self, now: EpochMillis) -> Option<Duration> {
        self.access_expires_at.map(|end| until(now, end))
    }

    /// How long the refresh token still lives at a moment, if its end is known.
    pub fn refresh_lives(&self, now: EpochMillis) -> Option<Duration> {
        self.refresh_expires_at.map(|end| until(now, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_lifetime_costs_no_more_than_itself() {
        let odd = r#"{"token_type":7,"expires_in":"60","access_token_expiry":"2024-06-10T00:00:00Z","refresh_token_expiry":"7000"}"#;
        let read = validity(odd);
        assert_eq!(read.expires_in, Some(Duration::from_secs(60)));
        assert_eq!(read.access_expires_at, None);
        assert_eq!(read.refresh_expires_at, Some(EpochMillis::new(7000)));
    }
}
