//! Sends every call: the facades' and the raw generated client's alike.
//!
//! A call gets its address from the operation table and its bearer here, and
//! nowhere else. When the server rejects the token, the rotation hears which
//! generation was rejected, and the call is replayed once with a newer one: a
//! rejected call did nothing, so that is safe for every operation. Any other
//! answer is handed back as it came.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Request, Response, ResponseBuilderExt as _, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;
use xoxoday_api::Operation;
use xoxoday_api::transport::{BoxFuture, Transport};

use crate::classify::{Meaning, classify};
use crate::endpoints::Endpoints;
use crate::error::{Error, ErrorKind};
use crate::rotation::Clock;
use crate::rotation::driver::Rotator;
use crate::rotation::machine::Failure;
use crate::rotation::snapshot::Live;

/// The authenticated way to Xoxoday.
#[derive(Debug)]
pub(crate) struct Authenticated {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) rotator: Rotator,
    pub(crate) clock: Arc<dyn Clock>,
}

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    headers: HeaderMap,
    version: http::Version,
    url: Url,
}

/// An answer, and why it could not be bettered if it is a token rejection.
struct Delivered {
    answer: Answer,
    not_renewed: Option<Failure>,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> reqwest::Result<Self> {
        Ok(Self {
            status: response.status(),
            headers: response.headers().clone(),
            version: response.version(),
            url: response.url().clone(),
            body: response.bytes().await?,
        })
    }

    /// The answer as if nobody had looked at it.
    fn unread(self) -> Response {
        let mut response = http::Response::builder().url(self.url).body(self.body);
        if let Ok(response) = &mut response {
            *response.status_mut() = self.status;
            *response.headers_mut() = self.headers;
            *response.version_mut() = self.version;
        }
        // A builder that was given nothing but a URL has nothing to refuse.
        response.unwrap_or_default().into()
    }
}

impl Authenticated {
    /// Makes a call of a facade and decodes its answer.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        operation: Operation,
        body: Option<&impl Serialize>,
    ) -> Result<T, Error> {
        self.call_undescribed(operation, body)
            .await
            .map_err(|error| error.during(operation))
    }

    async fn call_undescribed<T: DeserializeOwned>(
        &self,
        operation: Operation,
        body: Option<&impl Serialize>,
    ) -> Result<T, Error> {
        let url = self.url(operation, operation.path())?;
        let mut request = self.http.request(operation.method(), url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let request = request.build().map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the request could not be built").caused_by(error)
        })?;
        let live = self.token(operation).await?;
        let Delivered {
            answer,
            not_renewed,
        } = self
            .deliver(live, request)
            .await
            .map_err(|error| undelivered(operation, error))?;
        match not_renewed {
            Some(failure) => Err(Error::of_rotation(failure, self.clock.now())),
            None => decode(operation, &answer),
        }
    }

    fn url(&self, operation: Operation, requested: &str) -> Result<Url, Error> {
        self.endpoints.url(operation, requested).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, error.to_string()).caused_by(error)
        })
    }

    /// The token for an operation that takes one; waits until it is live, or
    /// says why none can be had.
    async fn token(&self, operation: Operation) -> Result<Option<Arc<Live>>, Error> {
        if !operation.bearer() {
            return Ok(None);
        }
        let live = self.rotator.live().await;
        live.map(Some)
            .map_err(|failure| Error::of_rotation(failure, self.clock.now()))
    }

    async fn deliver(
        &self,
        live: Option<Arc<Live>>,
        mut request: Request,
    ) -> reqwest::Result<Delivered> {
        request.headers_mut().remove(AUTHORIZATION);
        let Some(live) = live else {
            return self.execute(request).await;
        };
        let spare = request.try_clone();
        request
            .headers_mut()
            .insert(AUTHORIZATION, live.header.clone());
        let first = self.execute(request).await?;
        let rejected = matches!(
            classify(first.answer.status, &first.answer.body),
            Meaning::TokenRejected | Meaning::Unauthorized
        );
        let (true, Some(mut again)) = (rejected, spare) else {
            return Ok(first);
        };
        match self.rotator.replace(live.generation).await {
            Ok(newer) => {
                again
                    .headers_mut()
                    .insert(AUTHORIZATION, newer.header.clone());
                self.execute(again).await
            }
            Err(failure) => Ok(Delivered {
                not_renewed: Some(failure),
                ..first
            }),
        }
    }

    async fn execute(&self, request: Request) -> reqwest::Result<Delivered> {
        Ok(Delivered {
            answer: Answer::read(self.http.execute(request).await?).await?,
            not_renewed: None,
        })
    }
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
            let delivered = self.deliver(live, request).await?;
            Ok(delivered.answer.unread())
        })
    }
}

/// Whether doing it twice is not the same as doing it once.
fn moves_points(operation: Operation) -> bool {
    matches!(operation, Operation::SendPoints | Operation::CancelPoints)
}

/// No answer came. If the request may have arrived, points may have moved.
fn undelivered(operation: Operation, error: reqwest::Error) -> Error {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        Error::new(ErrorKind::Unavailable, "no connection: nothing was sent")
    } else if moves_points(operation) {
        outcome_unknown("no answer came")
    } else {
        Error::new(ErrorKind::Unavailable, "no answer came")
    }
    .caused_by(error)
}

fn outcome_unknown(what: &str) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        format!("{what}, so the points may have moved or not: look before this is repeated"),
    )
}

fn decode<T: DeserializeOwned>(operation: Operation, answer: &Answer) -> Result<T, Error> {
    let failed_at_work = moves_points(operation) && answer.status.is_server_error();
    match classify(answer.status, &answer.body) {
        Meaning::Success => serde_json::from_slice(&answer.body).map_err(|error| {
            // serde's own sentence may quote the value it stumbled over.
            let what = format!(
                "the answer is not what Xoxoday documents (line {}, column {})",
                error.line(),
                error.column()
            );
            if moves_points(operation) {
                outcome_unknown(&what)
            } else {
                Error::new(ErrorKind::Unexpected, what)
            }
        }),
        Meaning::TokenRejected | Meaning::Unauthorized => Err(Error::new(
            ErrorKind::LoginRequired,
            "the token is rejected even after a rotation: take new tokens from the dashboard",
        )),
        Meaning::RateLimited(wait) => Err(Error::new(
            ErrorKind::Unavailable,
            format!("too many requests: wait {} s", wait.as_secs()),
        )
        .retry_after(wait)),
        Meaning::Refused { .. } | Meaning::ServerTrouble if failed_at_work => {
            Err(outcome_unknown("the server failed while it worked on this"))
        }
        Meaning::Refused { code, message } => {
            Err(Error::new(ErrorKind::Refused, message).with_code(code))
        }
        Meaning::ServerTrouble => Err(Error::new(
            ErrorKind::Unavailable,
            "the server, or a gateway before it, is in trouble",
        )),
    }
    .map_err(|error| error.with_status(answer.status))
}
