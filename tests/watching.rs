//! What a service can watch: the observer, events, and the names in a trace.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use xoxoday_auth::{AttemptOutcome, ErrorKind, Event, MemoryStore};
use xoxoday_sandbox::{ApplicationError, Gate, Operation, Plan, RateLimit, Trouble};
use xoxoday_tests::calls::send_one;
use xoxoday_tests::{JOHN, answer, hasty, sandbox};

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
    use AttemptOutcome::{Answered, TokenRejected, Trouble as InTrouble};
    assert_eq!(
        seen,
        [
            (("fetchPoints", 1, Some(502), InTrouble), Some(1)),
            (("fetchPoints", 2, Some(401), TokenRejected), Some(1)),
            (("fetchPoints", 3, Some(200), Answered), Some(2)),
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
