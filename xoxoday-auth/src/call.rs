//! A facade's call: one request, or several where repeating does no harm,
//! within one time limit.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Request, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use xoxoday_api::Operation;

use crate::answer::{Answer, End};
use crate::classify::Meaning;
use crate::codes::turns_away;
use crate::error::{Error, ErrorKind};
use crate::random;
use crate::retry::{Retry, is_repeatable, moves_points};
use crate::rotation::snapshot::Live;
use crate::transport::{Authenticated, Delivered, Sending, never_left};

/// How long a call may take, and how often it is tried.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// For one request, from its first byte to its answer's last one.
    pub(crate) request: Duration,
    /// For the whole call: waiting for a token, requests, and waits between them.
    pub(crate) total: Duration,
    pub(crate) retry: Retry,
}

/// A time limit that no clock overflows under.
const FOR_EVER: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            total: Duration::from_secs(60),
            retry: Retry::default(),
        }
    }
}

/// What a call brought.
pub(crate) struct Reply<T> {
    pub(crate) value: T,
    pub(crate) request_id: String,
    /// Whether an earlier attempt may have been done without an answer.
    pub(crate) may_have_been_done_before: bool,
}

impl<T> Reply<T> {
    /// Makes something of the value; what fails names operation and request.
    pub(crate) fn read<U>(
        self,
        operation: Operation,
        read: impl FnOnce(T) -> Result<U, Error>,
    ) -> Result<U, Error> {
        read(self.value).map_err(|error| error.during(operation).with_request_id(&self.request_id))
    }
}

impl Authenticated {
    /// Makes a call and decodes its answer.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        limits: &Limits,
        operation: Operation,
        body: Option<&impl Serialize>,
    ) -> Result<Reply<T>, Error> {
        let request_id = random::request_id();
        let describe = |error: Error| error.during(operation).with_request_id(&request_id);
        let request = self.request(operation, body).map_err(describe)?;
        let mut sending = Sending {
            operation,
            request_id: &request_id,
            attempt: 0,
        };
        let end = Instant::now() + limits.total.min(FOR_EVER);
        let mut tries = 0;
        let mut may_have_been_done_before = false;
        loop {
            tries += 1;
            let Some(request) = request.try_clone() else {
                let message = "the request could not be copied";
                return Err(describe(Error::new(ErrorKind::Unexpected, message)));
            };
            let error = match self.attempt(limits, end, &mut sending, request).await {
                Ok(value) => {
                    return Ok(Reply {
                        value,
                        request_id,
                        may_have_been_done_before,
                    });
                }
                Err(error) => error,
            };
            // Who points elsewhere, or turns away, does so the next time too.
            let lasts = |status: StatusCode| status.is_redirection() || status.is_client_error();
            let may_pass = !error.status().is_some_and(lasts);
            let worth_it = error.is_retryable() || error.is_outcome_unknown() && may_pass;
            let wait = limits.retry.wait(tries, error.wait(), random::number());
            match wait.filter(|wait| *wait < end.saturating_duration_since(Instant::now())) {
                Some(wait) if worth_it && is_repeatable(operation) => {
                    may_have_been_done_before |= error.is_outcome_unknown();
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(describe(error)),
            }
        }
    }

    fn request(
        &self,
        operation: Operation,
        body: Option<&impl Serialize>,
    ) -> Result<Request, Error> {
        let url = self.url(operation, operation.path())?;
        let mut request = self.http.request(operation.method(), url);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.build().map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the request could not be built").caused_by(error)
        })
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        limits: &Limits,
        end: Instant,
        sending: &mut Sending<'_>,
        mut request: Request,
    ) -> Result<T, Error> {
        let operation = sending.operation;
        let live = self.token_before(end, operation).await?;
        let left = end.saturating_duration_since(Instant::now());
        *request.timeout_mut() = Some(limits.request.min(left));
        sending.attempt += 1;
        let delivery = self.deliver(sending, live, request);
        let Delivered {
            answer,
            meaning,
            not_renewed,
        } = match tokio::time::timeout_at(end, delivery).await {
            Ok(delivered) => delivered.map_err(|error| undelivered(operation, error))?,
            Err(_) => return Err(unanswered(operation)),
        };
        match not_renewed {
            Some(failure) => Err(Error::of_rotation(failure, self.clock.now())),
            None => {
                let status = answer.status;
                decode(operation, answer, meaning).map_err(|error| error.with_status(status))
            }
        }
    }

    async fn token_before(
        &self,
        end: Instant,
        operation: Operation,
    ) -> Result<Option<Arc<Live>>, Error> {
        match tokio::time::timeout_at(end, self.token(operation)).await {
            Ok(token) => token,
            Err(_) => Err(Error::new(
                ErrorKind::Unavailable,
                "no token was live in time: nothing was sent",
            )),
        }
    }
}

