//! One behaviour at a time; all documented bodies are in `table_tests`.

use super::*;

fn meaning(status: u16, body: &str) -> Meaning {
    let status = StatusCode::from_u16(status).unwrap();
    let headers = HeaderMap::new();
    classify(
        Operation::ValidateTokenPoints,
        status,
        &headers,
        body.as_bytes(),
    )
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
        let body = format!(r#"{{"code":401,"errorId":"{code}","errorInfo":"why","error":{{}}}}"#);
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
    for body in [
        r#"{"success":0,"message":"no"}"#,
        r#"{"success":"false"}"#,
        r#"{"error":"no"}"#,
        r#"{"error":true}"#,
    ] {
        assert!(
            matches!(meaning(200, body), Meaning::Refused { .. }),
            "{body}"
        );
    }
    for body in [
        r#"{"data":{}}"#,
        r#"{"data":{},"error":""}"#,
        r#"{"error":{}}"#,
        r#"{"error":false,"success":1}"#,
        r#"{"error":"0","success":"1"}"#,
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

#[test]
fn a_success_that_nobody_can_read_is_garbled() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for body in [
        "",
        "<html>",
        r#"{"data":{"#,
        r#"{"data":{}}x"#,
        "[]",
        "null",
        r#""ok""#,
        &deep,
    ] {
        assert_eq!(meaning(200, body), Meaning::Garbled, "{body}");
    }
    let latin = b"{\"name\":\"Jos\xe9\"}";
    let headers = HeaderMap::new();
    let meaning = classify(Operation::SendPoints, StatusCode::OK, &headers, latin);
    assert_eq!(meaning, Meaning::Garbled);
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    for (status, body) in [
        (200, r#"{"data":{}}"#),
        (401, r#"{"error":"Unauthorized"}"#),
    ] {
        let marked = format!("\u{feff}{body}");
        assert_eq!(meaning(status, &marked), meaning(status, body), "{body}");
    }
}

#[test]
fn a_rate_limit_in_plain_words_is_one() {
    let send = |body: &str| {
        let headers = HeaderMap::new();
        classify(
            Operation::SendPoints,
            StatusCode::OK,
            &headers,
            body.as_bytes(),
        )
    };
    for body in [
        "auth.request_limit_exceeded",
        "\"auth.request_limit_exceeded\"",
        "<p>auth.request_limit_exceeded</p>",
    ] {
        assert!(matches!(send(body), Meaning::RateLimited(_)), "{body}");
    }
    // A citation is written by anyone.
    let cut = r#"{"data":{"citation":"auth.request_limit_exceeded""#;
    assert_eq!(send(cut), Meaning::Garbled);
    assert!(matches!(meaning(200, cut), Meaning::RateLimited(_)));
}

#[test]
fn the_wait_comes_from_the_header_where_the_body_has_none() {
    let headers = [(reqwest::header::RETRY_AFTER, "30".parse().unwrap())];
    let headers = headers.into_iter().collect();
    for (body, seconds) in [
        (r#"{"message":"auth.request_limit_exceeded"}"#, 30),
        (
            r#"{"message":"auth.request_limit_exceeded","penaltySeconds":90}"#,
            90,
        ),
        ("", 30),
    ] {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let meaning = classify(Operation::FetchPoints, status, &headers, body.as_bytes());
        let wait = Duration::from_secs(seconds);
        assert_eq!(meaning, Meaning::RateLimited(wait), "{body}");
    }
}

#[test]
fn errors_and_no_data_are_a_failure_but_for_points_that_may_have_moved() {
    let body = r#"{"data":null,"errors":[{"message":"no such field"}]}"#;
    let message = "no such field".into();
    assert_eq!(
        meaning(200, body),
        Meaning::Refused {
            code: None,
            message
        }
    );
    let headers = HeaderMap::new();
    let meaning = classify(
        Operation::SendPoints,
        StatusCode::OK,
        &headers,
        body.as_bytes(),
    );
    assert_eq!(meaning, Meaning::Success);
}

/// What is not linear in the length does not end today.
#[test]
fn a_mebibyte_of_anything_is_read() {
    for piece in [
        "{",
        "[",
        "{\"a\":",
        "[{},",
        "\"",
        "'",
        "{\"\\",
        "{'a','",
        "{\"data\":{\"sendBalance\":",
        "auth.request_limit_exceede",
        "\u{feff}",
    ] {
        let body = piece.repeat((1 << 20) / piece.len());
        for operation in [Operation::FetchPoints, Operation::SendPoints] {
            let headers = HeaderMap::new();
            let meaning = classify(operation, StatusCode::OK, &headers, body.as_bytes());
            assert_eq!(meaning, Meaning::Garbled, "{piece}");
        }
    }
}
