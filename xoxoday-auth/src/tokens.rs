//! The account's own tokens.

use std::time::Duration;

use tracing::Instrument as _;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;

use crate::client::Xoxoday;
use crate::email::Email;
use crate::errand::Errand;
use crate::error::{Error, ErrorKind};
use crate::members::Members;
use crate::rotation::Document;
use crate::rotation::clock::until;
use crate::rotation::policy::Policy;
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
    /// Since when.
    pub login_required_since: Option<EpochMillis>,
    /// Whether there is an access token, dead or alive. A seed may bring the
    /// refresh token alone.
    pub has_access_token: bool,
    /// When a refresh token was last presented, by any process.
    pub last_attempt_at: Option<EpochMillis>,
    /// An exchange that is under way, or whose answer was lost.
    pub open_attempt: Option<OpenAttempt>,
    /// A rate limit of the exchange, past or present.
    pub braked: Option<Braked>,
}

/// A refresh token that was presented, and nobody knows yet what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenAttempt {
    /// When the last presentation began.
    pub started_at: EpochMillis,
    /// Until then it may still be under way, and nobody else presents the token.
    pub lease_until: EpochMillis,
    /// How often the token was presented.
    pub presentations: u32,
}

/// No exchange before a moment, by any process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Braked {
    /// That moment.
    pub until: EpochMillis,
    /// The reason.
    pub why: String,
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
    /// It was not due.
    StillFresh,
}

impl<'a> TokensClient<'a> {
    pub(crate) fn new(xoxoday: &'a Xoxoday) -> Self {
        Self(xoxoday)
    }

    /// What this process knows of the tokens.
    pub fn status(&self) -> Status {
        let rotator = &self.0.transport.rotator;
        Status::of(&rotator.document(), rotator.policy())
    }

    /// Asks the server whether the access token is good. One that is rejected
    /// is rotated, and the new one is validated.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn validate(&self) -> Result<Validity, Error> {
        validate(self.0, None).await
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
        Ok(match self.rotate_because(Reason::Demanded).await? {
            Success::Rotated => Rotation::Rotated,
            Success::Adopted | Success::StillFresh => Rotation::Adopted,
        })
    }

    /// Buys new tokens if that is due, as a call would that comes by, and waits
    /// for the end of it: for programs that start now and then to see to the
    /// tokens. See [`Builder::rotation_at_most`](crate::Builder::rotation_at_most).
    ///
    /// # Errors
    ///
    /// Those of [`rotate`](Self::rotate).
    pub async fn rotate_if_due(&self) -> Result<Rotation, Error> {
        Ok(match self.rotate_because(Reason::Due).await? {
            Success::Rotated => Rotation::Rotated,
            Success::Adopted => Rotation::Adopted,
            Success::StillFresh => Rotation::StillFresh,
        })
    }

    async fn rotate_because(&self, reason: Reason) -> Result<Success, Error> {
        const OPERATION: Operation = Operation::RefreshTokenPoints;

        let transport = &self.0.transport;
        let mut span = CallSpan::new(OPERATION, self.0.environment(), None);
        let rotation = transport.rotator.rotate(reason);
        let rotation = self.0.limits.start().wait_for(rotation);
        let rotated = match rotation.instrument(span.span()).await {
            Some(Ok(success)) => Ok(success),
            Some(Err(failure)) => Err(Error::of_rotation(failure, transport.clock.now())),
            None => Err(Error::new(
                ErrorKind::Unavailable,
                "the rotation takes longer than this call may: it goes on by itself",
            )),
        };
        let rotated = rotated.map_err(|error| {
            let error = error.during(OPERATION);
            match transport.rotator.attempt() {
                Some(attempt) => error.with_request_id(&attempt),
                None => error,
            }
        });
        span.ended(&rotated);
        rotated
    }
}

/// Asks the server whether a token is good: a user's, or the account's own.
pub(crate) async fn validate(xoxoday: &Xoxoday, user: Option<&Email>) -> Result<Validity, Error> {
    const OPERATION: Operation = Operation::ValidateTokenPoints;

    let reply = xoxoday.call(user, Errand::of(OPERATION), None::<&()>);
    reply.await?.read(OPERATION, |answer| Ok(validity(answer)))
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
    pub(crate) fn of(document: &Document, policy: &Policy) -> Self {
        let tokens = &document.0;
        let open_attempt = tokens.intent.as_ref().map(|intent| OpenAttempt {
            started_at: intent.started_at,
            lease_until: intent.lease_until,
            presentations: intent.presentations,
        });
        let braked = tokens.brake.as_ref().map(|brake| Braked {
            until: brake.until,
            why: brake.why.clone(),
        });
        let latch = tokens.latch.as_ref();
        Self {
            generation: tokens.generation,
            obtained_at: tokens.obtained_at,
            access_expires_at: tokens.access_expires_at,
            refresh_expires_at: tokens.refresh_expires_at,
            rotation_due_at: policy.due_at(document),
            login_required: latch.map(|latch| latch.why.clone()),
            login_required_since: latch.map(|latch| latch.since),
            has_access_token: tokens.access.is_some(),
            last_attempt_at: tokens.attempted_at,
            open_attempt,
            braked,
        }
    }

    /// How long the access token still lives at a moment, if its end is known.
    pub fn access_lives(&self, now: EpochMillis) -> Option<Duration> {
        self.access_expires_at.map(|end| until(now, end))
    }

    /// How long the refresh token still lives at a moment, if its end is known.
    pub fn refresh_lives(&self, now: EpochMillis) -> Option<Duration> {
        self.refresh_expires_at.map(|end| until(now, end))
    }

    /// Whether the refresh token itself ends within two weeks, or has lived
    /// most of a shorter life.
    pub fn refresh_token_ends_soon(&self, now: EpochMillis) -> bool {
        const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);
        self.refresh_expires_at.is_some_and(|end| {
            let lifetime = until(self.obtained_at, end);
            until(now, end) <= SOON.min(lifetime / 3)
        })
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
