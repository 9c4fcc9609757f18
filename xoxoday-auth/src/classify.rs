//! What an answer means: status, headers and bytes in, meaning out. Pure.
//!
//! 1. The body decides before the status does. Xoxoday answers 401 both for an
//!    expired token, which a new one cures, and for an address that is not
//!    registered, which none does; and it writes rejections and rate limits
//!    into answers of any status, 200 included.
//! 2. What moved points is not called a failure: an answer with the verdict of
//!    a sending or cancelling goes to its decoder, which keeps each part. Where
//!    one shows through in an answer of another shape, no words beside it make
//!    the call safe to repeat.
//! 3. No bytes panic, and none cost more than a small multiple of themselves.
//!
//! Where words contradict each other, the one that asks for less is believed:
//! a rate limit before all (wait), then a code of Xoxoday's (no new token
//! helps), then a rejection.

mod lexer;
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
use xoxoday_api::number::Integer;

use crate::codes::advice;
use crate::members::{self, Members};

/// What an answer means to the one who sent the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// An answer for the operation's own decoder. Of any status: a verdict on
    /// points counts wherever it stands, and a failed one is for it as well.
    Success,
    /// Neither what the operation promises nor a reason of Xoxoday's: nobody
    /// knows what was done.
    Garbled,
    /// In documented words: the token is not accepted, a newer one may be.
    TokenRejected,
    /// A 401 that says no more than that. A newer token may help; that the old
    /// one is dead is not said.
    Unauthorized,
    /// Too many requests; wait that long.
    RateLimited(Duration),
    /// Refused, and no token, however new, will change that.
    Refused {
        code: Option<String>,
        message: String,
    },
    /// The server, or something before it, is in trouble; wait that long if it
    /// says so.
    ServerTrouble(Option<Duration>),
}

const NO_REASON: &str = "refused without a reason";

/// What an answer to an operation means.
pub(crate) fn classify(
    operation: Operation,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Meaning {
    let has_parts = verdict(operation).is_some();
    let text = members::lossy(body);
    let members = Members::of(&text);
    let members = members.as_ref();
    let mut found = telltales::find(body, has_parts);

    let verdict = members.and_then(|members| Verdict::of(operation, members));
    let failed = match &verdict {
        Some(Verdict::Told) => return Meaning::Success,
        Some(Verdict::Moved) => return by_status(status, headers, members),
        Some(Verdict::Failed(json)) => {
            // Nothing was done, so the words of the verdict are the whole's.
            found.add(telltales::find(json.as_bytes(), has_parts));
            Members::of(json)
        }
        None if has_parts && found.parts => return by_status(status, headers, members),
        None => None,
    };
    let refused = |code| {
        let own = members.and_then(explanation);
        let message = own.or_else(|| failed.as_ref().and_then(explanation));
        Meaning::Refused {
            code,
            message: message.map_or(NO_REASON.into(), |message| words(&message)),
        }
    };

    let too_many = status == StatusCode::TOO_MANY_REQUESTS;
    let undocumented = |code: &String| advice(code).is_none();
    let limited = found.limited
        || members.is_none() && mentions_rate_limit(body, has_parts)
        || too_many && found.code.as_ref().is_some_and(undocumented);
    if limited {
        return Meaning::RateLimited(wait::wait(found.penalty, headers));
    }
    if found.code.is_some() {
        return refused(found.code);
    }
    if found.rejected {
        return Meaning::TokenRejected;
    }
    if found.malformed {
        return refused(None);
    }
    if operation == Operation::FetchPoints
        && let Some(message) = members.and_then(no_balance)
    {
        return Meaning::Refused {
            code: None,
            message,
        };
    }
    if too_many {
        return Meaning::RateLimited(wait::wait(found.penalty, headers));
    }
    let Some(members) = members else {
        return by_status(status, headers, None);
    };
    if failed.is_some() {
        return Meaning::Success;
    }
    let known = status.is_success() || status.is_client_error() || status.is_server_error();
    if let Some(code) = members.text("errorId").filter(|_| known) {
        return refused(Some(words(&code)));
    }
    if status.is_client_error() && says_unauthorized(status, members, has_parts) {
        return Meaning::Unauthorized;
    }
    if status.is_client_error() || status.is_success() && says_failure(members, has_parts) {
        return refused(None);
    }
    by_status(status, headers, Some(members))
}

/// The meaning of an answer whose words are none, or are not believed.
fn by_status(status: StatusCode, headers: &HeaderMap, members: Option<&Members<'_>>) -> Meaning {
    match members {
        Some(_) if status.is_success() => Meaning::Success,
        _ if status.is_server_error() => Meaning::ServerTrouble(wait::asked(headers)),
        _ => Meaning::Garbled,
    }
}

/// The member of `data` that says what became of points, for the operations
/// that move them.
pub(crate) fn verdict(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::SendPoints => Some("sendBalance"),
        Operation::CancelPoints => Some("cancelBalance"),
        _ => None,
    }
}

