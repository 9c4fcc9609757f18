//! A facade's call: one request, or several where repeating does no harm,
//! within one time limit.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::StatusCode;
use serde::Serialize;
use tracing::Instrument as _;
use xoxoday_api::Operation;

use crate::answer::{Answer, End};
use crate::classify::Meaning;
use crate::codes::turns_away;
use crate::errand::Errand;
use crate::error::{Error, ErrorKind};
use crate::letter::Letter;
use crate::limits::{Deadline, Limits};
use crate::members::{Members, lossy};
use crate::random;
use crate::retry::moves_points;
use crate::trace::CallSpan;
use crate::transport::{Authenticated, Delivered, NoToken, Sending, never_left};

/// What a call brought.
pub(crate) struct Reply {
    /// One JSON object.
    body: Bytes,
    pub(crate) request_id: String,
    /// Whether an earlier attempt may have been done without an answer.
    pub(crate) may_have_been_done_before: bool,
    /// Open until the answer is understood.
    span: CallSpan,
}

impl Reply {
    /// Makes something of the answer; what fails names operation and request.
    pub(crate) fn read<T>(
        self,
        operation: Operation,
        read: impl FnOnce(&str) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Self {
            body,
            request_id,
            may_have_been_done_before,
            mut span,
        } = self;
        let read = read(&lossy(&body)).map_err(|error| {
            last_error(error, may_have_been_done_before)
                .during(operation)
                .with_request_id(&request_id)
        });
        span.ended(&read);
        read
    }
}

/// Why an attempt brought nothing.
enum Failed {
    /// The request brought nothing. Another one may.
    Sent(Error),
    /// There is no token, or no time, to send one with. To try again would
    /// start another rotation.
    Unsent(Error),
}

impl Authenticated {
    /// Makes a call.
    pub(crate) async fn call(
        self: &Arc<Self>,
        limits: &Limits,
        errand: Errand<'_>,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, Error> {
        let operation = errand.operation;
        let request_id = match errand.request_id {
            Some(known) => known.to_owned(),
            None => random::request_id(),
        };
        let environment = self.endpoints.environment();
        let mut span = CallSpan::new(operation, environment, Some(&request_id));
        let sending = Sending {
            errand,
            request_id: &request_id,
            attempts: &span.attempts,
            secrets: None,
        };
        let (made, may_have_been_done_before) = match self.letter(operation, body) {
            Ok(letter) => {
                let attempts = self.attempts(limits, &sending, &letter);
                attempts.instrument(span.span()).await
            }
            Err(error) => (Err(error), false),
        };
        let made = made.map_err(|error| {
            last_error(error, may_have_been_done_before)
                .during(operation)
                .with_request_id(&request_id)
        });
        span.ended(&made);
        Ok(Reply {
            body: made?,
            request_id,
            may_have_been_done_before,
            span,
        })
    }

    /// What the last attempt brought, and whether an earlier one may have been
    /// done without an answer.
    async fn attempts(
        self: &Arc<Self>,
        limits: &Limits,
        sending: &Sending<'_>,
        letter: &Letter<'_>,
    ) -> (Result<Bytes, Error>, bool) {
        let deadline = limits.start();
        let mut tries = 0;
        let mut may_have_been_done_before = false;
        loop {
            tries += 1;
            let error = match self.attempt(deadline, sending, letter).await {
                Ok(body) => return (Ok(body), may_have_been_done_before),
                Err(Failed::Unsent(error)) => return (Err(error), may_have_been_done_before),
                Err(Failed::Sent(error)) => error,
            };
            // Who points elsewhere, or turns away, does so the next time too.
            let lasts = |status: StatusCode| status.is_redirection() || status.is_client_error();
            let may_pass = !error.status().is_some_and(lasts);
            let worth_it = error.is_retryable() || error.is_outcome_unknown() && may_pass;
            let wait = limits.retry.wait(tries, error.wait(), random::number());
            match wait.filter(|wait| *wait < deadline.left()) {
                Some(wait) if worth_it && sending.errand.is_repeatable => {
                    may_have_been_done_before |= error.is_outcome_unknown();
                    tokio::time::sleep(wait).await;
                }
                _ => return (Err(error), may_have_been_done_before),
            }
        }
    }

