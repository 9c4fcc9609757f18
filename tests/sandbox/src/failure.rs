//! The documented failures, word for word.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::Answer;
use crate::switches::{Switches, millis};

/// The shapes in which a token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// `{"error":"invalid_token","error_description":"invalid/expired token"}`
    InvalidToken,
    /// `{"success":0,"error_message_id":"auth.token_error"}`
    TokenError,
    /// `{"error":"Unauthorized"}`
    Unauthorized,
}

impl Rejection {
    pub(crate) fn answer(self, status: u16) -> Answer {
        let body = match self {
            Self::InvalidToken => {
                json!({"error": "invalid_token", "error_description": "invalid/expired token"})
            }
            Self::TokenError => json!({"success": 0, "error_message_id": "auth.token_error"}),
            Self::Unauthorized => json!({"error": "Unauthorized"}),
        };
        Answer::json(status, &body)
    }
}

/// A rate limit, as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// The shape of the body.
    pub shape: RateLimitShape,
    /// The status, which is documented nowhere.
    pub status: u16,
    /// How long to wait, for the shapes that can say so.
    #[serde(rename = "penalty_ms", with = "millis")]
    pub penalty: Duration,
    /// Whether `Retry-After` says it too.
    pub retry_after: bool,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            shape: RateLimitShape::Message,
            status: 429,
            penalty: Duration::from_secs(60),
            retry_after: false,
        }
    }
}

/// The shapes of a rate limit's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateLimitShape {
    /// `{"message":"auth.request_limit_exceeded"}`
    Message,
    /// `{message:'auth.request_limit_exceeded'}`, which is not JSON.
    NotQuiteJson,
    /// `{"errors":[{"message":"auth.request_limit_exceeded","penaltySeconds":60}]}`
    Errors,
    /// No body: only the status, and `Retry-After` if it is on.
    StatusAlone,
}

impl RateLimit {
    pub(crate) fn answer(&self) -> Answer {
        let id = "auth.request_limit_exceeded";
        let seconds = self.penalty.as_secs();
        let answer = match self.shape {
            RateLimitShape::Message => Answer::json(self.status, &json!({ "message": id })),
            RateLimitShape::NotQuiteJson => Answer::text(
                self.status,
                "application/json; charset=utf-8",
                format!("{{message:'{id}'}}"),
            ),
            RateLimitShape::Errors => Answer::json(
                self.status,
                &json!({"errors": [{"message": id, "penaltySeconds": seconds}]}),
            ),
            RateLimitShape::StatusAlone => Answer::empty(self.status),
        };
        if self.retry_after {
            answer.with_header("retry-after", seconds.to_string())
        } else {
            answer
        }
    }
}

/// The failures that have a code of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationError {
    /// PIPE10015, 401
    UserDisabled,
    /// PIPE10016, 401
    CompanyDisabled,
    /// PIPE10017, 401
    IpNotRegistered,
    /// PLE10019, 401
    NotAllowed,
    /// PLE10030, 404
    NotFound,
}

impl ApplicationError {
    /// The code, as it stands in `errorId`.
    pub fn id(self) -> &'static str {
        self.parts().1
    }

    fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::UserDisabled => (401, "PIPE10015", "User is disabled"),
            Self::CompanyDisabled => (401, "PIPE10016", "Company is disabled"),
            Self::IpNotRegistered => (401, "PIPE10017", "IP address is not registered"),
            Self::NotAllowed => (401, "PLE10019", "Not allowed"),
            Self::NotFound => (404, "PLE10030", "Not found"),
        }
    }

    pub(crate) fn answer(self, switches: &Switches) -> Answer {
        let (code, id, info) = self.parts();
        let error = if switches.error_as_object {
            json!({ "message": info })
        } else {
            json!(info)
        };
        Answer::json(
            code,
            &json!({"code": code, "errorId": id, "errorInfo": info, "error": error}),
        )
    }
}

/// The `Authorization` header is missing, or says something else than a bearer.
pub(crate) fn no_bearer() -> Answer {
    Answer::json(
        401,
        &json!({
            "error": "invalid_request",
            "error_description": "missing/invalid parameters authorization header",
        }),
    )
}

/// The request is no good. `message` says what of it.
pub(crate) fn bad_request(message: impl Into<String>) -> Answer {
    refused(400, "Bad Request", message)
}

pub(crate) fn refused(status: u16, error: &str, message: impl Into<String>) -> Answer {
    Answer::json(status, &json!({"error": error, "message": message.into()}))
}
