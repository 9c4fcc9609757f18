//! What is sent again by itself and what never is, and what is said of it.

use std::error::Error as _;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use xoxoday_auth::{Error, ErrorKind, Retry, TransactionId};
use xoxoday_sandbox::{ApplicationError, Operation, Plan, RateLimit, RateLimitShape, Trouble};
use xoxoday_tests::calls::send_one;
use xoxoday_tests::{BOSS, JOHN, answer, client_at, hasty, sandbox};

#[tokio::test]
async fn what_changes_nothing_is_tried_again() {
    for trouble in [
        Trouble::Status(502),
        Trouble::Html(503),
        Trouble::DropAnswer,
        Trouble::Reset,
        Trouble::CutBody,
    ] {
        let sandbox = sandbox();
        let xoxoday = hasty(&sandbox).build().await.unwrap();
        let twice = Plan::from(trouble).times(2);
        sandbox.trouble(None, twice.clone());
        xoxoday.points().balance(JOHN).await.unwrap();
        assert_eq!(sandbox.record().of(Operation::FetchPoints).len(), 3);
        sandbox.trouble(None, twice);
        xoxoday.tokens().validate().await.unwrap();
        assert_eq!(sandbox.record().of(Operation::ValidateTokenPoints).len(), 3);
    }
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let refusal = Trouble::ApplicationError(ApplicationError::NotFound);
    sandbox.trouble(Operation::FetchPoints, refusal);
    let error = xoxoday.points().balance(JOHN).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(!error.is_retryable());
    assert_eq!(sandbox.record().of(Operation::FetchPoints).len(), 1);
}

#[tokio::test]
async fn sends_user_tokens_and_exchanges_are_never_tried_again() {
    for trouble in [Trouble::Status(502), Trouble::DropAnswer] {
        let sandbox = sandbox();
        let xoxoday = hasty(&sandbox).build().await.unwrap();
        for operation in [
            Operation::SendPoints,
            Operation::CreateUserToken,
            Operation::RefreshTokenPoints,
        ] {
            sandbox.trouble(operation, trouble.clone());
        }
        let sent = send_one(&xoxoday).await.unwrap_err();
        assert!(sent.is_outcome_unknown(), "{sent}");
        let minted = xoxoday.user_tokens().create(BOSS).await.unwrap_err();
        assert_eq!(minted.kind(), ErrorKind::OutcomeUnknown, "{minted}");
        assert!(!minted.to_string().contains("points"), "{minted}");
        let rotated = xoxoday.tokens().rotate().await.unwrap_err();
        assert_eq!(rotated.kind(), ErrorKind::Unavailable, "{rotated}");
        assert_eq!(sandbox.record().calls().len(), 3, "{}", trouble.name());
    }
}

#[tokio::test]
async fn a_send_is_repeated_after_a_token_rejection_and_credited_once() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    sandbox.clock().advance(Duration::from_secs(40 * 86_400));
    send_one(&xoxoday).await.unwrap();
    assert_eq!(sandbox.record().of(Operation::SendPoints).len(), 2);
    let books = sandbox.books();
    assert_eq!(books.user(JOHN).unwrap().balance.to_string(), "155");
}

#[tokio::test]
async fn a_cancellation_is_repeated_and_moves_points_once() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let id = send_one(&xoxoday).await.unwrap();
    sandbox.trouble(Operation::CancelPoints, Trouble::DropAnswer);
    // The first attempt has cancelled it, and the second hears "already
    // cancelled": whose doing that was, nobody can tell.
    let error = xoxoday.points().cancel([id]).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(error.cancelled().unwrap().results[0].cancelled, None);
    assert_eq!(sandbox.record().of(Operation::CancelPoints).len(), 2);
    let books = sandbox.books();
    assert_eq!(books.user(JOHN).unwrap().balance.to_string(), "150");

    // Told at once, the refusal is a refusal.
    let error = xoxoday.points().cancel([id]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.cancelled().unwrap().results[0].cancelled, Some(false));
}

#[tokio::test]
async fn whatever_fails_after_an_attempt_without_an_answer_is_unknown() {
    let limited = RateLimit {
        shape: RateLimitShape::Errors,
        penalty: Duration::from_secs(3600),
        ..RateLimit::default()
    };
    let refused = r#"{"data":{"cancelBalance":{"error":true,"message":"already cancelled"}}}"#;
    for (last, code, wait) in [
        (Trouble::RateLimit(limited), None, Some(3600)),
        (
            Trouble::ApplicationError(ApplicationError::IpNotRegistered),
            Some("PIPE10017"),
            None,
        ),
        (answer(200, refused), None, None),
    ] {
        let sandbox = sandbox();
        let xoxoday = hasty(&sandbox).build().await.unwrap();
        let id = send_one(&xoxoday).await.unwrap();
        sandbox.trouble(Operation::CancelPoints, Trouble::DropAnswer);
        sandbox.trouble(Operation::CancelPoints, last);
        let error = xoxoday.points().cancel([id]).await.unwrap_err();
        assert_eq!(sandbox.record().of(Operation::CancelPoints).len(), 2);
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(error.to_string().starts_with("cancelPoints: "), "{error}");
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.wait(), wait.map(Duration::from_secs), "{error}");
        // What the last one was is kept, unless it was an answer to be read.
        match error.source() {
            Some(last) => {
                let last = last.downcast_ref::<Error>().unwrap();
                assert!(!last.is_outcome_unknown(), "{last}");
            }
            None => assert!(error.to_string().contains("already cancelled"), "{error}"),
        }
    }
}