    fn letter(
        &self,
        operation: Operation,
        body: Option<&impl Serialize>,
    ) -> Result<Letter<'_>, Error> {
        let url = self.url(operation, operation.path())?;
        Letter::new(operation.method(), url, body).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the request could not be built").told(error)
        })
    }

    async fn attempt(
        self: &Arc<Self>,
        deadline: Deadline,
        sending: &Sending<'_>,
        letter: &Letter<'_>,
    ) -> Result<Bytes, Failed> {
        let errand = sending.errand;
        let no_token = |why: NoToken| Failed::Unsent(why.into_error(self.clock.now()));
        let live = self.token(deadline, errand).await.map_err(no_token)?;
        let Some(timeout) = deadline.for_a_request() else {
            return Err(no_token(NoToken::Late));
        };
        let delivered = self.deliver(deadline, timeout, sending, live, letter).await;
        let Delivered {
            answer,
            meaning,
            not_renewed,
        } = delivered.map_err(|error| Failed::Sent(undelivered(errand, error)))?;
        match not_renewed {
            Some(why) => Err(no_token(why)),
            None => {
                let status = answer.status;
                success(errand, answer, meaning)
                    .map_err(|error| Failed::Sent(error.with_status(status)))
            }
        }
    }
}

/// The error that a call ends with. What failed last says nothing of an earlier
/// attempt that may have been done.
fn last_error(error: Error, may_have_been_done_before: bool) -> Error {
    match may_have_been_done_before && !error.is_outcome_unknown() {
        true => outcome_unknown("an earlier attempt had no answer and the last one failed")
            .instead_of(error),
        false => error,
    }
}

/// No answer came. If the request may have arrived, points may have moved.
fn undelivered(errand: Errand<'_>, error: reqwest::Error) -> Error {
    let outcome = match never_left(&error) {
        true => Error::new(ErrorKind::Unavailable, "no connection: nothing was sent"),
        false => unanswered(errand),
    };
    outcome.caused_by(error.without_url())
}

fn unanswered(errand: Errand<'_>) -> Error {
    senseless(errand, ErrorKind::Unavailable, "no answer came")
}

/// An answer that tells nothing. Where points move or tokens are made, that
/// leaves it open whether they did or were.
fn senseless(errand: Errand<'_>, kind: ErrorKind, what: &str) -> Error {
    match errand.operation {
        operation if moves_points(operation) => outcome_unknown(what),
        Operation::CreateUserToken if !errand.is_repeatable => Error::new(
            ErrorKind::OutcomeUnknown,
            format!("{what}, so the user may have new tokens that nobody holds"),
        ),
        _ => Error::new(kind, what),
    }
}

fn outcome_unknown(what: &str) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        format!("{what}, so the points may have moved or not: look before this is repeated"),
    )
}

/// The body of a success, which is one JSON object.
fn success(errand: Errand<'_>, answer: Answer, meaning: Meaning) -> Result<Bytes, Error> {
    const UNDOCUMENTED: &str = "the answer is not what Xoxoday documents";

    let operation = errand.operation;
    let unexpected = |what: &str| senseless(errand, ErrorKind::Unexpected, what);
    Err(match meaning {
        Meaning::Success => match operation {
            // The answers of the token operations hold tokens rightly. What was
            // understood is the answer without them.
            Operation::ValidateTokenPoints | Operation::CreateUserToken => {
                match answer.into_bytes() {
                    body if Members::of(&lossy(&body)).is_some() => return Ok(body),
                    _ => unexpected(UNDOCUMENTED),
                }
            }
            _ => return Ok(answer.into_clean()),
        },
        Meaning::Garbled => match answer.end {
            End::Whole => unexpected(UNDOCUMENTED),
            End::TooLong => unexpected("the answer is longer than this client reads"),
            End::Cut(error) => unanswered(errand).caused_by(error.without_url()),
        },
        // No login helps here: the account's own token is good.
        Meaning::TokenRejected if errand.session.is_some() => Error::new(
            ErrorKind::Refused,
            "the user's token is rejected, even one that was only just minted: ask Xoxoday what is wrong with this user",
        ),
        Meaning::TokenRejected => Error::new(
            ErrorKind::LoginRequired,
            "the token is rejected even after a rotation: take new tokens from the dashboard",
        ),
        Meaning::Unauthorized => Error::new(
            ErrorKind::Refused,
            "unauthorized without a reason, and a newer token does not help",
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
            let what = "the server, or a gateway before it, is in trouble";
            let error = senseless(errand, ErrorKind::Unavailable, what);
            match wait {
                Some(wait) => error.retry_after(wait),
                None => error,
            }
        }
    })
}

#[cfg(test)]
mod properties;
