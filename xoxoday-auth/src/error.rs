//! One error type, shaped by what the caller must do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;

use crate::codes::{self, Advice};
use crate::points::{CancelledPoints, SentPoints};
use crate::rotation::clock::until;
use crate::rotation::protocol::Failure;
use crate::store::StoreErrorKind;

/// Why a call did not succeed, and what to do about it.
///
/// Safe to print and to log: it holds no secret, and its text is one line.
///
/// | kind | what happened | what to do |
/// | --- | --- | --- |
/// | [`InvalidInput`](ErrorKind::InvalidInput) | something given to this library is wrong; the call was not sent | give other input, or mend what the message names |
/// | [`Unavailable`](ErrorKind::Unavailable) | Xoxoday, the network or the token store is in trouble, or limits requests; nothing was done that must not be done twice | try again, after the [wait](Error::wait) if there is one |
/// | [`LoginRequired`](ErrorKind::LoginRequired) | the refresh token is gone, or its fate is unknown and [the policy](crate::AfterLostAnswer) is to halt | a person takes new tokens from the dashboard |
/// | [`Refused`](ErrorKind::Refused) | Xoxoday understood and said no | read the message; with a [`code`](Error::code), follow the [`advice`](Error::advice) or ask Xoxoday |
/// | [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) | points may have moved or not, or a user's tokens been made | look at the balances; do not just repeat it |
/// | [`Unexpected`](ErrorKind::Unexpected) | the answer makes no sense | report it |
pub struct Error(Box<Details>);

struct Details {
    kind: ErrorKind,
    message: String,
    operation: Option<Operation>,
    status: Option<StatusCode>,
    code: Option<String>,
    wait: Option<Duration>,
    request_id: Option<String>,
    parts: Option<Parts>,
    cause: Option<Cause>,
}

/// What brought an error about.
enum Cause {
    /// Its words are part of the message.
    Told(Box<dyn std::error::Error + Send + Sync>),
    /// Says more than the message.
    Further(Box<dyn std::error::Error + Send + Sync>),
}

/// What succeeded although the whole did not.
enum Parts {
    Sent(SentPoints),
    Cancelled(CancelledPoints),
}

/// What the caller must do: see the table at [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// It may have been done or not: points moved, or a user's tokens made.
    /// Look before anything is repeated.
    OutcomeUnknown,
    /// The answer made no sense. Report it.
    Unexpected,
}

