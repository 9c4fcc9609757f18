//! Finds Xoxoday's documented words in an answer, JSON or almost.
//!
//! The words count as the value of the members that are documented to hold
//! them, at any depth and in any order, in JSON that is cut, not quoted as it
//! should be, or nested deeper than a parser goes. They do not count
//! elsewhere: a citation or a name is written by anyone.

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
    /// How deep the deepest object or list lies.
    pub(super) depth: usize,
}

/// What a member's value may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    /// One of the documented words.
    Word,
    /// One of those, or a code.
    Code,
    Penalty,
    Data,
    Other,
}

impl Member {
    fn named(name: &str) -> Self {
        match name {
            // `errors` for a list of the words themselves.
            "message" | "error" | "error_message_id" | "errors" => Self::Word,
            "errorId" => Self::Code,
            "penaltySeconds" => Self::Penalty,
            "data" => Self::Data,
            _ => Self::Other,
        }
    }
}

/// An object or list that is open.
struct Level {
    list: bool,
    counts: bool,
    member: Member,
}

/// Reads the first object or list of a body. Where `data` holds results of
/// several parts, a part's words are not the whole's, and `data` is left out.
pub(super) fn find(body: &[u8], without_data: bool) -> Telltales {
    let mut found = Telltales::default();
    let mut levels: Vec<Level> = Vec::new();
    // A text is a member's name if a colon follows.
    let mut last = Member::Other;
    for token in Lexer::new(body) {
        match token {
            Token::Open { list } => {
                let level = match levels.last() {
                    Some(outer) => Level {
                        list,
                        counts: outer.counts && !(without_data && outer.member == Member::Data),
                        member: if list { outer.member } else { Member::Other },
                    },
                    None => Level {
                        list,
                        counts: true,
                        member: Member::Other,
                    },
                };
                levels.push(level);
                found.depth = found.depth.max(levels.len());
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
                if let Some(level) = levels.last().filter(|level| level.counts) {
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
            // Of `60` that was cut, `6` may be left.
            Member::Penalty if !cut => self.penalty = self.penalty.max(penalty(text)),
            Member::Word | Member::Code => match text {
                RATE_LIMIT => self.limited = true,
                "auth.token_error" | "invalid_token" => self.rejected = true,
                "invalid_request" => self.malformed = true,
                code if member == Member::Code && is_code(code) && !cut => {
                    self.code.get_or_insert_with(|| code.to_owned());
                }
                _ => {}
            },
            Member::Penalty | Member::Data | Member::Other => {}
        }
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
        let part = r#"{"data":{"sendBalance":{"recipients":[{"message":"invalid_token"}]}}"#;
        assert!(found(part).rejected);
        assert!(!find(part.as_bytes(), true).rejected);
        let whole = format!(r#"{part},"error":"invalid_token"}}"#);
        assert!(find(whole.as_bytes(), true).rejected);
    }

    #[test]
    fn depth_is_no_obstacle() {
        let deep = format!("{{\"x\":{}", "[{\"x\":".repeat(100_000));
        let words = r#""error":"invalid_token""#;
        assert!(found(&format!("{deep}0,{words}")).rejected);
        let closed = format!("{deep}0{},{words}}}", "}]".repeat(100_000));
        let closed = found(&closed);
        assert!(closed.rejected);
        assert_eq!(closed.depth, 200_001);
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
