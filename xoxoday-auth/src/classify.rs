//! What an answer means: status, headers and bytes in, meaning out. Pure.
//!
//! 1. The body decides before the status does. Xoxoday answers 401 both for an
//!    expired token, which a new one cures, and for an address that is not
//!    registered, which none does; and it writes rejections and rate limits
//!    into answers of any status, 200 included.
//! 2. What moved points is not called a failure: an answer with the verdict of
//!    a sending or cancelling goes to its decoder, which keeps each part.
//! 3. No bytes panic, and none cost more than a small multiple of themselves.
//!
//! Where words contradict each other, the one that asks for less is believed:
//! a rate limit before all (wait), then a code of Xoxoday's (no new token
//! helps), then a rejection.

mod lexer;
mod members;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod table_tests;
mod telltales;
#[cfg(test)]
mod tests;
mod wait;

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use xoxoday_api::Operation;

use members::Members;

/// What an answer means to the one who sent the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The answer the operation promises, for its own decoder to read. Of any
    /// status: a verdict on points counts wherever it stands.
    Success,
    /// A success by its status, and no JSON object: nobody knows what was done.
    Garbled,
    /// In documented words: the token is not accepted, a newer one may be.
    TokenRejected,
    /// A 401 that names no cause. A newer token may help; that the old one is
    /// dead is not said.
    Unauthorized,
    /// Too many requests; wait that long.
    RateLimited(Duration),
    /// Refused, and no token, however new, will change that.
    Refused {
        code: Option<String>,
        message: String,
    },
    /// The server, or something before it, is in trouble.
    ServerTrouble,
}

/// Deeper than this is no answer: serde_json's own limit.
const DEEPEST: usize = 128;

const NO_REASON: &str = "refused without a reason";

/// What an answer to an operation means.
pub(crate) fn classify(
    operation: Operation,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Meaning {
    let body = without_mark(body);
    let verdict = verdict(operation);
    let found = telltales::find(body, verdict.is_some());
    let members = std::str::from_utf8(body)
        .ok()
        .filter(|_| found.depth <= DEEPEST)
        .and_then(Members::of);
    let members = members.as_ref();

    if let (Some(verdict), Some(members)) = (verdict, members)
        && has_verdict(members, verdict)
    {
        return Meaning::Success;
    }
    if found.limited || members.is_none() && mentions_rate_limit(body, verdict.is_some()) {
        return Meaning::RateLimited(wait::wait(found.penalty, headers));
    }
    if found.code.is_some() {
        return refused(found.code, members);
    }
    if found.rejected {
        return Meaning::TokenRejected;
    }
    if found.malformed {
        return refused(None, members);
    }
    if operation == Operation::FetchPoints
        && let Some(message) = members.and_then(no_balance)
    {
        return Meaning::Refused {
            code: None,
            message,
        };
    }
    match members {
        _ if status == StatusCode::TOO_MANY_REQUESTS => {
            Meaning::RateLimited(wait::wait(found.penalty, headers))
        }
        Some(members) => by_members(verdict.is_some(), status, members),
        None if status.is_success() => Meaning::Garbled,
        None if status.is_server_error() => Meaning::ServerTrouble,
        None => Meaning::Refused {
            code: None,
            message: "the answer is not what Xoxoday documents".into(),
        },
    }
}

/// The meaning of a JSON object without documented words.
fn by_members(has_parts: bool, status: StatusCode, members: &Members<'_>) -> Meaning {
    if let Some(code) = members.text("errorId") {
        return refused(Some(words(&code)), Some(members));
    }
    if status.is_success() && !says_failure(members, has_parts) {
        return Meaning::Success;
    }
    if status.is_server_error() {
        return Meaning::ServerTrouble;
    }
    let cause = ["error_description", "code"]
        .into_iter()
        // To repeat a call is no cure where points may have moved.
        .chain(has_parts.then_some("data"))
        .any(|name| members.raw(name).is_some());
    if status == StatusCode::UNAUTHORIZED && !cause {
        return Meaning::Unauthorized;
    }
    refused(None, Some(members))
}

/// The member of `data` that says what became of points, for the operations
/// that move them.
fn verdict(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::SendPoints => Some("sendBalance"),
        Operation::CancelPoints => Some("cancelBalance"),
        _ => None,
    }
}

/// Whether the answer says what became of the points. It was worked on then,
/// and nothing else that it says makes the call safe to repeat.
fn has_verdict(members: &Members<'_>, verdict: &str) -> bool {
    let verdict = members.object("data").and_then(|data| data.object(verdict));
    verdict.is_some_and(|verdict| {
        matches!(verdict.raw("error"), Some("true" | "false"))
            || verdict.first("recipients").is_some()
    })
}

/// Whether a body that is no JSON object speaks of a rate limit anywhere, as
/// `{message:'auth.request_limit_exceeded'}` may in ever other spellings. Not
/// where the words may be those of a part whose neighbours were credited.
fn mentions_rate_limit(body: &[u8], has_parts: bool) -> bool {
    let structured = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let words = telltales::RATE_LIMIT.as_bytes();
    !(has_parts && structured) && body.windows(words.len()).any(|window| window == words)
}

/// The reason in `data.user_balance`, if there is none because of one.
fn no_balance(members: &Members<'_>) -> Option<String> {
    let balance = members.object("data")?.object("user_balance")?;
    let failed = balance.raw("success").is_some_and(is_no);
    failed.then(|| {
        let message = balance.text("message");
        message.map_or(NO_REASON.into(), |message| words(&message))
    })
}

/// `success: 0`, an `error` that is more than an empty one, or `errors` and no
/// data. Of the last a sending's own decoder says that the outcome is unknown.
fn says_failure(members: &Members<'_>, has_parts: bool) -> bool {
    let unsuccessful = members.raw("success").is_some_and(is_no);
    let error = members.raw("error").is_some_and(|error| {
        let empty = ['{', '}', '[', ']', '"', ' ', '\t', '\r', '\n'];
        !is_no(error) && !error.trim_matches(empty).is_empty()
    });
    let errors = !has_parts && members.first("errors").is_some() && members.raw("data").is_none();
    unsuccessful || error || errors
}

/// `false` or `0`, as itself or as a string.
fn is_no(json: &str) -> bool {
    let value = json.trim_matches('"').trim();
    value == "false" || value.parse() == Ok(0.0)
}

fn refused(code: Option<String>, members: Option<&Members<'_>>) -> Meaning {
    let message = members.and_then(explanation);
    Meaning::Refused {
        code,
        message: message.map_or(NO_REASON.into(), |message| words(&message)),
    }
}

/// The server's own words, the most telling first.
fn explanation(members: &Members<'_>) -> Option<String> {
    let own = ["errorInfo", "error_description", "message", "error"]
        .into_iter()
        .find_map(|name| members.text(name));
    own.or_else(|| members.object("error")?.text("message"))
        .or_else(|| {
            let first = members.first("errors")?;
            members::text(first).or_else(|| Members::of(first)?.text("message"))
        })
        .or_else(|| members.text("error_message_id"))
}

/// The body without the byte order mark that some servers put before JSON.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// A server's words, fit for one line of a log.
pub(crate) fn words(text: &str) -> String {
    const MOST: usize = 300;
    text.chars()
        .take(MOST)
        .map(|c| if breaks_a_line(c) { ' ' } else { c })
        .collect()
}

/// Control characters, and those that break a line or turn its direction.
fn breaks_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