impl ErrorKind {
    /// The word that stands in spans and in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Unavailable => "unavailable",
            Self::LoginRequired => "login_required",
            Self::Refused => "refused",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Unexpected => "unexpected",
        }
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            operation: None,
            status: None,
            code: None,
            wait: None,
            request_id: None,
            parts: None,
            cause: None,
        }))
    }

    /// Wrong input, with the error that says what is wrong with it.
    pub(crate) fn input(
        what: impl fmt::Display,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::new(ErrorKind::InvalidInput, format!("{what}: {source}")).told(source)
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

    /// Names the request, unless it is an error of another one: of the exchange
    /// that a call waited for.
    pub(crate) fn with_request_id(mut self, id: &str) -> Self {
        self.0.request_id.get_or_insert_with(|| id.to_owned());
        self
    }

    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.wait = Some(wait);
        self
    }

    pub(crate) fn with_sent(mut self, sent: SentPoints) -> Self {
        self.0.parts = Some(Parts::Sent(sent));
        self
    }

    pub(crate) fn with_cancelled(mut self, cancelled: CancelledPoints) -> Self {
        self.0.parts = Some(Parts::Cancelled(cancelled));
        self
    }

    pub(crate) fn caused_by(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.0.cause = Some(Cause::Further(Box::new(source)));
        self
    }

    /// Caused by an error whose words are in the message: who prints the whole
    /// chain does not read them twice.
    pub(crate) fn told(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Cause::Told(Box::new(source)));
        self
    }

    /// Tells the caller something else to do than another error would, which
    /// becomes the source. What that one knows is kept.
    pub(crate) fn instead_of(mut self, mut other: Self) -> Self {
        self.0.status = other.0.status;
        self.0.code = other.0.code.clone();
        self.0.wait = other.0.wait;
        self.0.parts = other.0.parts.take();
        self.caused_by(other)
    }

    /// Worth asking again after a while.
    pub(crate) fn later(kind: ErrorKind, message: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs().max(1);
        let message = format!("{message}; worth asking again in {seconds} s");
        Self::new(kind, message).retry_after(wait)
    }

    pub(crate) fn of_rotation(failure: Failure, now: EpochMillis) -> Self {
        let message = failure.to_string();
        let later = |kind, end| Self::later(kind, &message, until(now, end));
        match failure {
            Failure::LoginRequired { .. } => Self::new(ErrorKind::LoginRequired, message),
            Failure::Braked { until: end, .. } | Failure::Busy { until: end } => {
                later(ErrorKind::Unavailable, end)
            }
            Failure::Useless { until: end } => later(ErrorKind::Refused, end),
            Failure::Halted => Self::new(ErrorKind::LoginRequired, message),
            Failure::Denied(denial) => Self::new(ErrorKind::Refused, message)
                .with_status(denial.status)
                .with_code(denial.code)
                .with_request_id(&denial.request_id),
            Failure::Unavailable { .. } => Self::new(ErrorKind::Unavailable, message),
            Failure::Store(error) => {
                let kind = match error.kind() {
                    StoreErrorKind::Unavailable => ErrorKind::Unavailable,
                    StoreErrorKind::Unusable => ErrorKind::InvalidInput,
                };
                Self::new(kind, message).told(error)
            }
            Failure::Unsaved(error) => Self::new(ErrorKind::Unavailable, message).told(error),
        }
    }

    /// No token could be minted for a user, so that what needed it was not sent.
    /// Many may have waited for it and are told the same.
    pub(crate) fn of_minting(why: &Arc<Self>) -> Self {
        let details = &*why.0;
        let whose = match details.kind {
            ErrorKind::LoginRequired => {
                "no token for the user without the company's, which is gone or in doubt"
            }
            _ => "no token for the user",
        };
        let mut error = Self::new(details.kind, format!("{whose}: {}", details.message));
        error.0.status = details.status;
        error.0.code = details.code.clone();
        error.0.wait = details.wait;
        error.0.request_id = details.request_id.clone();
        error.told(Arc::clone(why))
    }

    /// What the caller must do.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call is worth trying again, after the [wait](Self::wait)
    /// if there is one. What this library retries by itself it has retried.
    pub fn is_retryable(&self) -> bool {
        self.0.kind == ErrorKind::Unavailable
    }

    /// Whether a person must log into the dashboard before any call succeeds.
    pub fn is_login_required(&self) -> bool {
        self.0.kind == ErrorKind::LoginRequired
    }

    /// Whether it may have been done all the same.
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.kind == ErrorKind::OutcomeUnknown
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

    /// The documented meaning of the [`code`](Self::code), and what to do. None
    /// where the outcome is unknown: there, the first thing to do is to look.
    pub fn advice(&self) -> Option<Advice> {
        let code = self.code().filter(|_| !self.is_outcome_unknown());
        codes::advice(code?)
    }

    /// Whether it is the token store that is in trouble.
    #[cfg(feature = "cli")]
    pub(crate) fn is_of_store(&self) -> bool {
        let (Some(Cause::Told(cause)) | Some(Cause::Further(cause))) = &self.0.cause else {
            return false;
        };
        cause.is::<crate::store::StoreError>()
    }

    /// How long to wait before trying again, where that is known.
    pub fn wait(&self) -> Option<Duration> {
        self.0.wait
    }

    /// The `X-Request-Id` that the call was sent with, to find it again in logs.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What became of each recipient, where a send failed for some or nobody
    /// knows: some may have been credited although the call failed. Of those on
    /// whom there is no word the outcome is
    /// [`Unreported`](crate::points::SendOutcome::Unreported).
    pub fn sent(&self) -> Option<&SentPoints> {
        match &self.0.parts {
            Some(Parts::Sent(sent)) => Some(sent),
            _ => None,
        }
    }

    /// What became of each issuance, where a cancellation failed for some or
    /// nobody knows: some may have been cancelled although the call failed.
    pub fn cancelled(&self) -> Option<&CancelledPoints> {
        match &self.0.parts {
            Some(Parts::Cancelled(cancelled)) => Some(cancelled),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &*self.0;
        if let Some(operation) = details.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&details.message)?;
        if let Some(advice) = self.advice() {
            write!(f, ": {}; {}", advice.meaning, advice.action)?;
        }
        let status = details
            .status
            .map(|status| format!("HTTP {}", status.as_u16()));
        let code = details.code.clone();
        let id = details
            .request_id
            .as_ref()
            .map(|id| format!("request {id}"));
        let known: Vec<_> = [status, code, id].into_iter().flatten().collect();
        match known.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", known.join(", ")),
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
        match self.0.cause.as_ref()? {
            Cause::Told(told) => told.source(),
            Cause::Further(further) => Some(&**further),
        }
    }
}