/// What an answer says of points that were to move.
enum Verdict<'a> {
    /// Of all or of some, what became of them. It was worked on then, and
    /// nothing else that it says makes the call safe to repeat.
    Told,
    /// That they moved, which only a status of success agrees with.
    Moved,
    /// That nothing became of any, in this object.
    Failed(&'a str),
}

impl<'a> Verdict<'a> {
    fn of(operation: Operation, members: &Members<'a>) -> Option<Self> {
        let name = verdict(operation)?;
        let data = members.object("data")?;
        if let Some(verdict) = data.object(name) {
            let listed = !verdict.list("recipients").is_empty() || is_issuance(&verdict);
            return match verdict.succeeded() {
                Some(false) if !listed => data.raw(name).map(Self::Failed),
                None if !listed => None,
                _ => Some(Self::Told),
            };
        }
        if operation != Operation::SendPoints {
            return None;
        }
        match data.succeeded() {
            Some(false) if !is_issuance(&data) => members.raw("data").map(Self::Failed),
            None if !is_issuance(&data) => None,
            _ => Some(Self::Moved),
        }
    }
}

/// Whether an object says that points were credited: by what they are cancelled
/// by, or how many they were. An address may be no more than an echo.
pub(crate) fn is_issuance(members: &Members<'_>) -> bool {
    ["unique_id", "points"]
        .into_iter()
        .any(|name| members.raw(name).is_some())
}

/// Whether an answer with a verdict says beside it that nothing was done.
pub(crate) fn is_contradicted(json: &str, members: &Members<'_>) -> bool {
    let found = telltales::find(json.as_bytes(), true);
    let words = found.limited || found.rejected || found.malformed || found.code.is_some();
    words || members.text("errorId").is_some() || says_failure(members, true)
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
    (balance.succeeded() == Some(false)).then(|| {
        let message = balance.text("message");
        message.map_or(NO_REASON.into(), |message| words(&message))
    })
}

/// `success: 0`, an `error` that is more than an empty one, or `errors` and no
/// data. Of the last a sending's own decoder says that the outcome is unknown.
fn says_failure(members: &Members<'_>, has_parts: bool) -> bool {
    let errors = !has_parts && !members.list("errors").is_empty() && members.raw("data").is_none();
    errors || members.flag("success") == Some(false) || members.error() == Some(true)
}

/// Whether a 401 says that and nothing else. Whatever else it says may be a
/// cause that no token cures, and an exchange is dear; and to repeat a call is
/// no cure where points may have moved.
fn says_unauthorized(status: StatusCode, members: &Members<'_>, has_parts: bool) -> bool {
    let mut words = ["error", "message", "error_description", "errorInfo"]
        .into_iter()
        .filter_map(|name| members.raw(name))
        .filter(|json| *json != "\"\"" && *json != "{}")
        .peekable();
    let code = members.raw("code").map(|_| members.read::<Integer>("code"));
    let repeated = Integer::new(status.as_u16().into());
    status == StatusCode::UNAUTHORIZED
        && words.peek().is_some()
        && words.all(|json| {
            members::text(json).is_some_and(|text| text.trim().eq_ignore_ascii_case("unauthorized"))
        })
        && code.is_none_or(|code| code == Some(repeated))
        && members.list("errors").is_empty()
        && !(has_parts && members.raw("data").is_some())
}

/// The server's own words, the most telling first.
fn explanation(members: &Members<'_>) -> Option<String> {
    let own = ["errorInfo", "error_description", "message", "error"]
        .into_iter()
        .find_map(|name| members.text(name));
    own.or_else(|| members.object("error")?.text("message"))
        .or_else(|| {
            let first = *members.list("errors").first()?;
            members::text(first).or_else(|| Members::of(first)?.text("message"))
        })
        .or_else(|| members.text("error_message_id"))
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
