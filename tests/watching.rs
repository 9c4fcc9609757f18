//! What a service can watch: the observer, events, and the names in a trace.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use xoxoday_auth::{AttemptOutcome, Event, MemoryStore};
use xoxoday_sandbox::{ApplicationError, Gate, Operation, Plan, RateLimit, Trouble};
use xoxoday_tests::calls::send_one;
use xoxoday_tests::log::Log;
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

    // So does a rotation, whatever comes of it.
    for trouble in [
        Trouble::Status(502),
        Trouble::DropAnswer,
        answer(401, r#"{"error":"invalid_token"}"#),
    ] {
        sandbox.trouble(Operation::RefreshTokenPoints, trouble);
        let failed = xoxoday.tokens().rotate().await.unwrap_err();
        let record = sandbox.record();
        let exchange = record.exchanges().last().unwrap().header("x-request-id");
        assert_eq!(exchange, failed.request_id(), "{failed}");
    }

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
            (("refreshTokenPoints", 1, Some(200), Answered), Some(1)),
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

#[tokio::test]
async fn an_observer_hears_of_requests_that_are_given_up_on() {
    let sandbox = sandbox();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let builder = hasty(&sandbox).observe(move |attempt| {
        told.send((attempt.attempt, attempt.status, attempt.outcome))
            .unwrap();
    });
    let xoxoday = builder.build().await.unwrap();
    let gate = Gate::new();
    let hold = Plan::from(Trouble::Hold(gate.clone()));
    sandbox.trouble(None, hold.until_cleared());
    let given_up = Some((1, None, AttemptOutcome::NoAnswer));

    let brief = xoxoday.with_timeout(Duration::from_millis(100));
    send_one(&brief).await.unwrap_err();
    let told = tokio::time::timeout(Duration::from_secs(20), heard.recv());
    assert_eq!(told.await.expect("nothing is told"), given_up);

    let points = xoxoday.points();
    tokio::select! {
        _ = points.balance(JOHN) => panic!("it is held"),
        _ = sandbox.wait_for(1, |call| call.operation == Some(Operation::FetchPoints)) => {}
    }
    let told = tokio::time::timeout(Duration::from_secs(20), heard.recv());
    assert_eq!(told.await.expect("nothing is told"), given_up);
    gate.open();
}

#[tokio::test]
async fn an_observer_that_panics_costs_no_call_and_is_told_of_once() {
    let sandbox = sandbox();
    let log = Log::default();
    let _guard = log.listen();
    let xoxoday = hasty(&sandbox)
        .observe(|_| panic!("the observer, on purpose"))
        .build()
        .await
        .unwrap();
    for _ in 0..2 {
        send_one(&xoxoday).await.unwrap();
    }
    let panics = |line: &&String| line.contains("panics");
    assert_eq!(log.events().iter().filter(panics).count(), 1);
}

/// Whatever becomes of a call, its span says so, with its requests inside.
#[tokio::test]
async fn every_span_has_its_name_its_fields_and_its_place() {
    let sandbox = sandbox();
    let log = Log::default();
    let _guard = log.listen();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    sandbox.trouble(Operation::FetchPoints, Trouble::Status(502));
    sandbox.clock().advance(Duration::from_secs(40 * 86_400));
    xoxoday.points().balance(JOHN).await.unwrap();
    let call = "xoxoday.call attempts duration_ms environment operation outcome request_id";
    let fields = "attempt duration_ms environment generation operation outcome request_id";
    let request = format!("xoxoday.call > xoxoday.request {fields}");
    let exchange = format!("xoxoday.rotation > xoxoday.request {fields}");
    let rotation = "xoxoday.rotation duration_ms environment generation operation outcome reason";
    assert_eq!(
        log.spans(),
        [
            format!("{request} status: trouble"),
            format!("{request} status: token_rejected"),
            format!("{exchange} status: answered"),
            format!("{rotation}: rotated"),
            format!("{request} status: answered"),
            format!("{call}: success"),
        ]
    );

    // A failure inside an answer of success.
    let failed = r#"{"data":{"sendBalance":{"error":true,"message":"no points"}}}"#;
    sandbox.trouble(Operation::SendPoints, answer(200, failed));
    send_one(&xoxoday).await.unwrap_err();
    // No answer, and a caller that goes away.
    sandbox.trouble(Operation::SendPoints, Trouble::DropAnswer);
    send_one(&xoxoday).await.unwrap_err();
    sandbox.trouble(Operation::SendPoints, Trouble::Hold(Gate::new()));
    tokio::select! {
        _ = send_one(&xoxoday) => panic!("it is held"),
        _ = sandbox.wait_for(3, |call| call.operation == Some(Operation::SendPoints)) => {}
    }
    let rejection = ApplicationError::IpNotRegistered;
    sandbox.trouble(Operation::FetchPoints, Trouble::ApplicationError(rejection));
    xoxoday.points().balance(JOHN).await.unwrap_err();
    assert_eq!(
        log.spans(),
        [
            format!("{request} status: answered"),
            format!("{call}: refused"),
            format!("{request}: no_answer"),
            format!("{call}: outcome_unknown"),
            format!("{request}: no_answer"),
            format!("{call}: dropped"),
            format!("{request} status: refused"),
            format!("{call}: refused"),
        ]
    );

    xoxoday.tokens().rotate().await.unwrap();
    let call = "xoxoday.call attempts duration_ms environment operation outcome";
    assert_eq!(
        log.spans(),
        [
            format!("{exchange} status: answered"),
            format!("{rotation}: rotated"),
            format!("{call}: success"),
        ]
    );
}
