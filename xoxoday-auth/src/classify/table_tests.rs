//! What is decided for every documented error body at every status.
//!
//! | in a cell | meaning |
//! | --- | --- |
//! | `ok` | for the operation's decoder |
//! | `garbled` | nothing that anybody can read |
//! | `reject` | the token is rejected: exchange, then login |
//! | `newer` | unauthorized for no named cause: a newer token may help |
//! | `60s` | a rate limit, and its wait |
//! | `no` | refused, with the code if there is one; no exchange |
//! | `down` | the server is in trouble |

use std::collections::BTreeSet;

use xoxoday_api::Operation;

use super::*;

const EVERY_OPERATION: &[Operation] = Operation::ALL;

/// The documented bodies, by the names that the tables use.
const BODIES: &[(&str, &str)] = &[
    (
        "token error",
        r#"{"success":0,"error_message_id":"auth.token_error"}"#,
    ),
    (
        "invalid token",
        r#"{"error":"invalid_token","error_description":"invalid/expired token"}"#,
    ),
    (
        "token, almost JSON",
        "{error:'invalid_token',error_description:'invalid/expired token'}",
    ),
    ("limit", r#"{"message":"auth.request_limit_exceeded"}"#),
    (
        "limit, almost JSON",
        "{message:'auth.request_limit_exceeded'}",
    ),
    (
        "limit in errors",
        r#"{"errors":[{"message":"auth.request_limit_exceeded","penaltySeconds":90}]}"#,
    ),
    (
        "invalid request",
        r#"{"error":"invalid_request","error_description":"missing/invalid parameters authorization header"}"#,
    ),
    ("unauthorized", r#"{"error":"Unauthorized"}"#),
    (
        "error and message",
        r#"{"error":"Bad Request","message":"amount must be positive"}"#,
    ),
    (
        "PIPE10015",
        r#"{"code":401,"errorId":"PIPE10015","errorInfo":"User is disabled","error":"x"}"#,
    ),
    (
        "PIPE10016",
        r#"{"code":401,"errorId":"PIPE10016","errorInfo":"Company is disabled","error":"x"}"#,
    ),
    (
        "PIPE10017",
        r#"{"code":401,"errorId":"PIPE10017","errorInfo":"IP is not registered","error":"x"}"#,
    ),
    (
        "PLE10019",
        r#"{"code":401,"errorId":"PLE10019","errorInfo":"Not allowed","error":"x"}"#,
    ),
    (
        "PLE10030, text",
        r#"{"code":404,"errorId":"PLE10030","errorInfo":"Not found","error":"x"}"#,
    ),
    (
        "PLE10030, object",
        r#"{"code":404,"errorId":"PLE10030","errorInfo":"Not found","error":{"message":"x"}}"#,
    ),
    ("no body", ""),
    ("HTML", "<html><body>502 Bad Gateway</body></html>"),
    (
        "no balance",
        r#"{"data":{"user_balance":{"success":0,"message":"missing user's details","data":null}}}"#,
    ),
    (
        "cancel failed",
        r#"{"data":{"cancelBalance":{"error":true,"message":"no","recipients":[{"unique_id":1,"success":false,"message":"no"}]}}}"#,
    ),
    (
        "send failed",
        r#"{"data":{"sendBalance":{"error":true,"message":"no","recipients":[{"email":"a@x.example","success":false,"message":"no"}]}}}"#,
    ),
];

fn body(name: &str) -> &'static str {
    let found = BODIES.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no body {name:?}")).1
}

fn cell(meaning: &Meaning) -> String {
    match meaning {
        Meaning::Success => "ok".into(),
        Meaning::Garbled => "garbled".into(),
        Meaning::TokenRejected => "reject".into(),
        Meaning::Unauthorized => "newer".into(),
        Meaning::RateLimited(wait) => format!("{}s", wait.as_secs()),
        Meaning::Refused { code: None, .. } => "no".into(),
        Meaning::Refused {
            code: Some(code), ..
        } => format!("no {code}"),
        Meaning::ServerTrouble(_) => "down".into(),
    }
}

/// The head of a table, and its rows.
fn rows_of(table: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let mut rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.contains('|'))
        .map(|line| line.trim().trim_matches('|').split('|'))
        .map(|cells| cells.map(str::trim).collect())
        .collect();
    let head = rows.remove(0);
    (head, rows)
}

