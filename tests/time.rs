//! Time limits: what they end, and what is said of it. Nothing here asserts how
//! long a thing took, only that it ended.

use std::time::Duration;

use tokio::net::TcpListener;
use xoxoday_auth::{Builder, ErrorKind, Retry};
use xoxoday_sandbox::{Gate, Operation, Plan, Trouble};
use xoxoday_tests::calls::{Call, send_one};
use xoxoday_tests::{JOHN, client_at, hasty, sandbox};

const BRIEF: Duration = Duration::from_millis(100);
const MINUTES: Duration = Duration::from_secs(600);

/// Waits for what should have ended long before.
async fn in_seconds<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("it does not end")
}

/// Asserts that calls end by the limit that was set, and not by another: these
/// are minutes away.
async fn assert_ends(limit: impl Fn(Builder) -> Builder) {
    let sandbox = sandbox();
    let patient = hasty(&sandbox)
        .retry(Retry::never())
        .request_timeout(MINUTES)
        .total_timeout(MINUTES);
    let xoxoday = limit(patient).build().await.unwrap();
    let gate = Gate::new();
    let hold = Plan::from(Trouble::Hold(gate.clone()));
    sandbox.trouble(None, hold.until_cleared());
    let balance = in_seconds(xoxoday.points().balance(JOHN)).await;
    let balance = balance.unwrap_err();
    assert_eq!(balance.kind(), ErrorKind::Unavailable, "{balance}");
    let sent = in_seconds(send_one(&xoxoday)).await.unwrap_err();
    assert!(sent.is_outcome_unknown(), "{sent}");
    in_seconds(Call::raw(Operation::SendPoints).make(&xoxoday))
        .await
        .unwrap_err();
    gate.open();
}

#[tokio::test]
async fn the_total_timeout_ends_a_call() {
    assert_ends(|builder| builder.total_timeout(BRIEF)).await;
}

#[tokio::test]
async fn the_request_timeout_ends_a_request() {
    assert_ends(|builder| builder.request_timeout(BRIEF)).await;
}

#[tokio::test]
async fn the_connect_timeout_ends_connecting_and_nothing_was_sent() {
    // The kernel takes the connection, and nobody answers the TLS handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let xoxoday = client_at(origin.parse().unwrap())
        .retry(Retry::never())
        .request_timeout(MINUTES)
        .total_timeout(MINUTES)
        .connect_timeout(BRIEF)
        .build()
        .await
        .unwrap();
    let error = in_seconds(send_one(&xoxoday)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("nothing was sent"), "{error}");
}

#[tokio::test]
async fn each_client_can_have_timeouts_of_its_own() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let gate = Gate::new();
    let hold = Plan::from(Trouble::Hold(gate.clone()));
    sandbox.trouble(None, hold.until_cleared());
    for call in Call::all() {
        let brief = xoxoday.with_timeout(BRIEF);
        in_seconds(call.make(&brief)).await.unwrap_err();
    }
    // An exchange has a deadline of its own, inside the lease.
    let by_exchange = |call: &Call| !call.raw && call.operation == Operation::RefreshTokenPoints;
    for call in Call::all().filter(|call| !by_exchange(call)) {
        let brief = xoxoday.with_timeout(MINUTES).with_request_timeout(BRIEF);
        in_seconds(call.make(&brief)).await.unwrap_err();
    }
    gate.open();
}

#[tokio::test]
async fn without_time_nothing_is_sent_and_that_is_said() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let late = xoxoday.with_timeout(Duration::ZERO);
    let error = send_one(&late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("nothing was done"), "{error}");
    let sent = Call::raw(Operation::SendPoints).make(&late).await;
    sent.unwrap_err();
    assert!(sandbox.record().calls().is_empty());
}

#[tokio::test]
async fn a_rejected_send_whose_rotation_is_slow_was_not_done() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    sandbox.clock().advance(Duration::from_secs(40 * 86_400));
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone());
    sandbox.trouble(Operation::RefreshTokenPoints, hold);
    let brief = xoxoday.with_timeout(Duration::from_millis(500));
    let error = in_seconds(send_one(&brief)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("nothing was done"), "{error}");
    let record = sandbox.record();
    assert_eq!(record.of(Operation::SendPoints)[0].status, Some(401));
    // The rotation itself goes on.
    gate.open();
    in_seconds(xoxoday.shutdown()).await;
    assert_eq!(xoxoday.tokens().status().generation, 2);
}

#[tokio::test]
async fn a_rotation_on_demand_is_given_up_on_in_time_and_goes_on() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone());
    sandbox.trouble(Operation::RefreshTokenPoints, hold);
    let brief = xoxoday.with_timeout(BRIEF);
    let error = in_seconds(brief.tokens().rotate()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    gate.open();
    in_seconds(xoxoday.shutdown()).await;
    assert_eq!(xoxoday.tokens().status().generation, 2);
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
    assert!(error.to_string().contains("nothing was done"), "{error}");
    gate.open();
    send_one(&xoxoday).await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 1);
}
