//! What holds for every answer, documented or not.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use reqwest::header::{DATE, HeaderValue, RETRY_AFTER};
use xoxoday_api::Operation;

use super::*;
use crate::properties::cases;

/// Members that may stand beside the documented ones, without a code or a
/// wait of their own.
const OTHERS: &[&str] = &[
    r#""success":0"#,
    r#""code":401"#,
    r#""error":"""#,
    r#""error":{"reason":[{}]}"#,
    r#""message":"no""#,
    r#""message":null"#,
    r#""note":"it's {error:'b'}, [not] \\""#,
    r#""quoted":"{\"error\":\"invalid_request\"}""#,
    r#""list":[1,-2.5e-3,[{"x":null},true],{}]"#,
    r#""data":null"#,
    r#""data":{"user_balance":{"success":0,"message":"no"}}"#,
    r#""errors":[]"#,
    r#""errors":[{"message":"other"},7,"x"]"#,
    r#""":"\u0000é\ud83d\ude00""#,
];

/// A name or a word, spelled as JSON or almost.
#[derive(Debug, Clone, Copy)]
enum Spelling {
    Json,
    Escaped,
    SingleQuotes,
    Bare,
}

impl Spelling {
    fn of(self, word: &str) -> String {
        match self {
            Self::Json => format!("{word:?}"),
            Self::Escaped => {
                let first = word.chars().next().map_or(0, u32::from);
                format!("\"\\u{first:04x}{}\"", &word[1..])
            }
            Self::SingleQuotes => format!("'{word}'"),
            Self::Bare => word.to_owned(),
        }
    }
}

/// Where the documented members stand.
#[derive(Debug, Clone, Copy)]
enum Place {
    Top,
    Errors,
    List,
    ErrorObject,
    Deep,
}

/// An answer with documented members among others.
#[derive(Debug, Clone)]
struct Buried {
    body: String,
    /// Where the documented members end.
    told: usize,
    /// Whether they stand where an answer with parts has those of a part.
    of_part: bool,
}

impl Buried {
    /// Whether the words are the answer's own, for an operation.
    fn counts(&self, operation: Operation) -> bool {
        !(self.of_part && verdict(operation).is_some())
    }
}

