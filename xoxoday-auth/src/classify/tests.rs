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
        assert_eq!(meaning(401, gateway), Meaning::Garbled);
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
        assert_eq!(meaning(502, body), Meaning::ServerTrouble(None), "{body}");
    }
    let headers = [(reqwest::header::RETRY_AFTER, "30".parse().unwrap())];
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let trouble = classify(
        Operation::SendPoints,
        status,
        &headers.into_iter().collect(),
        b"",
    );
    let wait = Some(Duration::from_secs(30));
    assert_eq!(trouble, Meaning::ServerTrouble(wait));
}

#[test]
fn a_success_that_nobody_can_read_is_garbled() {
    for body in [
        "",
        "<html>",
        r#"{"data":{"#,
        r#"{"data":{}}x"#,
        "[]",
        "null",
        r#""ok""#,
    ] {
        assert_eq!(meaning(200, body), Meaning::Garbled, "{body}");
    }
    for status in [302, 403, 404] {
        for body in ["", "<html>", "[]"] {
            assert_eq!(meaning(status, body), Meaning::Garbled, "{status} {body}");
        }
    }
    let elsewhere = meaning(302, r#"{"data":{},"errorId":"E42"}"#);
    assert_eq!(elsewhere, Meaning::Garbled);
}

#[test]
fn an_odd_letter_or_a_deep_member_spoils_no_success() {
    let latin = b"{\"data\":{\"name\":\"Jos\xe9\",\"unique_id\":7}}";
    assert_eq!(sent(200, latin), Meaning::Success);
    let half = br#"{"data":{"name":"\ud800","unique_id":7}}"#;
    assert_eq!(sent(200, half), Meaning::Success);
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    assert_eq!(meaning(200, &deep), Meaning::Success);
}

fn sent(status: u16, body: impl AsRef<[u8]>) -> Meaning {
    let status = StatusCode::from_u16(status).unwrap();
    let headers = HeaderMap::new();
    classify(Operation::SendPoints, status, &headers, body.as_ref())
}

#[test]
fn a_401_that_says_more_than_that_costs_no_exchange() {
    for bare in [
        r#"{"error":"Unauthorized"}"#,
        r#"{"code":401,"error":"Unauthorized"}"#,
        r#"{"message":" UNAUTHORIZED ","code":"401","success":0}"#,
        r#"{"error":"unauthorized","message":"Unauthorized","errors":[]}"#,
        r#"{"error":"Unauthorized","message":"","errorInfo":{}}"#,
    ] {
        assert_eq!(meaning(401, bare), Meaning::Unauthorized, "{bare}");
        assert_eq!(sent(401, bare), Meaning::Unauthorized, "{bare}");
        let refused = matches!(meaning(403, bare), Meaning::Refused { .. });
        assert!(refused, "{bare}");
    }
    for cause in [
        r#"{"error":"Forbidden","message":"IP address is not registered"}"#,
        r#"{"error":"Unauthorized","message":"IP address is not registered"}"#,
        r#"{"error":"Unauthorized","code":7}"#,
        r#"{"error":"Unauthorized","errors":[{"message":"x"}]}"#,
        r#"{"error":{"message":"Unauthorized"}}"#,
        r#"{"success":0}"#,
        "{}",
    ] {
        let refused = matches!(meaning(401, cause), Meaning::Refused { .. });
        assert!(refused, "{cause}");
    }
    // Where points move, data may tell of some that did.
    let data = r#"{"error":"Unauthorized","data":{"email":"a@x.example"}}"#;
    assert_eq!(meaning(401, data), Meaning::Unauthorized);
    assert!(matches!(sent(401, data), Meaning::Refused { .. }));
    let expired = r#"{"error":"Unauthorized","error_description":"invalid/expired token"}"#;
    assert_eq!(meaning(401, expired), Meaning::TokenRejected);
}

#[test]
fn a_rate_limit_by_status_comes_before_a_code_that_nobody_knows() {
    let headers = [(reqwest::header::RETRY_AFTER, "600".parse().unwrap())];
    let headers: HeaderMap = headers.into_iter().collect();
    let meaning = |code: &str| {
        let body = format!(r#"{{"code":429,"errorId":"{code}","errorInfo":"Too many requests"}}"#);
        let status = StatusCode::TOO_MANY_REQUESTS;
        classify(Operation::FetchPoints, status, &headers, body.as_bytes())
    };
    let wait = Duration::from_secs(600);
    assert_eq!(meaning("PLE10099"), Meaning::RateLimited(wait));
    assert_eq!(meaning("E42"), Meaning::RateLimited(wait));
    assert!(matches!(meaning("PIPE10017"), Meaning::Refused { .. }));
}

#[test]
fn the_words_of_a_verdict_that_failed_wholly_are_the_answer_s() {
    let of = |verdict: &str| sent(200, format!(r#"{{"data":{{"sendBalance":{verdict}}}}}"#));
    let limit = r#"{"error":true,"message":"auth.request_limit_exceeded"}"#;
    let wait = Duration::from_secs(60);
    assert_eq!(of(limit), Meaning::RateLimited(wait));
    let rejected = r#"{"error":"true","message":"auth.token_error","recipients":[]}"#;
    assert_eq!(of(rejected), Meaning::TokenRejected);
    let code = r#"{"success":0,"errorId":"PIPE10017","message":"why"}"#;
    let refused = Meaning::Refused {
        code: Some("PIPE10017".into()),
        message: "why".into(),
    };
    assert_eq!(of(code), refused);
    let malformed = of(r#"{"error":true,"message":"invalid_request"}"#);
    assert!(matches!(malformed, Meaning::Refused { code: None, .. }));
    assert_eq!(of(r#"{"error":true,"message":"wallet"}"#), Meaning::Success);
    let short = r#"{"data":{"success":0,"email":"a@x.example","message":"auth.token_error"}}"#;
    assert_eq!(sent(200, short), Meaning::TokenRejected);
    // Not of one of which a part was done, or may have been.
    for verdict in [
        r#"{"message":"auth.token_error"}"#,
        r#"{"error":true,"message":"auth.token_error","recipients":[{}]}"#,
        r#"{"error":true,"message":"auth.token_error","unique_id":7}"#,
    ] {
        assert_eq!(of(verdict), Meaning::Success, "{verdict}");
    }
    let moved = r#"{"data":{"success":0,"unique_id":7,"message":"auth.token_error"}}"#;
    assert_eq!(sent(200, moved), Meaning::Success);
}

#[test]
fn a_verdict_counts_at_any_status_if_it_says_anything() {
    let of = |verdict: &str| sent(401, format!(r#"{{"data":{{"sendBalance":{verdict}}}}}"#));
    for told in [
        r#"{"recipients":[{}]}"#,
        r#"{"unique_id":7}"#,
        r#"{"error":false}"#,
    ] {
        assert_eq!(of(told), Meaning::Success, "{told}");
    }
    assert_eq!(of(r#"{"message":"auth.token_error"}"#), Meaning::Garbled);
    assert!(matches!(of("{}"), Meaning::Refused { .. }));
}

#[test]
fn a_code_of_another_spelling_is_kept_at_any_status() {
    let body = r#"{"errorId":"E42","errorInfo":"why"}"#;
    for status in [200, 404, 500] {
        let refused = Meaning::Refused {
            code: Some("E42".into()),
            message: "why".into(),
        };
        assert_eq!(meaning(status, body), refused, "{status}");
    }
}

/// To send it again would credit twice; to call it undone would be a lie.
#[test]
fn no_words_beside_what_moved_points_make_it_safe_to_repeat() {
    let issuance = r#"{"unique_id":7,"email":"a@x.example","points":"5"}"#;
    for words in [
        r#""error":"invalid_token""#,
        r#""message":"auth.request_limit_exceeded""#,
        r#""error":"x""#,
        r#""errorId":"PIPE10017""#,
    ] {
        let short = format!(r#"{{{words},"data":{issuance}}}"#);
        assert_eq!(sent(200, &short), Meaning::Success, "{short}");
        for status in [302, 401, 404, 429] {
            assert_eq!(sent(status, &short), Meaning::Garbled, "{status} {short}");
        }
        assert_eq!(sent(500, &short), Meaning::ServerTrouble(None), "{short}");
        let cut = &short[..short.len() - 2];
        for status in [200, 401, 429] {
            assert_eq!(sent(status, cut), Meaning::Garbled, "{status} {cut}");
        }
    }
    let odd = r#"{"data":{"unique_id":{}},"error":"invalid_token"}"#;
    assert_eq!(sent(200, odd), Meaning::Success);
    assert_eq!(sent(401, odd), Meaning::Garbled);
    let elsewhere = [
        r#"{"sendBalance":{"recipients":[{"success":true},{"message":"auth.token_error"}]}}"#,
        r#"{"recipients":[{"success":true}],"error":"invalid_token"}"#,
        r#"{"recipients":[{"success":true}],"error":"Unauthorized"}"#,
    ];
    for body in elsewhere {
        assert_eq!(sent(200, body), Meaning::Success, "{body}");
        assert_eq!(sent(401, body), Meaning::Garbled, "{body}");
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

/// What is not linear in the length does not end today, and what builds values
/// of what it reads needs many times the length.
#[test]
fn a_mebibyte_of_anything_is_read_with_little_more_memory() {
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
            let used = allocation_counter::measure(|| {
                let meaning = classify(operation, StatusCode::OK, &headers, body.as_bytes());
                assert_eq!(meaning, Meaning::Garbled, "{piece}");
            });
            let most = used.bytes_max as usize;
            assert!(most <= 16 * body.len(), "{piece}: {most} bytes");
        }
    }
}