/// No answer came. If the request may have arrived, points may have moved.
fn undelivered(operation: Operation, error: reqwest::Error) -> Error {
    let outcome = match never_left(&error) {
        true => Error::new(ErrorKind::Unavailable, "no connection: nothing was sent"),
        false => unanswered(operation),
    };
    outcome.caused_by(error.without_url())
}

fn unanswered(operation: Operation) -> Error {
    senseless(operation, ErrorKind::Unavailable, "no answer came")
}

/// An answer that tells nothing. Where points move, that leaves it open whether
/// they did.
fn senseless(operation: Operation, kind: ErrorKind, what: &str) -> Error {
    match moves_points(operation) {
        true => outcome_unknown(what),
        false => Error::new(kind, what),
    }
}

fn outcome_unknown(what: &str) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        format!("{what}, so the points may have moved or not: look before this is repeated"),
    )
}

fn decode<T: DeserializeOwned>(
    operation: Operation,
    answer: Answer,
    meaning: Meaning,
) -> Result<T, Error> {
    const UNDOCUMENTED: &str = "the answer is not what Xoxoday documents";

    let unexpected = |what: &str| senseless(operation, ErrorKind::Unexpected, what);
    Err(match meaning {
        Meaning::Success => {
            // The answers of the token operations hold tokens rightly.
            let body = match operation {
                Operation::ValidateTokenPoints | Operation::CreateUserToken => answer.bytes(),
                _ => answer.clean(),
            };
            // A letter that is no Unicode costs no more than itself.
            let text = String::from_utf8_lossy(body);
            return serde_json::from_str(&text).map_err(|error| {
                // serde's own sentence may quote the value it stumbled over.
                let (line, column) = (error.line(), error.column());
                unexpected(&format!("{UNDOCUMENTED} (line {line}, column {column})"))
            });
        }
        Meaning::Garbled => match answer.end {
            End::Whole => unexpected(UNDOCUMENTED),
            End::TooLong => unexpected("the answer is longer than this client reads"),
            End::Cut(error) => unanswered(operation).caused_by(error.without_url()),
        },
        Meaning::TokenRejected | Meaning::Unauthorized => Error::new(
            ErrorKind::LoginRequired,
            "the token is rejected even after a rotation: take new tokens from the dashboard",
        ),
        Meaning::RateLimited(wait) => {
            let message = format!("too many requests: wait {} s", wait.as_secs());
            Error::new(ErrorKind::Unavailable, message).retry_after(wait)
        }
        Meaning::Refused { code, message } => {
            let turned_away = code.as_deref().is_some_and(turns_away)
                || answer.status.is_success()
                || answer.status.is_client_error();
            let error = match moves_points(operation) && !turned_away {
                true => outcome_unknown(&format!(
                    "the server failed while it worked on this ({message})"
                )),
                false => Error::new(ErrorKind::Refused, message),
            };
            error.with_code(code)
        }
        Meaning::ServerTrouble(wait) => {
            let error = match moves_points(operation) {
                true => outcome_unknown("the server failed while it worked on this"),
                false => Error::new(
                    ErrorKind::Unavailable,
                    "the server, or a gateway before it, is in trouble",
                ),
            };
            match wait {
                Some(wait) => error.retry_after(wait),
                None => error,
            }
        }
    })
}

#[cfg(test)]
mod properties;
