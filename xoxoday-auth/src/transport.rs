//! Sends every call: the facades' and the raw generated client's alike.
//!
//! A call gets its address from the operation table and its bearer here, and
//! nowhere else. When the server rejects the token, the rotation hears which
//! generation was rejected, and the call is replayed once with a newer one: a
//! rejected call did nothing, so that is safe for every operation. Any other
//! answer is handed back as it came.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::Request;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use tracing::Instrument as _;
use url::Url;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::ClientSecret;
use xoxoday_api::types::RefreshTokenRequest;

use crate::answer::Answer;
use crate::classify::Meaning;
use crate::endpoints::Endpoints;
use crate::errand::Errand;
use crate::error::{Error, ErrorKind};
use crate::hide::Secrets;
use crate::letter::Letter;
use crate::limits::Deadline;
use crate::observe::{AttemptOutcome, Observer};
use crate::retry::is_repeatable;
use crate::rotation::Clock;
use crate::rotation::driver::Rotator;
use crate::rotation::protocol::Failure;
use crate::rotation::snapshot::Live;
use crate::trace::RequestSpan;
use crate::users::{Session, Sessions};

/// The authenticated way to Xoxoday.
pub(crate) struct Authenticated {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) rotator: Rotator,
    pub(crate) sessions: Sessions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Observer,
    pub(crate) rotate_on_any_4xx: bool,
    pub(crate) client_secret: ClientSecret,
    /// The longest answer that is read, in bytes.
    pub(crate) answer_limit: usize,
}

/// Which request of which call is being sent.
pub(crate) struct Sending<'a> {
    pub(crate) errand: Errand<'a>,
    pub(crate) request_id: &'a str,
    /// How many requests of the call were begun.
    pub(crate) attempts: &'a AtomicU32,
    /// Those in its body, if there are any.
    pub(crate) secrets: Option<RefreshTokenRequest>,
}

/// An answer, what it means, and why it could not be bettered if it is a token
/// rejection.
pub(crate) struct Delivered {
    pub(crate) answer: Answer,
    pub(crate) meaning: Meaning,
    pub(crate) not_renewed: Option<NoToken>,
}

/// Why there is no token to send.
pub(crate) enum NoToken {
    Failed(Failure),
    /// None could be minted for the user.
    Unminted(Arc<Error>),
    /// None was there in time. What rotates them goes on.
    Late,
}

impl NoToken {
    pub(crate) fn into_error(self, now: EpochMillis) -> Error {
        match self {
            Self::Failed(failure) => Error::of_rotation(failure, now),
            Self::Unminted(why) => Error::of_minting(&why),
            Self::Late => Error::new(
                ErrorKind::Unavailable,
                "no token was live in time: nothing was done",
            ),
        }
    }
}

