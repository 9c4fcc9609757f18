//! What an answer means: status and bytes in, meaning out. Pure.
//!
//! The body decides before the status does. Xoxoday answers 401 both for an
//! expired token, which a new one cures, and for an address that is not
//! registered, which none does; and it writes rejections and rate limits into
//! answers of any status, 200 included.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

/// What an answer means to the one who sent the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The answer the operation promises, for its own decoder to read.
    Success,
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

/// How long to wait where a rate limit does not say.
const DEFAULT_PENALTY: Duration = Duration::from_secs(60);
/// A wait that no one meant is cut to this.
const LONGEST_PENALTY: Duration = Duration::from_secs(24 * 60 * 60);

const RATE_LIMIT: &str = "auth.request_limit_exceeded";
const TOKEN_ERROR: &str = "auth.token_error";

/// What a status and a body mean.
pub(crate) fn classify(status: StatusCode, body: &[u8]) -> Meaning {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    if let Some(wait) = rate_limit(status, body, json.as_ref()) {
        return Meaning::RateLimited(wait.min(LONGEST_PENALTY));
    }
    let Some(json) = json.filter(Value::is_object) else {
        return match status {
            status if status.is_success() => Meaning::Success,
            status if status.is_server_error() => Meaning::ServerTrouble,
            _ => Meaning::Refused {
                code: None,
                message: "the answer is not what Xoxoday documents".into(),
            },
        };
    };
    let text = |name: &str| json[name].as_str().filter(|text| !text.is_empty());
    if let Some(code) = text("errorId") {
        return Meaning::Refused {
            message: explanation(&json),
            code: Some(words(code)),
        };
    }
    if text("error_message_id") == Some(TOKEN_ERROR) || text("error") == Some("invalid_token") {
        return Meaning::TokenRejected;
    }
    if status.is_success() && !says_failure(&json) {
        return Meaning::Success;
    }
    if status.is_server_error() {
        return Meaning::ServerTrouble;
    }
    let uncaused = json["error_description"].is_null() && json["code"].is_null();
    if status == StatusCode::UNAUTHORIZED && uncaused {
        return Meaning::Unauthorized;
    }
    Meaning::Refused {
        code: None,
        message: explanation(&json),
    }
}

/// `success: 0`, or an `error` that is more than an empty one.
fn says_failure(json: &Value) -> bool {
    let unsuccessful = match &json["success"] {
        Value::Bool(success) => !success,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text == "0" || text == "false",
        _ => false,
    };
    let error = match &json["error"] {
        Value::Null => false,
        Value::Bool(error) => *error,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    };
    unsuccessful || error
}

/// The server's own words, the most telling first.
fn explanation(json: &Value) -> String {
    [
        "errorInfo",
        "error_description",
        "message",
        "error",
        "error_message_id",
    ]
    .into_iter()
    .find_map(|name| json[name].as_str().filter(|text| !text.is_empty()))
    .map_or("refused without a reason".into(), words)
}