prop_compose! {
    /// Buries documented members, given as name and value.
    fn buried(members: Vec<(&'static str, String)>)(
        place in select(vec![
            Place::Top, Place::Errors, Place::List, Place::ErrorObject, Place::Deep,
        ]),
        names in select(vec![
            Spelling::Json, Spelling::Escaped, Spelling::SingleQuotes, Spelling::Bare,
        ]),
        spaces in select(vec!["", " ", "\n\t", "\r\n "]),
        mark in select(vec!["", "\u{feff}", " \n"]),
        before in prop::collection::vec(select(OTHERS), 0..4),
        after in prop::collection::vec(select(OTHERS), 0..3),
        siblings in prop::collection::vec(select(vec!["{}", "null", "\"x\"", "[[]]", "{\"message\":\"m\"}"]), 0..3),
    ) -> Buried {
        let mut object: Vec<String> = before.iter().map(|&other| other.to_owned()).collect();
        for (name, value) in &members {
            object.push(format!("{}{spaces}:{spaces}{value}", names.of(name)));
        }
        let core = object.join(&format!("{spaces},{spaces}"));
        let entries: String = siblings.iter().map(|sibling| format!("{sibling},{spaces}")).collect();
        let (open, close) = match place {
            Place::Top => (String::new(), ""),
            Place::Errors => (format!("{{\"errors\":{spaces}[{entries}"), "]}"),
            Place::List => (format!("[{entries}"), "]"),
            Place::ErrorObject => ("{\"code\":1,\"error\":".to_owned(), "}"),
            Place::Deep => ("{\"x\":[".repeat(300), "]}"),
        };
        let head = format!("{mark}{open}{{{spaces}{core}");
        let tail: String = after.iter().map(|other| format!(",{spaces}{other}")).collect();
        let closes = if matches!(place, Place::Deep) { 300 } else { 1 };
        Buried {
            told: head.len(),
            of_part: matches!(place, Place::List | Place::Deep),
            body: format!("{head}{spaces}{tail}}}{}", close.repeat(closes)),
        }
    }
}

fn spelled(word: &'static str) -> impl Strategy<Value = String> {
    select(vec![
        Spelling::Json,
        Spelling::Escaped,
        Spelling::SingleQuotes,
        Spelling::Bare,
    ])
    .prop_map(move |spelling| spelling.of(word))
}

/// A rate limit as it is documented, and the wait it asks for.
fn rate_limit() -> impl Strategy<Value = (Buried, u64)> {
    (
        select(vec!["message", "error", "error_message_id"]),
        spelled(telltales::RATE_LIMIT),
        prop::option::of(1..200_000_u64),
        any::<[bool; 2]>(),
    )
        .prop_flat_map(|(name, word, penalty, [quoted, first])| {
            let mut members = vec![(name, word)];
            if let Some(seconds) = penalty {
                let seconds = match quoted {
                    true => format!("\"{seconds}\""),
                    false => seconds.to_string(),
                };
                members.insert(usize::from(!first), ("penaltySeconds", seconds));
            }
            let wait = penalty.unwrap_or(60).min(86_400);
            (buried(members), Just(wait))
        })
}

fn rejection() -> impl Strategy<Value = Buried> {
    let documented = select(vec![
        ("error", "invalid_token"),
        ("error_message_id", "auth.token_error"),
    ]);
    documented.prop_flat_map(|(name, word)| {
        spelled(word).prop_flat_map(move |word| buried(vec![(name, word)]))
    })
}

fn code() -> impl Strategy<Value = (Buried, &'static str)> {
    let codes = select(vec!["PIPE10015", "PIPE10016", "PIPE10017", "PLE10019"]);
    codes.prop_flat_map(|code| {
        // Whatever else it says: a new token cannot help.
        let members = vec![
            ("errorId", format!("{code:?}")),
            ("error", "\"invalid_token\"".to_owned()),
        ];
        (buried(members), Just(code))
    })
}

/// The answer whole, cut after what it told, or with something behind it.
fn bytes(buried: &Buried, cut: Option<Index>, behind: &[u8]) -> Vec<u8> {
    let body = buried.body.as_bytes();
    match cut {
        Some(cut) => body[..buried.told + cut.index(body.len() - buried.told + 1)].to_vec(),
        None => [body, behind].concat(),
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    select(Operation::ALL)
}

fn status() -> impl Strategy<Value = StatusCode> {
    const USUAL: [u16; 12] = [200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503];
    prop_oneof![4 => select(USUAL.to_vec()), 1 => 100..1000_u16]
        .prop_map(|status| StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    let value = || {
        prop::collection::vec(
            prop_oneof![0x20..0x7f_u8, b'0'..=b'9', 0x80..=0xff_u8],
            0..30,
        )
    };
    (value(), value()).prop_map(|(retry_after, date)| {
        let pairs = [(RETRY_AFTER, retry_after), (DATE, date)];
        let valid = pairs.into_iter().filter_map(|(name, value)| {
            let value = HeaderValue::from_bytes(&value).ok()?;
            Some((name, value))
        });
        valid.collect()
    })
}

/// Pieces of documented bodies, whole and broken.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\\",
        " ",
        "\u{feff}",
        "null",
        "0",
        "1e9",
        "-",
        "true",
        "false",
        "\"data\":{",
        "\"sendBalance\":{",
        "\"cancelBalance\":{",
        "\"user_balance\":{",
        "\"recipients\":[{",
        "\"success\":0",
        "\"error\":",
        "\"errors\":[",
        "\"message\":",
        "\"errorId\":",
        "\"penaltySeconds\":",
        "\"PIPE10017\"",
        "\"PLE1\"",
        "\"invalid_token\"",
        "auth.token_error",
        "'auth.request_limit_exceeded'",
        "\\u0000",
        "é",
        "<html>",
        "invalid_request",
    ];
    prop::collection::vec(select(PIECES), 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

/// A documented answer with a byte or two changed, left out or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let answers = prop_oneof![
        rate_limit().prop_map(|(buried, _)| buried),
        rejection(),
        code().prop_map(|(buried, _)| buried),
    ];
    let changes = prop::collection::vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..4);
    (answers, changes).prop_map(|(answer, changes)| {
        let mut body = answer.body.into_bytes();
        for (at, byte, how) in changes {
            let at = at.index(body.len());
            match how {
                0 => body[at] = byte,
                1 if body.len() > 1 => drop(body.remove(at)),
                _ => body.insert(at, byte),
            }
        }
        body
    })
}

