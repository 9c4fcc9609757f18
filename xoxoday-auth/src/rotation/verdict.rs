//! What the answer to an exchange means. Pure.

use std::time::Duration;

use reqwest::StatusCode;
use xoxoday_api::Operation;

use super::document::{Document, Grant};
use super::granted::granted;
use super::staged::Staged;
use crate::classify::{Meaning, classify};

/// What became of a presented refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is spent, and here is its successor.
    Granted(Grant),
    /// It will not be accepted again.
    Rejected(String),
    /// Too many exchanges: it counts as not spent.
    Limited { wait: Duration, why: String },
    /// Refused for a reason that no token can cure: it counts as not spent.
    Denied(Denial),
    /// Nobody knows.
    Unclear { why: String, wait: Option<Duration> },
}

/// A refusal of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Hash))]
pub(crate) struct Denial {
    pub(crate) status: StatusCode,
    pub(crate) code: Option<String>,
    pub(crate) why: String,
    pub(crate) request_id: String,
}

/// What an answer means for the token of a document that was presented.
pub(crate) fn verdict(staged: &Staged, document: &Document) -> Verdict {
    let presented = &document.0.refresh;
    let attempt = document.attempt().unwrap_or_default();
    let denied = |code, why| {
        let request_id = attempt.to_owned();
        Verdict::Denied(Denial {
            status: staged.status(),
            code,
            why,
            request_id,
        })
    };
    let status = staged.status();
    // Whatever else is odd about an answer, a pair of tokens in it is the
    // successor, and the only one there will be.
    if status.is_success()
        && let Some(grant) = granted(staged.body(), presented, staged.asked_at)
    {
        return Verdict::Granted(grant);
    }
    let operation = Operation::RefreshTokenPoints;
    let number = status.as_u16();
    match classify(operation, status, &staged.headers(), staged.body()) {
        Meaning::Garbled if !status.is_success() => denied(
            None,
            "the token endpoint's answer is not what Xoxoday documents".into(),
        ),
        Meaning::Success | Meaning::Garbled => Verdict::Unclear {
            why: format!("the answer is no pair of tokens (HTTP {number}, request {attempt})"),
            wait: None,
        },
        Meaning::TokenRejected if document.presentations() > 1 => Verdict::Rejected(
            "the refresh token is no longer accepted: the answer to an earlier use of it was lost, and its successor with it".into(),
        ),
        Meaning::TokenRejected => {
            Verdict::Rejected("the refresh token is no longer accepted".into())
        }
        // A wrong client secret sounds like this too, and a gateway: not a
        // verdict on the token.
        Meaning::Unauthorized => denied(
            None,
            "the token endpoint answers 'unauthorized': check client id and client secret; if they are right, the refresh token is no longer accepted, and a person must take new tokens from the dashboard".into(),
        ),
        Meaning::RateLimited(wait) => Verdict::Limited {
            wait,
            why: "Xoxoday limits how often tokens are refreshed".into(),
        },
        // An odd answer of success may hold a token anywhere.
        Meaning::Refused { code, .. } if status.is_success() => {
            denied(code, "the token endpoint refused".into())
        }
        Meaning::Refused { code, message } => denied(
            code,
            without_token_like_words(&message.replace(presented.expose(), "…")),
        ),
        Meaning::ServerTrouble(wait) => Verdict::Unclear {
            why: format!("the token endpoint is in trouble (HTTP {number}, request {attempt})"),
            wait,
        },
    }
}

/// The endpoint knows more tokens than were sent to it, and may quote any of
/// them: what is as long as a token is left out.
fn without_token_like_words(message: &str) -> String {
    const LONGEST_WORD: usize = 24;
    let words = message.split_whitespace().map(|word| match word.len() {
        0..=LONGEST_WORD => word,
        _ => "…",
    });
    words.collect::<Vec<_>>().join(" ")
}