/// Holds each row of a table against `classify`, and shows every difference.
/// A row may leave out its last cells where they repeat the one before.
fn holds(operations: &[Operation], table: &str) {
    let (head, rows) = rows_of(table);
    let mut wrong = Vec::new();
    for row in rows {
        for (column, status) in head.iter().enumerate().skip(1) {
            let expected = row.get(column).or(row.last()).unwrap();
            let status = StatusCode::from_bytes(status.as_bytes()).unwrap();
            for &operation in operations {
                let meaning = classify(
                    operation,
                    status,
                    &HeaderMap::new(),
                    body(row[0]).as_bytes(),
                );
                if cell(&meaning) != **expected {
                    let name = row[0];
                    wrong.push(format!(
                        "{operation}, {status}, {name}: {meaning:?}, not {expected}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Documented words decide, whatever the status and whatever was asked.
const DOCUMENTED_WORDS: &str = "
| answer              | 200          | 400 | 401 | 403 | 404 | 422 | 429 | 500 | 502 | 503 |
| token error         | reject       |
| invalid token       | reject       |
| token, almost JSON  | reject       |
| limit               | 60s          |
| limit, almost JSON  | 60s          |
| limit in errors     | 90s          |
| invalid request     | no           |
| PIPE10015           | no PIPE10015 |
| PIPE10016           | no PIPE10016 |
| PIPE10017           | no PIPE10017 |
| PLE10019            | no PLE10019  |
| PLE10030, text      | no PLE10030  |
| PLE10030, object    | no PLE10030  |
";

/// Without documented words the status has its say.
const OTHER_ANSWERS: &str = "
| answer              | 200     | 400 | 401   | 403 | 404 | 422 | 429 | 500  | 502  | 503  |
| unauthorized        | no      | no  | newer | no  | no  | no  | 60s | down | down | down |
| error and message   | no      | no  | no    | no  | no  | no  | 60s | down | down | down |
";

/// What is not Xoxoday's says nothing of what was done.
const A_GATEWAY_S: &str = "
| answer  | 200     | 302     | 400     | 401     | 403     | 404     | 422     | 429 | 500  | 502 | 503 |
| no body | garbled | garbled | garbled | garbled | garbled | garbled | garbled | 60s | down |
| HTML    | garbled | garbled | garbled | garbled | garbled | garbled | garbled | 60s | down |
";

/// What the operation's own answer says of the work is read wherever it stands.
const OWN_FAILURES: [(Operation, &str); 3] = [
    (
        Operation::FetchPoints,
        "
| answer     | 200 | 400 | 401 | 403 | 404 | 422 | 429 | 500 | 502 | 503 |
| no balance | no  |
",
    ),
    (
        Operation::SendPoints,
        "
| answer      | 200 | 400 | 401 | 403 | 404 | 422 | 429 | 500 | 502 | 503 |
| send failed | ok  |
",
    ),
    (
        Operation::CancelPoints,
        "
| answer        | 200 | 400 | 401 | 403 | 404 | 422 | 429 | 500 | 502 | 503 |
| cancel failed | ok  |
",
    ),
];

/// The failure of another operation says nothing: its status does. But where
/// points move, what shows through of a verdict leaves open what was done.
const FAILURES_OF_OTHERS: [(&[Operation], &str); 4] = [
    (
        &[
            Operation::ValidateTokenPoints,
            Operation::RefreshTokenPoints,
            Operation::CreateUserToken,
        ],
        "
| answer        | 200 | 400 | 401 | 403 | 404 | 422 | 429 | 500  | 502  | 503  |
| no balance    | ok  | no  | no  | no  | no  | no  | 60s | down | down | down |
| send failed   | ok  | no  | no  | no  | no  | no  | 60s | down | down | down |
| cancel failed | ok  | no  | no  | no  | no  | no  | 60s | down | down | down |
",
    ),
    (
        &[Operation::FetchPoints],
        "
| answer        | 200 | 400 | 401 | 403 | 404 | 422 | 429 | 500  | 502  | 503  |
| send failed   | ok  | no  | no  | no  | no  | no  | 60s | down | down | down |
| cancel failed | ok  | no  | no  | no  | no  | no  | 60s | down | down | down |
",
    ),
    (
        &[Operation::SendPoints],
        "
| answer        | 200 | 302     | 400     | 401     | 403     | 404     | 422     | 429     | 500  | 502  | 503  |
| no balance    | ok  | garbled | no      | no      | no      | no      | no      | 60s     | down | down | down |
| cancel failed | ok  | garbled | garbled | garbled | garbled | garbled | garbled | garbled | down | down | down |
",
    ),
    (
        &[Operation::CancelPoints],
        "
| answer        | 200 | 302     | 400     | 401     | 403     | 404     | 422     | 429     | 500  | 502  | 503  |
| no balance    | ok  | garbled | no      | no      | no      | no      | no      | 60s     | down | down | down |
| send failed   | ok  | garbled | garbled | garbled | garbled | garbled | garbled | garbled | down | down | down |
",
    ),
];

#[test]
fn documented_words_mean_the_same_at_every_status() {
    holds(EVERY_OPERATION, DOCUMENTED_WORDS);
}

#[test]
fn other_answers_mean_what_their_status_says() {
    holds(EVERY_OPERATION, OTHER_ANSWERS);
}

#[test]
fn a_gateway_s_answer_is_no_refusal() {
    holds(EVERY_OPERATION, A_GATEWAY_S);
}

#[test]
fn an_operation_s_own_failure_is_its_own_at_every_status() {
    for (operation, table) in OWN_FAILURES {
        holds(&[operation], table);
    }
}

#[test]
fn another_operation_s_failure_is_left_to_the_decoder() {
    for (operations, table) in FAILURES_OF_OTHERS {
        holds(operations, table);
    }
}

#[test]
fn every_documented_body_stands_in_a_table_for_every_operation_and_status() {
    let mut cells = BTreeSet::new();
    let mut note = |operations: &[Operation], table: &'static str| {
        let (head, rows) = rows_of(table);
        for row in rows {
            for status in &head[1..] {
                let of_all = operations.iter().map(|it| (it.id(), row[0], *status));
                cells.extend(of_all);
            }
        }
    };
    for table in [DOCUMENTED_WORDS, OTHER_ANSWERS, A_GATEWAY_S] {
        note(EVERY_OPERATION, table);
    }
    for (operation, table) in OWN_FAILURES {
        note(&[operation], table);
    }
    for (operations, table) in FAILURES_OF_OTHERS {
        note(operations, table);
    }
    for operation in EVERY_OPERATION {
        for (name, _) in BODIES {
            for status in [
                "200", "400", "401", "403", "404", "422", "429", "500", "502", "503",
            ] {
                let cell = (operation.id(), *name, status);
                assert!(cells.contains(&cell), "{cell:?}");
            }
        }
    }
}

#[test]
fn a_refusal_gives_the_most_telling_words() {
    for (name, expected) in [
        (
            "invalid request",
            "missing/invalid parameters authorization header",
        ),
        ("error and message", "amount must be positive"),
        ("PIPE10017", "IP is not registered"),
        ("PLE10030, object", "Not found"),
        ("no balance", "missing user's details"),
    ] {
        let body = body(name).as_bytes();
        match classify(
            Operation::FetchPoints,
            StatusCode::OK,
            &HeaderMap::new(),
            body,
        ) {
            Meaning::Refused { message, .. } => assert_eq!(message, expected, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}