/// What no answer may break.
fn check(operation: Operation, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    let moves_points = verdict(operation).is_some();
    let meaning = classify(operation, status, headers, body);
    match &meaning {
        Meaning::Success => {
            assert!(status.is_success() || moves_points, "{meaning:?}");
            let text = String::from_utf8_lossy(body);
            assert!(Members::of(&text).is_some());
        }
        Meaning::Garbled => assert!(!status.is_server_error(), "{meaning:?}"),
        Meaning::Unauthorized => assert_eq!(status, StatusCode::UNAUTHORIZED),
        Meaning::ServerTrouble(wait) => {
            assert!(status.is_server_error(), "{meaning:?}");
            let seconds = wait.map_or(1, |wait| wait.as_secs());
            assert!((1..=86_400).contains(&seconds), "{meaning:?}");
        }
        Meaning::RateLimited(wait) => {
            assert!((1..=86_400).contains(&wait.as_secs()), "{meaning:?}");
        }
        Meaning::Refused { code, message } => {
            for words in code.iter().chain([message]) {
                assert!(
                    words.chars().count() <= 300 && !words.is_empty(),
                    "{meaning:?}"
                );
                assert!(!words.chars().any(breaks_a_line), "{meaning:?}");
            }
        }
        Meaning::TokenRejected => {}
    }
}

proptest! {
    #![proptest_config(cases(12_000))]

    #[test]
    fn arbitrary_bytes_have_a_meaning(
        operation in operation(), status in status(), headers in headers(),
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        check(operation, status, &headers, &body);
    }

    #[test]
    fn pieces_of_answers_have_a_meaning(
        operation in operation(), status in status(), body in pieces(),
    ) {
        check(operation, status, &HeaderMap::new(), &body);
    }
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn mutated_answers_have_a_meaning(
        operation in operation(), status in status(), headers in headers(), body in mutated(),
    ) {
        check(operation, status, &headers, &body);
    }

    #[test]
    fn a_buried_rate_limit_is_found(
        operation in operation(), status in status(), (buried, wait) in rate_limit(),
        behind in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        prop_assume!(buried.counts(operation));
        let body = bytes(&buried, None, &behind);
        let meaning = classify(operation, status, &HeaderMap::new(), &body);
        prop_assert_eq!(meaning, Meaning::RateLimited(Duration::from_secs(wait)));
    }

    #[test]
    fn a_cut_rate_limit_is_found(
        operation in operation(), status in status(), (buried, wait) in rate_limit(),
        cut in any::<Index>(),
    ) {
        prop_assume!(buried.counts(operation));
        let meaning = classify(operation, status, &HeaderMap::new(), &bytes(&buried, Some(cut), b""));
        // Cut at its last digit, a penalty is not believed.
        let waits = [wait, 60].map(|wait| Meaning::RateLimited(Duration::from_secs(wait)));
        prop_assert!(waits.contains(&meaning), "{:?}", meaning);
    }

    #[test]
    fn a_buried_rejection_is_found(
        operation in operation(), status in status(), buried in rejection(),
        cut in prop::option::of(any::<Index>()),
        behind in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        prop_assume!(buried.counts(operation));
        let meaning = classify(operation, status, &HeaderMap::new(), &bytes(&buried, cut, &behind));
        prop_assert_eq!(meaning, Meaning::TokenRejected);
    }

    #[test]
    fn a_code_that_no_token_cures_costs_no_token(
        operation in operation(), status in status(), (buried, code) in code(),
        cut in prop::option::of(any::<Index>()),
    ) {
        prop_assume!(buried.counts(operation));
        let meaning = classify(operation, status, &HeaderMap::new(), &bytes(&buried, cut, b""));
        let refused = matches!(&meaning, Meaning::Refused { code: Some(found), .. } if found == code);
        prop_assert!(refused, "{:?}", meaning);
    }

    /// Whatever words it has for a part, an answer that says what became of the
    /// points goes to its decoder whole, and cut is no reason to send again.
    #[test]
    fn the_words_of_a_part_do_not_repeat_a_sending(
        status in status(), word in select(vec!["invalid_token", "auth.token_error", "auth.request_limit_exceeded"]),
        name in select(vec!["message", "error", "error_message_id"]),
        send in any::<bool>(), cut in any::<Index>(),
    ) {
        let (operation, verdict) = match send {
            true => (Operation::SendPoints, "sendBalance"),
            false => (Operation::CancelPoints, "cancelBalance"),
        };
        let whole = format!(
            r#"{{"data":{{"{verdict}":{{"error":true,"recipients":[{{"success":true}},{{"{name}":"{word}"}}]}}}}}}"#
        );
        let meaning = |body: &str| classify(operation, status, &HeaderMap::new(), body.as_bytes());
        prop_assert_eq!(meaning(&whole), Meaning::Success);
        let of_cut = meaning(&whole[..cut.index(whole.len())]);
        // As good as nothing, or what may have been done.
        prop_assert!([meaning("{"), Meaning::Garbled].contains(&of_cut), "{:?}", of_cut);
    }
}
