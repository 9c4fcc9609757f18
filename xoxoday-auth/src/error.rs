//! One error type, shaped by what the caller must do.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;

use crate::rotation::machine::Failure;
use crate::store::{StoreError, StoreErrorKind};

/// Why a call did not succeed, and what to do about it.
///
/// Safe to print and to log: it holds no secret.
pub struct Error(Box<Details>);

struct Details {
    kind: ErrorKind,
    message: String,
    operation: Option<Operation>,
    status: Option<StatusCode>,
    code: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What the caller must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Give other input, or mend what the message names. The call was not sent.
    InvalidInput,
    /// Try again later.
    Unavailable,
    /// A person must take new tokens from the dashboard.
    LoginRequired,
    /// Xoxoday understood and refused: read the message, or ask Xoxoday with
    /// the [`code`](Error::code).
    Refused,
    /// The points may have been sent or not. Look before anything is repeated.
    OutcomeUnknown,
    /// The answer made no sense. Report it.
    Unexpected,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            operation: None,
            status: None,
            code: None,
            retry_after: None,
            source: None,
        }))
    }

    /// Wrong input, with the error that says what is wrong with it.
    pub(crate) fn input(
        what: impl fmt::Display,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::new(ErrorKind::InvalidInput, format!("{what}: {source}")).caused_by(source)
    }

    pub(crate) fn during(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.0.code = code;
        self
    }

    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub(crate) fn caused_by(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    pub(crate) fn of_rotation(failure: Failure, now: EpochMillis) -> Self {
        match failure {
            Failure::LoginRequired { why } => Self::new(
                ErrorKind::LoginRequired,
                format!(
                    "{why}: take new tokens from the Xoxoday dashboard and give them as \
                     XOXODAY_REFRESH_TOKEN (or as the builder's seed)"
                ),
            ),
            Failure::Braked { until, why } => {
                let wait = crate::rotation::clock::until(now, until);
                Self::new(
                    ErrorKind::Unavailable,
                    format!(
                        "no new token yet: {why}; the next exchange may come in {} s",
                        wait.as_secs()
                    ),
                )
                .retry_after(wait)
            }
            Failure::Denied { why } => Self::new(ErrorKind::Refused, why),
            Failure::Unavailable { why } => {
                Self::new(ErrorKind::Unavailable, format!("no new token: {why}"))
            }
            Failure::Store(error) => {
                let kind = match error.kind() {
                    StoreErrorKind::Unavailable => ErrorKind::Unavailable,
                    StoreErrorKind::Unusable => ErrorKind::InvalidInput,
                };
                Self::new(kind, error.to_string()).caused_by(error)
            }
            Failure::Unsaved(error) => Self::unsaved(error),
        }
    }

    fn unsaved(error: StoreError) -> Self {
        Self::new(
            ErrorKind::Unavailable,
            format!(
                "the new tokens are in use but could not be saved ({error}): keep this process \
                 running and mend the store; they are saved at the next attempt"
            ),
        )
        .caused_by(error)
    }

    /// What the caller must do.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, if it got that far.
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// The HTTP status of the server's answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Xoxoday's own code, such as `PIPE10017`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// How long to wait before trying again, where that is known.
    pub fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            message,
            operation,
            status,
            code,
            ..
        } = &*self.0;
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(message)?;
        match (status, code) {
            (Some(status), Some(code)) => write!(f, " (HTTP {}, {code})", status.as_u16()),
            (Some(status), None) => write!(f, " (HTTP {})", status.as_u16()),
            (None, Some(code)) => write!(f, " ({code})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
