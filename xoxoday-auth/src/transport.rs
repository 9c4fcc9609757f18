//! Sends every call: the facades' and the raw generated client's alike.
//!
//! A call gets its address from the operation table and its bearer here, and
//! nowhere else. When the server rejects the token, the rotation hears which
//! generation was rejected, and the call is replayed once with a newer one: a
//! rejected call did nothing, so that is safe for every operation. Any other
//! answer is handed back as it came.
//!
//! Each request is reported to the user's observer, and to `tracing` as a span
//! `xoxoday.request` with the fields `operation`, `environment`, `request_id`,
//! `attempt`, `generation`, `status`, `duration_ms` and `outcome`.

use std::sync::Arc;
use std::time::Instant;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Request, Response};
use tracing::Instrument as _;
use tracing::field::Empty;
use url::Url;
use xoxoday_api::Operation;
use xoxoday_api::secret::{AccessToken, ClientSecret};
use xoxoday_api::transport::{BoxFuture, Transport};

use crate::answer::Answer;
use crate::classify::Meaning;
use crate::endpoints::Endpoints;
use crate::error::{Error, ErrorKind};
use crate::observe::{Attempt, AttemptOutcome, Observer};
use crate::random;
use crate::rotation::Clock;
use crate::rotation::driver::Rotator;
use crate::rotation::protocol::Failure;
use crate::rotation::snapshot::Live;

/// The authenticated way to Xoxoday.
#[derive(Debug)]
pub(crate) struct Authenticated {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) rotator: Rotator,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Observer,
    pub(crate) client_secret: ClientSecret,
    /// The longest answer that is read, in bytes.
    pub(crate) answer_limit: usize,
}

/// Which request of which call is being sent.
pub(crate) struct Sending<'a> {
    pub(crate) operation: Operation,
    pub(crate) request_id: &'a str,
    pub(crate) attempt: u32,
}

/// An answer, what it means, and why it could not be bettered if it is a token
/// rejection.
pub(crate) struct Delivered {
    pub(crate) answer: Answer,
    pub(crate) meaning: Meaning,
    pub(crate) not_renewed: Option<Failure>,
}

impl Authenticated {
    pub(crate) fn url(&self, operation: Operation, requested: &str) -> Result<Url, Error> {
        self.endpoints.url(operation, requested).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, error.to_string()).caused_by(error)
        })
    }

    /// The token for an operation that takes one; waits until it is live, or
    /// says why none can be had.
    pub(crate) async fn token(&self, operation: Operation) -> Result<Option<Arc<Live>>, Error> {
        if !operation.bearer() {
            return Ok(None);
        }
        let live = self.rotator.live().await;
        live.map(Some)
            .map_err(|failure| Error::of_rotation(failure, self.clock.now()))
    }

    /// Sends a request with a token, and once more with a newer one if that is
    /// rejected.
    pub(crate) async fn deliver(
        &self,
        sending: &mut Sending<'_>,
        live: Option<Arc<Live>>,
        mut request: Request,
    ) -> reqwest::Result<Delivered> {
        request.headers_mut().remove(AUTHORIZATION);
        let Some(live) = live else {
            return self.execute(sending, None, request).await;
        };
        let spare = request.try_clone();
        let first = self.execute(sending, Some(&live), request).await?;
        let rejected = matches!(
            first.meaning,
            Meaning::TokenRejected | Meaning::Unauthorized
        );
        let (true, Some(again)) = (rejected, spare) else {
            return Ok(first);
        };
        match self.rotator.replace(live.generation).await {
            Ok(newer) => {
                sending.attempt += 1;
                self.execute(sending, Some(&newer), again).await
            }
            Err(failure) => Ok(Delivered {
                not_renewed: Some(failure),
                ..first
            }),
        }
    }

    /// Hides what the server may quote: the token it was sent, and the secrets
    /// of the account.
    fn hide_secrets(&self, live: Option<&Live>, answer: &mut Answer) {
        let bearer = live.and_then(|live| live.header.to_str().ok());
        let sent = bearer.and_then(|bearer| bearer.strip_prefix("Bearer "));
        let tokens = self.rotator.document().0;
        let access = tokens.access.as_ref().map(AccessToken::expose);
        answer.hide(&[
            sent.unwrap_or_default(),
            access.unwrap_or_default(),
            tokens.refresh.expose(),
            self.client_secret.expose(),
        ]);
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
        let span = tracing::info_span!(
            "xoxoday.request",
            operation = sending.operation.id(),
            environment = %self.endpoints.environment(),
            request_id = sending.request_id,
            attempt = sending.attempt,
            generation = live.map(|live| live.generation),
            status = Empty,
            duration_ms = Empty,
            outcome = Empty,
        );
        let started = Instant::now();
        let exchange = async {
            let response = self.http.execute(request).await?;
            Ok(Answer::read(response, self.answer_limit).await)
        };
        let delivered = exchange.instrument(span.clone()).await.map(|mut answer| {
            self.hide_secrets(live, &mut answer);
            let meaning = answer.meaning(sending.operation);
            Delivered {
                answer,
                meaning,
                not_renewed: None,
            }
        });
        let attempt = Attempt {
            operation: sending.operation,
            attempt: sending.attempt,
            request_id: sending.request_id,
            generation: live.map(|live| live.generation),
            status: delivered.as_ref().ok().map(|it| it.answer.status),
            duration: started.elapsed(),
            outcome: match &delivered {
                Ok(Delivered {
                    answer, meaning, ..
                }) if *meaning == Meaning::Garbled && !answer.is_whole() => {
                    AttemptOutcome::NoAnswer
                }
                Ok(delivered) => AttemptOutcome::of(&delivered.meaning),
                Err(error) if never_left(error) => AttemptOutcome::NotSent,
                Err(_) => AttemptOutcome::NoAnswer,
            },
        };
        span.record("status", attempt.status.map(|status| status.as_u16()));
        span.record("duration_ms", attempt.duration.as_millis() as u64);
        span.record("outcome", attempt.outcome.as_str());
        self.observer.tell(&attempt);
        delivered
    }
}

/// Whether a request failed before a byte of it was sent.
pub(crate) fn never_left(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_builder()
}

impl Transport for Authenticated {
    fn prepare<'a>(
        &'a self,
        operation: Operation,
        request: &'a mut Request,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let ready = async {
                let mut url = self.url(operation, request.url().path())?;
                if let Some(query) = request.url().query() {
                    url.set_query(Some(query));
                }
                *request.url_mut() = url;
                // progenitor adds the document's version to every request;
                // Xoxoday documents no such header.
                request.headers_mut().remove("api-version");
                self.token(operation).await.map(drop)
            };
            ready
                .await
                .map_err(|error: Error| error.during(operation).to_string())
        })
    }

    fn send(
        &self,
        operation: Operation,
        request: Request,
    ) -> BoxFuture<'_, reqwest::Result<Response>> {
        Box::pin(async move {
            // `prepare` has waited until there was one.
            let live = operation.bearer().then(|| self.rotator.newest()).flatten();
            let mut sending = Sending {
                operation,
                request_id: &random::request_id(),
                attempt: 1,
            };
            let delivered = self.deliver(&mut sending, live, request).await?;
            delivered.answer.unread(operation)
        })
    }
}
