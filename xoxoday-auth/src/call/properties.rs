//! What holds for the answers of every operation: none panics, and what is said
//! of one that is no success repeats nothing of it.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use reqwest::StatusCode;
use tokio::runtime::Runtime;

use super::*;
use crate::properties::cases;

/// A secret as text and as digits: errors of serde would quote either.
const CANARIES: [&str; 2] = ["canary", "7357735773"];

/// Values for a member, of which most are not what it takes.
const VALUES: &[&str] = &[
    "\"canary\"",
    "7357735773",
    "-7357735773.5e-2",
    "\"7357735773\"",
    "[\"canary\"]",
    "{\"canary\":\"canary\"}",
    "null",
    "true",
    "1",
    "\"1\"",
    "1e400",
    "\"\\ud800\"",
];

/// Answers of each operation; `@` stands for a value.
const ANSWERS: &[(Operation, &str)] = &[
    (
        Operation::ValidateTokenPoints,
        r#"{"access_token":@,"token_type":@,"expires_in":@,"access_token_expiry":@,"refresh_token_expiry":@}"#,
    ),
    (
        Operation::RefreshTokenPoints,
        r#"{"access_token":@,"refresh_token":@,"expires_in":@,"token_type":@}"#,
    ),
    (
        Operation::CreateUserToken,
        r#"{"access_token":@,"scope":@,"refresh_token":@,"expires_in":@}"#,
    ),
    (
        Operation::FetchPoints,
        r#"{"data":{"user_balance":{"success":1,"message":@,"data":{"total":@}}}}"#,
    ),
    (Operation::FetchPoints, r#"{"data":@}"#),
    (
        Operation::SendPoints,
        r#"{"data":{"unique_id":@,"email":@,"name":@,"points":@}}"#,
    ),
    (
        Operation::SendPoints,
        r#"{"data":{"sendBalance":{"error":@,"message":@,"recipients":[{"email":@,"points":@,"success":@,"unique_id":@}]}}}"#,
    ),
    (
        Operation::CancelPoints,
        r#"{"data":{"cancelBalance":{"error":@,"recipients":[{"unique_id":@,"success":@,"message":@}]}}}"#,
    ),
    (Operation::CancelPoints, r#"{"data":{"cancelBalance":@}}"#),
];

/// What the caller is told of an answer, where it is no success.
fn told(operation: Operation, status: StatusCode, body: &[u8]) -> Option<String> {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

    let mut response = http::Response::new(body.to_vec());
    *response.status_mut() = status;
    let answer = RUNTIME.block_on(Answer::read(response.into(), 1024));
    let meaning = answer.meaning(operation);
    success(Errand::of(operation), answer, meaning)
        .err()
        .map(|error| {
            let mut told = format!("{error} {error:?}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                told += &format!(" {cause} {cause:?}");
                source = cause.source();
            }
            told
        })
}

prop_compose! {
    fn filled()(
        (operation, answer) in select(ANSWERS),
        values in prop::collection::vec(select(VALUES), 8),
    ) -> (Operation, String) {
        let mut values = values.iter();
        let pieces = answer.split('@').map(str::to_owned);
        let body = pieces.reduce(|body, piece| body + values.next().unwrap_or(&"null") + &piece);
        (operation, body.unwrap_or_default())
    }
}

fn status() -> impl Strategy<Value = StatusCode> {
    select(vec![
        StatusCode::OK,
        StatusCode::UNAUTHORIZED,
        StatusCode::NOT_FOUND,
        StatusCode::BAD_GATEWAY,
    ])
}

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn arbitrary_bytes_are_no_success(
        operation in select(Operation::ALL), status in status(),
        body in prop::collection::vec(any::<u8>(), 0..48),
    ) {
        prop_assert!(told(operation, status, &body).is_some());
    }

    #[test]
    fn an_error_repeats_nothing_of_an_answer((operation, body) in filled(), status in status()) {
        if let Some(told) = told(operation, status, body.as_bytes()) {
            for canary in CANARIES {
                prop_assert!(!told.contains(canary), "{}", told);
            }
        }
    }

    #[test]
    fn an_error_repeats_nothing_of_a_mutated_answer(
        (operation, body) in filled(), status in status(), at in any::<Index>(), byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut body = body.into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        if cut {
            body.truncate(at);
        }
        if let Some(told) = told(operation, status, &body) {
            for canary in CANARIES {
                prop_assert!(!told.contains(canary), "{}", told);
            }
        }
    }
}
