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

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use xoxoday_api::number::EpochMillis;

    use super::super::document::{Account, Intent};
    use super::super::seed::Seed;
    use super::*;

    const NOW: EpochMillis = EpochMillis::new(1_000_000_000);

    /// The verdict on an answer to the so-manyeth presentation.
    fn verdict_at(presentation: u32, status: u16, body: &str) -> Verdict {
        let account = Account::new("sandbox".into(), "client".into());
        let mut document = Document::seeded(account, &Seed::new("r-presented"), NOW);
        document.0.intent = Some(Intent::new("attempt-1".into(), NOW, NOW, presentation));
        let status = StatusCode::from_u16(status).unwrap();
        let staged = Staged::new(status, &HeaderMap::new(), body.as_bytes(), NOW, NOW);
        verdict(&staged, &document)
    }

    fn denial(status: u16, body: &str) -> Denial {
        match verdict_at(1, status, body) {
            Verdict::Denied(denial) => denial,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_nobody_can_read_leaves_open_at_a_success_alone_whether_the_token_is_spent() {
        for (status, body) in [(200, ""), (200, "<html>"), (200, r#"{"data":{}}"#)] {
            let verdict = verdict_at(1, status, body);
            assert!(matches!(verdict, Verdict::Unclear { wait: None, .. }));
        }
        for status in [302, 403, 404] {
            let denial = denial(status, "<html>");
            assert_eq!(denial.status.as_u16(), status);
            assert_eq!(denial.request_id, "attempt-1");
            assert!(denial.why.contains("not what Xoxoday documents"));
        }
    }

    #[test]
    fn a_rejection_tells_of_a_lost_answer_only_if_there_was_one() {
        for (presentation, lost) in [(0, false), (1, false), (2, true), (3, true)] {
            match verdict_at(presentation, 401, r#"{"error":"invalid_token"}"#) {
                Verdict::Rejected(why) => assert_eq!(why.contains("lost"), lost, "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_refusal_is_told_without_anything_that_may_be_a_token() {
        let stranger = "x".repeat(25);
        let words = format!("no r-presented, {stranger} or {}", &stranger[1..]);
        let body = format!(r#"{{"errorId":"PLE10019","errorInfo":"{words}"}}"#);
        let refused = denial(403, &body);
        assert_eq!(refused.code.as_deref(), Some("PLE10019"));
        assert_eq!(refused.why, format!("no …, … or {}", &stranger[1..]));
        assert_eq!(denial(200, &body).why, "the token endpoint refused");
    }
}
