//! Finds Xoxoday's documented words in an answer, JSON or almost.
//!
//! The words count as the value of the members that are documented to hold
//! them, at any depth and in any order, in JSON that is cut, not quoted as it
//! should be, or nested deeper than a parser goes. They do not count
//! elsewhere: a citation or a name is written by anyone.
//!
//! An answer about several parts has words for each. Those are not the whole's:
//! there, words count beside `data`, and inside of `error` and `errors`.

use std::time::Duration;

use super::lexer::{Lexer, Token};
use super::wait::penalty;
use crate::codes::is_code;

pub(super) const RATE_LIMIT: &str = "auth.request_limit_exceeded";

/// What the documented words in an answer say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Telltales {
    /// Too many requests.
    pub(super) limited: bool,
    /// The longest `penaltySeconds`.
    pub(super) penalty: Option<Duration>,
    /// The token is not accepted.
    pub(super) rejected: bool,
    /// `invalid_request`.
    pub(super) malformed: bool,
    /// The first code of Xoxoday's own.
    pub(super) code: Option<String>,
    /// Whether something stands where answers tell what became of points.
    pub(super) parts: bool,
}

/// What a member's value may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    /// One of the documented words.
    Word,
    /// Those, or a list or object with them.
    Error,
    /// A word, or a code.
    Code,
    Penalty,
    /// What became of points.
    Part,
    Other,
}

impl Member {
    fn named(name: &str) -> Self {
        match name {
            "message" | "error_message_id" | "error_description" => Self::Word,
            // `errors` for a list of the words themselves.
            "error" | "errors" => Self::Error,
            "errorId" => Self::Code,
            "penaltySeconds" => Self::Penalty,
            "sendBalance" | "cancelBalance" | "recipients" | "unique_id" | "points" => Self::Part,
            _ => Self::Other,
        }
    }
}

/// An object or list that is open.
struct Level {
    list: bool,
    counts: bool,
    in_error: bool,
    in_part: bool,
    member: Member,
}

impl Level {
    fn within(outer: Option<&Self>, list: bool, has_parts: bool) -> Self {
        let member = outer.map_or(Member::Other, |outer| outer.member);
        let in_error = outer.is_some_and(|outer| outer.in_error) || member == Member::Error;
        Self {
            list,
            counts: outer.is_none_or(|outer| outer.counts && (in_error || !has_parts)),
            in_error,
            in_part: !in_error
                && (outer.is_some_and(|outer| outer.in_part) || member == Member::Part),
            member: if list { member } else { Member::Other },
        }
    }
}

/// Reads the first object or list of a body, of an operation whose answers
/// have parts or of another.
pub(super) fn find(body: &[u8], has_parts: bool) -> Telltales {
    let mut found = Telltales::default();
    let mut levels: Vec<Level> = Vec::new();
    // A text is a member's name if a colon follows.
    let mut last = Member::Other;
    for token in Lexer::new(body) {
        match token {
            Token::Open { list } => {
                let outer = levels.last();
                found.parts |= outer.is_some_and(|outer| outer.in_part);
                levels.push(Level::within(outer, list, has_parts));
            }
            Token::Close => {
                levels.pop();
                if levels.is_empty() {
                    break;
                }
            }
            Token::Colon => {
                if let Some(level) = levels.last_mut() {
                    level.member = last;
                }
            }
            Token::Comma => {
                if let Some(level) = levels.last_mut().filter(|level| !level.list) {
                    level.member = Member::Other;
                }
            }
            Token::Text { text, cut } => {
                last = Member::named(&text);
                let Some(level) = levels.last() else { continue };
                let of_part = level.member == Member::Part && !level.in_error && text != "null";
                found.parts |= level.in_part || of_part;
                if level.counts {
                    found.note(level.member, text.trim(), cut);
                }
            }
        }
    }
    found
}

impl Telltales {
    fn note(&mut self, member: Member, text: &str, cut: bool) {
        match member {
            Member::Penalty => {
                let penalty = penalty(text);
                self.limited |= penalty.is_some();
                // Of `60` that was cut, `6` may be left.
                if !cut {
                    self.penalty = self.penalty.max(penalty);
                }
            }
            Member::Word | Member::Error | Member::Code => match text {
                // Others of these words are taken as they are: this one asks
                // for nothing but patience.
                _ if text.contains(RATE_LIMIT) => self.limited = true,
                "auth.token_error" | "invalid_token" => self.rejected = true,
                _ if text.eq_ignore_ascii_case("invalid/expired token") => self.rejected = true,
                "invalid_request" => self.malformed = true,
                code if member == Member::Code && is_code(code) && !cut => {
                    self.code.get_or_insert_with(|| code.to_owned());
                }
                _ => {}
            },
            Member::Part | Member::Other => {}
        }
    }