/// Not even that nobody listens any more.
#[tokio::test]
async fn a_refused_connection_after_an_attempt_without_an_answer_is_no_relief() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let at_once = Retry::default().backoff(Duration::ZERO, Duration::ZERO);
    let builder = client_at(origin.parse().unwrap()).retry(at_once);
    let xoxoday = builder.build().await.unwrap();
    let server = async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.read_u8().await.unwrap();
        // First the server, then the connection: whoever hears of the one
        // finds nobody there.
        drop(listener);
        drop(connection);
    };
    let points = xoxoday.points();
    let (cancelled, ()) = tokio::join!(points.cancel([TransactionId::new(7)]), server);
    let error = cancelled.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    let last = error.source().unwrap().to_string();
    assert!(last.contains("no connection"), "{last}");
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_if_there_is_time_and_told_if_there_is_not() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let limit = |seconds| {
        Trouble::RateLimit(RateLimit {
            shape: RateLimitShape::Errors,
            status: 200,
            penalty: Duration::from_secs(seconds),
            ..RateLimit::default()
        })
    };
    let by_header = Trouble::RateLimit(RateLimit {
        shape: RateLimitShape::StatusAlone,
        status: 429,
        penalty: Duration::from_secs(1),
        retry_after: true,
    });
    for (number, limited) in [limit(1), by_header].into_iter().enumerate() {
        sandbox.trouble(Operation::FetchPoints, limited);
        xoxoday.points().balance(JOHN).await.unwrap();
        let record = sandbox.record();
        let calls = &record.of(Operation::FetchPoints)[2 * number..];
        assert!(calls[1].at_ms - calls[0].at_ms >= 1000);
    }

    sandbox.trouble(Operation::FetchPoints, limit(3600));
    let error = xoxoday.points().balance(JOHN).await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.wait(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn a_call_does_not_repeat_a_rotation_that_failed() {
    for trouble in [Trouble::Status(502), Trouble::DropAnswer] {
        let in_trouble = Plan::from(trouble).until_cleared();
        // Without a token to begin with.
        let sandbox = sandbox();
        let seed = xoxoday_auth::Seed::new(sandbox.refresh_token());
        let xoxoday = hasty(&sandbox).seed(seed).build().await.unwrap();
        sandbox.trouble(Operation::RefreshTokenPoints, in_trouble.clone());
        let error = xoxoday.points().balance(JOHN).await.unwrap_err();
        assert!(error.to_string().contains("no new token"), "{error}");
        assert_eq!(sandbox.record().exchanges().len(), 1);
        assert_eq!(sandbox.record().calls().len(), 1);

        // With one that is rejected: it is not sent again either.
        let sandbox = self::sandbox();
        let xoxoday = hasty(&sandbox).build().await.unwrap();
        sandbox.clock().advance(Duration::from_secs(40 * 86_400));
        sandbox.trouble(Operation::RefreshTokenPoints, in_trouble);
        let error = xoxoday.points().balance(JOHN).await.unwrap_err();
        assert!(error.to_string().contains("no new token"), "{error}");
        assert_eq!(sandbox.record().exchanges().len(), 1);
        assert_eq!(sandbox.record().of(Operation::FetchPoints).len(), 1);
    }
}

#[tokio::test]
async fn what_is_rejected_after_a_renewal_too_is_understood_by_its_words() {
    for (body, kind) in [
        (r#"{"message":"Unauthorized"}"#, ErrorKind::Refused),
        (
            r#"{"error":"invalid_token","error_description":"The access token expired"}"#,
            ErrorKind::LoginRequired,
        ),
    ] {
        let sandbox = sandbox();
        let xoxoday = hasty(&sandbox).build().await.unwrap();
        let rejection = Plan::from(answer(401, body)).until_cleared();
        sandbox.trouble(Operation::FetchPoints, rejection);
        let error = xoxoday.points().balance(JOHN).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(sandbox.record().exchanges().len(), 1);
        assert_eq!(sandbox.record().of(Operation::FetchPoints).len(), 2);
    }
}