/// A server's words, fit for one line of a log.
pub(crate) fn words(text: &str) -> String {
    const MOST: usize = 300;
    text.chars()
        .take(MOST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The wait that a rate limit asks for, in any of its shapes.
fn rate_limit(status: StatusCode, raw: &[u8], json: Option<&Value>) -> Option<Duration> {
    let found = match json {
        Some(json) => {
            let nested = json["errors"].as_array().or(json.as_array());
            let entries = nested.into_iter().flatten().chain([json]);
            entries.filter_map(penalty).max()
        }
        // `{message:'auth.request_limit_exceeded'}`, which is not JSON.
        None => contains(raw, RATE_LIMIT.as_bytes()).then_some(DEFAULT_PENALTY),
    };
    found.or((status == StatusCode::TOO_MANY_REQUESTS).then_some(DEFAULT_PENALTY))
}

/// How long one entry says to wait, if it is a rate limit.
fn penalty(entry: &Value) -> Option<Duration> {
    ["message", "error", "error_message_id"]
        .iter()
        .any(|name| entry[name].as_str() == Some(RATE_LIMIT))
        .then(|| {
            let seconds = match &entry["penaltySeconds"] {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            let wait = seconds.and_then(|s: f64| Duration::try_from_secs_f64(s.ceil()).ok());
            wait.unwrap_or(DEFAULT_PENALTY)
        })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, body: &str) -> Meaning {
        classify(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn a_token_rejection_is_known_at_any_status() {
        for body in [
            r#"{"success":0,"error_message_id":"auth.token_error"}"#,
            r#"{"error":"invalid_token","error_description":"invalid/expired token"}"#,
        ] {
            for status in [200, 400, 401, 403] {
                assert_eq!(
                    meaning(status, body),
                    Meaning::TokenRejected,
                    "{status} {body}"
                );
            }
        }
        // Not the documented words: good for a try, not for a verdict.
        assert_eq!(
            meaning(401, r#"{"error":"Unauthorized"}"#),
            Meaning::Unauthorized
        );
    }

    #[test]
    fn a_rate_limit_is_known_in_every_shape_and_at_any_status() {
        for (body, seconds) in [
            (r#"{"message":"auth.request_limit_exceeded"}"#, 60),
            ("{message:'auth.request_limit_exceeded'}", 60),
            (
                r#"{"errors":[{"message":"auth.request_limit_exceeded","penaltySeconds":90}]}"#,
                90,
            ),
            (
                r#"{"errors":[{"message":"auth.request_limit_exceeded","penaltySeconds":"90"}]}"#,
                90,
            ),
            (
                r#"{"errors":[{"message":"auth.request_limit_exceeded"}]}"#,
                60,
            ),
            (
                r#"[{"message":"auth.request_limit_exceeded","penaltySeconds":60.5}]"#,
                61,
            ),
            (
                r#"{"errors":[{"message":"auth.request_limit_exceeded","penaltySeconds":{}}]}"#,
                60,
            ),
            (
                r#"{"success":0,"error_message_id":"auth.request_limit_exceeded"}"#,
                60,
            ),
        ] {
            for status in [200, 401, 403, 429, 502] {
                let expected = Meaning::RateLimited(Duration::from_secs(seconds));
                assert_eq!(meaning(status, body), expected, "{status} {body}");
            }
        }
        assert!(matches!(meaning(429, "<html>"), Meaning::RateLimited(_)));
    }

    #[test]
    fn a_401_that_no_token_can_cure_is_no_token_rejection() {
        for code in ["PIPE10015", "PIPE10016", "PIPE10017", "PLE10019"] {
            let body =
                format!(r#"{{"code":401,"errorId":"{code}","errorInfo":"why","error":{{}}}}"#);
            assert_eq!(
                meaning(401, &body),
                Meaning::Refused {
                    code: Some(code.into()),
                    message: "why".into()
                }
            );
        }
        let malformed = r#"{"error":"invalid_request","error_description":"missing/invalid parameters authorization header"}"#;
        assert!(matches!(meaning(401, malformed), Meaning::Refused { .. }));
        for gateway in ["<html>gateway</html>", ""] {
            assert!(matches!(meaning(401, gateway), Meaning::Refused { .. }));
        }
    }

    #[test]
    fn a_failure_inside_a_200_is_a_failure() {
        for body in [r#"{"success":0,"message":"no"}"#, r#"{"error":"no"}"#] {
            assert!(
                matches!(meaning(200, body), Meaning::Refused { .. }),
                "{body}"
            );
        }
        for body in [
            r#"{"data":{}}"#,
            r#"{"data":{},"error":""}"#,
            r#"{"error":{}}"#,
        ] {
            assert_eq!(meaning(200, body), Meaning::Success, "{body}");
        }
    }

    #[test]
    fn the_server_s_words_are_cut_to_a_line() {
        let long = format!("a\nb{}", "c".repeat(1000));
        let cut = words(&long);
        assert_eq!(cut.len(), 300);
        assert!(cut.starts_with("a bc"));
    }

    #[test]
    fn a_gateway_in_trouble_is_not_the_caller_s_fault() {
        for body in ["", "<html>Bad Gateway</html>", r#"{"error":"x"}"#] {
            assert_eq!(meaning(502, body), Meaning::ServerTrouble, "{body}");
        }
    }
}