    /// Adds what the words in another place say.
    pub(super) fn add(&mut self, other: Self) {
        self.limited |= other.limited;
        self.penalty = self.penalty.max(other.penalty);
        self.rejected |= other.rejected;
        self.malformed |= other.malformed;
        self.code = self.code.take().or(other.code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Telltales {
        find(body.as_bytes(), false)
    }

    #[test]
    fn words_are_found_in_json_and_almost_json() {
        for body in [
            r#"{"error":"invalid_token"}"#,
            "{error:'invalid_token'}",
            "{error:invalid_token}",
            r#"{"error":"invalid_token"#,
            r#"{"error":"invalid_token","error":"x"}"#,
            r#"{"error":"x","error":"invalid_token"}"#,
            "\u{feff}{\"error\":\"invalid_token\"}",
            r#"{"error":"invalid_token"}}}]<html>"#,
            r#"{"x":"y" "error":"invalid_token"}"#,
            r#"{"err\u006fr":"invalid\u005ftoken"}"#,
            r#"{"errors":["x","invalid_token"]}"#,
            r#"{"errors":[{},{"message":["auth.token_error"]}]}"#,
            r#"[{"error_message_id":" auth.token_error "}]"#,
            r#"{"error":"Unauthorized","error_description":"Invalid/expired token"}"#,
        ] {
            assert!(found(body).rejected, "{body}");
        }
    }

    #[test]
    fn words_elsewhere_do_not_count() {
        for body in [
            r#"{"citation":"invalid_token"}"#,
            r#"{"citation":"\"error\":\"invalid_token\""}"#,
            r#"{"a":"error","b":"invalid_token"}"#,
            r#"{"error":"x","citation":"invalid_token"}"#,
            r#"{"error":["x"],"citation":"invalid_token"}"#,
            r#"{"error":"not invalid_token at all"}"#,
            r#"{"invalid_token":"error"}"#,
            r#"{} {"error":"invalid_token"}"#,
            "invalid_token",
        ] {
            assert!(!found(body).rejected, "{body}");
        }
    }

    #[test]
    fn the_parts_of_an_answer_do_not_speak_for_the_whole() {
        let part = r#"{"recipients":[{"success":true},{"message":"invalid_token"}]}"#;
        for body in [
            format!(r#"{{"data":{{"sendBalance":{part}}}}}"#),
            format!(r#"{{"sendBalance":{part}}}"#),
            format!("[{part}]"),
            part.to_owned(),
        ] {
            assert!(found(&body).rejected, "{body}");
            assert!(!find(body.as_bytes(), true).rejected, "{body}");
        }
        for whole in [
            r#"{"data":{"x":[{"message":"y"}]},"error":"invalid_token"}"#,
            r#"{"error":{"details":[{"message":"invalid_token"}]}}"#,
            r#"{"errors":["invalid_token"],"data":null}"#,
        ] {
            assert!(find(whole.as_bytes(), true).rejected, "{whole}");
        }
    }

    #[test]
    fn what_tells_of_points_is_noticed_even_where_it_is_cut() {
        for body in [
            r#"{"data":{"unique_id":7"#,
            r#"{"data":{"email":"a@x.example","points":"5"}}"#,
            r#"{"sendBalance":{"error":false}}"#,
            r#"{"recipients":[{"success":true}]}"#,
            "{recipients:[{",
        ] {
            assert!(found(body).parts, "{body}");
        }
        for body in [
            r#"{"data":{"sendBalance":null},"recipients":[]}"#,
            r#"{"sendBalance":{}}"#,
            r#"{"message":"unique_id","recipients":null}"#,
            r#"{"errors":[{"recipients":["too many"]}]}"#,
        ] {
            assert!(!found(body).parts, "{body}");
        }
    }

    #[test]
    fn depth_is_no_obstacle() {
        let deep = format!("{{\"x\":{}", "[{\"x\":".repeat(100_000));
        let words = r#""error":"invalid_token""#;
        assert!(found(&format!("{deep}0,{words}")).rejected);
        let closed = format!("{deep}0{},{words}}}", "}]".repeat(100_000));
        let closed = found(&closed);
        assert!(closed.rejected);
    }

    #[test]
    fn the_longest_penalty_counts_and_a_cut_one_does_not() {
        let seconds = |body: &str| found(body).penalty.map(|penalty| penalty.as_secs());
        let two = r#"{"errors":[{"penaltySeconds":"90"},{"penaltySeconds":30}]}"#;
        assert_eq!(seconds(two), Some(90));
        assert_eq!(seconds(r#"{"penaltySeconds":60}"#), Some(60));
        assert_eq!(seconds(r#"{"penaltySeconds":60"#), None);
    }

    #[test]
    fn a_penalty_is_a_rate_limit_in_whatever_words() {
        for body in [
            r#"{"errors":[{"message":"slow down","penaltySeconds":60}]}"#,
            r#"{"penaltySeconds":"6"#,
            r#"{"message":"auth.request_limit_exceeded, try later"}"#,
        ] {
            assert!(found(body).limited, "{body}");
        }
        assert!(!found(r#"{"penaltySeconds":0}"#).limited);
    }

    #[test]
    fn the_first_code_counts() {
        let code = |body: &str| found(body).code;
        let two = r#"{"errorId":"PIPE10017","errors":[{"errorId":"PLE10019"}]}"#;
        assert_eq!(code(two).as_deref(), Some("PIPE10017"));
        assert_eq!(code(r#"{"errorId":"E42"}"#), None);
        assert_eq!(code(r#"{"message":"PIPE10017"}"#), None);
        // The rest of the number may be missing.
        assert_eq!(code(r#"{"errorId":"PIPE1001"#), None);
    }
}
