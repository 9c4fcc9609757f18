//! What holds for every answer about points: it is understood without a panic,
//! in little time, and calls nothing done of which it does not say so.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::classify::{Meaning, classify};
use crate::properties::cases;

const OURS: [&str; 3] = ["a@x.example", "b@x.example", "c@x.example"];

/// Values for a member, of which most are not what it takes.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "\"false\"",
    "0",
    "1",
    "\"1\"",
    "7",
    "\"7\"",
    "\"\"",
    "\"A@x.example\"",
    "\"b@x.example\"",
    "\"invalid_token\"",
    "\"auth.request_limit_exceeded\"",
    "\"\\ud800\"",
    "1e400",
    "-12.50",
    "[]",
    "{}",
    "[7,\"x\"]",
];

const NAMES: &[&str] = &[
    "data",
    "user_balance",
    "sendBalance",
    "cancelBalance",
    "recipients",
    "success",
    "error",
    "errors",
    "errorId",
    "message",
    "email",
    "to_email",
    "unique_id",
    "points",
    "total",
    "note",
];

/// JSON with the members of answers in every order and at every depth.
fn jsonish() -> impl Strategy<Value = String> {
    let leaf = select(VALUES).prop_map(str::to_owned);
    let value = leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|entries| format!("[{}]", entries.join(","))),
            4 => object(inner),
        ]
    });
    prop_oneof![
        1 => object(value.clone()),
        1 => object(value.clone()).prop_map(|data| format!("{{\"data\":{data}}}")),
        2 => (select(&NAMES[1..4]), object(value.clone()))
            .prop_map(|(name, verdict)| format!("{{\"data\":{{\"{name}\":{verdict}}}}}")),
        3 => listed(value),
    ]
}

/// An answer that lists recipients, ours among them, with words beside `data`.
fn listed(value: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    const FATES: &[&str] = &[
        r#"{"unique_id":7,"email":"a@x.example","success":true}"#,
        r#"{"unique_id":8,"to_email":"b@x.example","success":1}"#,
        r#"{"email":"b@x.example","success":false,"message":"auth.token_error"}"#,
    ];
    let fate = select(FATES).prop_map(str::to_owned);
    let entry = prop_oneof![1 => object(value), 2 => fate];
    let words = (select(NAMES), select(VALUES));
    let words = words.prop_map(|(name, value)| format!(",\"{name}\":{value}"));
    let name = select(&NAMES[2..4]);
    (
        name,
        prop::collection::vec(entry, 0..4),
        prop::collection::vec(words, 0..3),
    )
        .prop_map(|(name, entries, beside)| {
            let list = entries.join(",");
            let beside = beside.concat();
            // The last of two members of one name counts: `data` is that.
            format!("{{\"x\":0{beside},\"data\":{{\"{name}\":{{\"recipients\":[{list}]}}}}}}")
        })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member = (select(NAMES), value).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(",")))
}

fn recipients(count: usize) -> Vec<Recipient> {
    let ours = OURS.iter().cycle().take(count);
    ours.map(|email| Recipient::new(email, 1).unwrap())
        .collect()
}

fn ids(count: usize) -> Vec<TransactionId> {
    (0..count)
        .map(|id| TransactionId::new(id as i64 % 8))
        .collect()
}

/// Understands an answer in every way there is.
fn check(count: usize, answer: &str) {
    let sent = sent::understand(recipients(count), answer);
    let error = match &sent {
        Ok(sent) => {
            assert!(sent.all_credited());
            None
        }
        Err(error) => Some(error),
    };
    let kept = match error {
        Some(error) => error.sent().unwrap(),
        None => sent.as_ref().unwrap(),
    };
    assert_eq!(kept.results.len(), count);
    assert!(kept.unmatched.len() <= MOST_PER_CALL);
    let credited = kept.credited().count();
    match error.map(Error::kind) {
        None => {}
        Some(ErrorKind::Refused) => assert!(credited < count),
        Some(kind) => assert_eq!(kind, ErrorKind::OutcomeUnknown),
    }

    for done_before in [false, true] {
        let cancelled = cancel::understand(&ids(count), answer, done_before);
        match cancelled {
            Ok(cancelled) => assert!(cancelled.all_cancelled()),
            Err(error) => {
                assert_eq!(error.cancelled().unwrap().results.len(), count);
                let fair = [ErrorKind::Refused, ErrorKind::OutcomeUnknown];
                assert!(fair.contains(&error.kind()));
            }
        }
    }
    let _ = total(answer);
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn whatever_is_answered_is_understood(count in 1..5_usize, answer in jsonish()) {
        check(count, &answer);
    }

    /// What the decoder takes for done goes to it, and is never sent again.
    #[test]
    fn what_was_credited_is_never_called_safe_to_repeat(answer in jsonish()) {
        for count in [1, 2] {
            let credited = match sent::understand(recipients(count), &answer) {
                Ok(sent) => sent.credited().count(),
                Err(error) => error.sent().unwrap().credited().count(),
            };
            let meaning = classify(
                Operation::SendPoints,
                reqwest::StatusCode::OK,
                &reqwest::header::HeaderMap::new(),
                answer.as_bytes(),
            );
            prop_assert!(credited == 0 || meaning == Meaning::Success, "{:?}", meaning);
        }
    }

    #[test]
    fn arbitrary_bytes_are_understood(
        count in 1..5_usize, bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        check(count, &String::from_utf8_lossy(&bytes));
    }
}

proptest! {
    #![proptest_config(cases(60))]

    /// Some KiB of it, as recipients and entries multiply.
    #[test]
    fn long_answers_are_understood(
        entries in prop::collection::vec(jsonish(), 1..8), times in 1..64_usize,
        count in 1..MOST_PER_CALL,
    ) {
        for verdict in ["sendBalance", "cancelBalance"] {
            let list = vec![entries.join(","); times].join(",");
            let answer = format!(r#"{{"data":{{"{verdict}":{{"error":false,"recipients":[{list}]}}}}}}"#);
            check(count, &answer);
        }
    }

    #[test]
    fn long_bytes_are_understood(bytes in prop::collection::vec(any::<u8>(), 0..8192)) {
        check(3, &String::from_utf8_lossy(&bytes));
        for operation in Operation::ALL {
            let headers = reqwest::header::HeaderMap::new();
            classify(*operation, reqwest::StatusCode::OK, &headers, &bytes);
        }
    }
}
