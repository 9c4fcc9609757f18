//! What is sent again by itself and what never is, time limits, and what a
//! service can watch.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use xoxoday_auth::{
    AttemptOutcome, Builder, ErrorKind, Event, MemoryStore, Recipient, Retry, TransactionId,
    Xoxoday,
};
use xoxoday_sandbox::{
    ApplicationError, Gate, Operation, Plan, RateLimit, RateLimitShape, Sandbox, Trouble,
};
use xoxoday_tests::{BOSS, client_of, sandbox};

const JOHN: &str = "john@company.example";

/// A client that does not wait between its attempts.
fn hasty(sandbox: &Sandbox) -> Builder {
    let at_once = Retry::default().backoff(Duration::ZERO, Duration::ZERO);
    client_of(sandbox).retry(at_once)
}

async fn send_one(xoxoday: &Xoxoday) -> Result<TransactionId, xoxoday_auth::Error> {
    let recipient = Recipient::new(JOHN, 5)?;
    let sent = xoxoday
        .points()
        .send_from(BOSS)
        .to(recipient)
        .send()
        .await?;
    Ok(sent.results[0].transaction.unwrap())
}

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
        assert_eq!(minted.kind(), ErrorKind::Unavailable, "{minted}");
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
    sandbox.trouble(Operation::FetchPoints, limit(1));
    xoxoday.points().balance(JOHN).await.unwrap();
    let record = sandbox.record();
    let calls = record.of(Operation::FetchPoints);
    assert!(calls[1].at_ms - calls[0].at_ms >= 1000);

    sandbox.trouble(Operation::FetchPoints, limit(3600));
    let error = xoxoday.points().balance(JOHN).await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.wait(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn a_call_ends_in_time_whatever_the_server_does() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let brief = xoxoday.with_timeout(Duration::from_millis(100));
    let gate = Gate::new();
    sandbox.trouble(
        None,
        Plan::from(Trouble::Hold(gate.clone())).until_cleared(),
    );

    let balance = brief.points().balance(JOHN).await.unwrap_err();
    assert_eq!(balance.kind(), ErrorKind::Unavailable, "{balance}");
    let sent = send_one(&brief).await.unwrap_err();
    assert!(sent.is_outcome_unknown(), "{sent}");
    gate.open();
}

#[tokio::test]
async fn a_caller_that_waits_for_a_token_gives_up_in_time_and_the_exchange_goes_on() {
    let sandbox = sandbox();
    let seed = xoxoday_auth::Seed::new(sandbox.refresh_token());
    let xoxoday = hasty(&sandbox).seed(seed).build().await.unwrap();
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone());
    sandbox.trouble(Operation::RefreshTokenPoints, hold);
    let brief = xoxoday.with_timeout(Duration::from_millis(100));
    let error = send_one(&brief).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    gate.open();
    send_one(&xoxoday).await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[tokio::test]
async fn every_call_carries_the_request_id_that_its_error_tells() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    sandbox.trouble(
        Operation::FetchPoints,
        Trouble::ApplicationError(ApplicationError::IpNotRegistered),
    );
    let error = xoxoday.points().balance(JOHN).await.unwrap_err();
    let id = error.request_id().unwrap();
    let record = sandbox.record();
    let call = record.of(Operation::FetchPoints)[0];
    assert_eq!(call.header("x-request-id"), Some(id));

    let advice = error.advice().unwrap();
    let told = error.to_string();
    for part in ["fetchPoints", "HTTP 401", "PIPE10017", id, advice.action] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains('\n'), "{told}");
}

#[tokio::test]
async fn an_observer_is_told_of_every_request() {
    let sandbox = sandbox();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&seen);
    let xoxoday = hasty(&sandbox)
        .observe(move |attempt| {
            let status = attempt.status.map(|status| status.as_u16());
            let note = (
                attempt.operation.id(),
                attempt.attempt,
                status,
                attempt.outcome,
            );
            notes.lock().unwrap().push((note, attempt.generation));
        })
        .build()
        .await
        .unwrap();
    sandbox.trouble(Operation::FetchPoints, Trouble::Status(502));
    sandbox.clock().advance(Duration::from_secs(40 * 86_400));
    xoxoday.points().balance(JOHN).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    use AttemptOutcome::{Success, TokenRejected, Trouble as InTrouble};
    assert_eq!(
        seen,
        [
            (("fetchPoints", 1, Some(502), InTrouble), Some(1)),
            (("fetchPoints", 2, Some(401), TokenRejected), Some(1)),
            (("fetchPoints", 3, Some(200), Success), Some(2)),
        ]
    );
}

#[tokio::test]
async fn subscribers_hear_what_happens_to_the_tokens() {
    let sandbox = sandbox();
    let store = MemoryStore::new();
    let xoxoday = hasty(&sandbox).store(store.clone()).build().await.unwrap();
    let mut events = xoxoday.events();

    xoxoday.tokens().rotate().await.unwrap();
    assert_eq!(events.next().await, Some(Event::Rotated { generation: 2 }));

    let other = hasty(&sandbox).store(store).build().await.unwrap();
    other.tokens().rotate().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    assert_eq!(events.next().await, Some(Event::Adopted { generation: 3 }));

    let limit = RateLimit::default();
    sandbox.trouble(Operation::RefreshTokenPoints, Trouble::RateLimit(limit));
    xoxoday.tokens().rotate().await.unwrap_err();
    assert!(matches!(events.next().await, Some(Event::Braked { .. })));
    drop((xoxoday, other));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn subscribers_hear_that_a_login_is_required() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let mut events = xoxoday.events();
    sandbox.dashboard().reset_password();
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.is_login_required());
    assert!(matches!(
        events.next().await,
        Some(Event::LoginRequired { .. })
    ));
}

#[tokio::test]
async fn the_end_of_the_refresh_token_is_announced_long_before() {
    let sandbox = sandbox();
    sandbox.switch(|switches| {
        switches.company = xoxoday_sandbox::Lifetimes::days(30, 10);
    });
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let mut events = xoxoday.events();
    xoxoday.tokens().rotate().await.unwrap();
    assert_eq!(events.next().await, Some(Event::Rotated { generation: 2 }));
    // The next call notices; the one after it has nothing new to say.
    xoxoday.points().balance(JOHN).await.unwrap();
    xoxoday.points().balance(JOHN).await.unwrap();
    let ends_at = xoxoday.tokens().status().refresh_expires_at.unwrap();
    let ending = Event::RefreshTokenEnding { ends_at };
    assert_eq!(events.next().await, Some(ending));
    drop(xoxoday);
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn the_raw_client_s_error_does_not_print_a_token_answer_that_cannot_be_read() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let half = br#"{"access_token":"canary-1","refresh_token":"canary-2","expires_in":{}}"#;
    for operation in [Operation::ValidateTokenPoints, Operation::CreateUserToken] {
        sandbox.trouble(operation, Trouble::Garbage(half.to_vec()));
    }
    let request = xoxoday_auth::api::types::CreateUserTokenRequest {
        scope: "user_session".into(),
        user_input: BOSS.into(),
    };
    let validated = xoxoday.api().validate_token_points().await.unwrap_err();
    let minted = xoxoday.api().create_user_token(&request).await.unwrap_err();
    for told in [
        format!("{validated} {validated:?} {validated:#}"),
        format!("{minted} {minted:?} {minted:#}"),
    ] {
        assert!(told.contains("withheld"), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}