impl Authenticated {
    pub(crate) fn url(&self, operation: Operation, requested: &str) -> Result<Cow<'_, Url>, Error> {
        self.endpoints
            .url(operation, requested)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, error.to_string()).told(error))
    }

    /// The token for an operation that takes one; waits until it is live, or
    /// says why none can be had.
    pub(crate) async fn token(
        self: &Arc<Self>,
        deadline: Deadline,
        errand: Errand<'_>,
    ) -> Result<Option<Arc<Live>>, NoToken> {
        if !errand.operation.bearer() {
            return Ok(None);
        }
        let at_hand = match errand.session {
            None => self.rotator.at_hand(Arc::clone),
            Some(session) => session.at_hand(self.clock.now(), Arc::clone),
        };
        if let Some(live) = at_hand {
            return Ok(Some(live));
        }
        let live = async {
            match errand.session {
                None => self.rotator.live().await.map_err(NoToken::Failed),
                Some(session) => session.live(self).await,
            }
        };
        deadline
            .wait_for(live)
            .await
            .ok_or(NoToken::Late)?
            .map(Some)
    }

    /// A newer token than the one that was rejected.
    async fn newer(
        self: &Arc<Self>,
        deadline: Deadline,
        session: Option<&Arc<Session>>,
        rejected: u64,
    ) -> Result<Arc<Live>, NoToken> {
        let newer = async {
            match session {
                None => self
                    .rotator
                    .replace(rejected)
                    .await
                    .map_err(NoToken::Failed),
                Some(session) => session.replace(rejected, self).await,
            }
        };
        deadline.wait_for(newer).await.ok_or(NoToken::Late)?
    }

    /// Sends a request with a token, and once more with a newer one if that is
    /// rejected and time is left.
    pub(crate) async fn deliver(
        self: &Arc<Self>,
        deadline: Deadline,
        timeout: Duration,
        sending: &Sending<'_>,
        live: Option<Arc<Live>>,
        letter: &Letter<'_>,
    ) -> reqwest::Result<Delivered> {
        let request = letter.to_request(timeout);
        let first = self.execute(sending, live.as_deref(), request).await?;
        let rejected = |_: &Arc<Live>| self.is_rejection(sending.errand.operation, &first);
        let Some(live) = live.filter(rejected) else {
            return Ok(first);
        };
        // Nothing was done yet, and to give up on waiting does nothing either.
        let newer = self
            .newer(deadline, sending.errand.session, live.generation)
            .await;
        match (newer, deadline.for_a_request()) {
            (Ok(newer), Some(timeout)) => {
                let again = letter.to_request(timeout);
                self.execute(sending, Some(&newer), again).await
            }
            // What the server said itself says more than that no token was had.
            _ if matches!(first.meaning, Meaning::Refused { .. }) => Ok(first),
            // The rejected token is as new as any.
            (Err(NoToken::Failed(Failure::Useless { .. })), _) => Ok(first),
            (newer, _) => Ok(Delivered {
                not_renewed: Some(newer.err().unwrap_or(NoToken::Late)),
                ..first
            }),
        }
    }

    /// Hides what the server may quote: what it was sent, and the secrets of the
    /// account.
    fn hide_secrets(&self, sending: &Sending<'_>, live: Option<&Live>, answer: &mut Answer) {
        let newest = self.rotator.newest();
        // Without an access token nothing is ready to be read but the document.
        let document = newest.is_none().then(|| self.rotator.document());
        let own = live.into_iter().chain(newest.as_deref());
        let own = own.flat_map(Live::secrets);
        let unready = document.iter().map(|it| it.0.refresh.expose());
        let sent = sending.secrets.iter();
        let sent = sent.flat_map(|sent| [sent.refresh_token.expose(), sent.client_secret.expose()]);
        let secrets = [self.client_secret.expose()].into_iter();
        let secrets = secrets.chain(own).chain(unready).chain(sent);
        answer.hide(&Secrets::new(secrets));
    }

    /// Sends one request and reads its answer.
    async fn execute(
        &self,
        sending: &Sending<'_>,
        live: Option<&Live>,
        mut request: Request,
    ) -> reqwest::Result<Delivered> {
        if let Some(live) = live {
            request
                .headers_mut()
                .insert(AUTHORIZATION, live.header.clone());
        }
        if let Ok(id) = HeaderValue::try_from(sending.request_id) {
            request.headers_mut().insert("x-request-id", id);
        }
        let Errand {
            operation, session, ..
        } = sending.errand;
        let attempt = sending.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        let mut span = RequestSpan::new(
            &self.observer,
            self.endpoints.environment(),
            (operation, attempt, sending.request_id.into()),
            live.filter(|_| session.is_none())
                .map(|live| live.generation),
        );
        let exchange = async {
            let response = self.http.execute(request).await?;
            Ok(Answer::read(response, self.answer_limit).await)
        };
        let mut answer = match exchange.instrument(span.span()).await {
            Ok(answer) => answer,
            Err(error) => {
                let outcome = match never_left(&error) {
                    true => AttemptOutcome::NotSent,
                    false => AttemptOutcome::NoAnswer,
                };
                span.ended(None, outcome);
                return Err(error);
            }
        };
        self.hide_secrets(sending, live, &mut answer);
        let meaning = answer.meaning(operation);
        let outcome = match meaning == Meaning::Garbled && !answer.is_whole() {
            true => AttemptOutcome::NoAnswer,
            false => AttemptOutcome::of(&meaning),
        };
        span.ended(Some(answer.status), outcome);
        let delivered = Delivered {
            answer,
            meaning,
            not_renewed: None,
        };
        // A gateway in trouble says nothing of the token.
        let understood = matches!(
            delivered.meaning,
            Meaning::Success | Meaning::Refused { .. }
        );
        if let Some(live) = live
            && understood
            && !self.is_rejection(operation, &delivered)
        {
            match session {
                None => self.rotator.accepted(live.generation),
                Some(session) => session.accepted(live.generation),
            }
        }
        Ok(delivered)
    }

    /// Whether a newer token may help. Xoxoday's codes say that none does. Where
    /// any 4xx counts, the call is made again on a guess: only what does no harm
    /// twice.
    fn is_rejection(&self, operation: Operation, delivered: &Delivered) -> bool {
        let status = delivered.answer.status;
        match &delivered.meaning {
            Meaning::TokenRejected | Meaning::Unauthorized => true,
            Meaning::Refused { code: None, .. } => {
                self.rotate_on_any_4xx && status.is_client_error() && is_repeatable(operation)
            }
            _ => false,
        }
    }
}

/// Whether a request failed before a byte of it was sent.
pub(crate) fn never_left(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_builder()
}
