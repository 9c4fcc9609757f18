//! Answers without end: whatever a server sends, a call takes bounded memory
//! and bounded time.

use std::time::{Duration, Instant};

use xoxoday_auth::{ErrorKind, Xoxoday};
use xoxoday_sandbox::{Delivery, Operation, Sandbox, Trouble};
use xoxoday_tests::calls::{Call, Failure};
use xoxoday_tests::{client_of, sandbox};

/// What only this kernel tells.
#[cfg(target_os = "linux")]
#[path = "bounds/memory.rs"]
mod memory;

/// What an answer that cannot be read means to a caller.
fn is_fair(call: Call, kind: ErrorKind) -> bool {
    match call.operation {
        Operation::SendPoints | Operation::CancelPoints | Operation::CreateUserToken => {
            kind == ErrorKind::OutcomeUnknown
        }
        _ => matches!(kind, ErrorKind::Unavailable | ErrorKind::Unexpected),
    }
}

/// A client that gives a call half a second, and an exchange one.
async fn impatient(sandbox: &Sandbox) -> Xoxoday {
    client_of(sandbox)
        .request_timeout(Duration::from_millis(500))
        .total_timeout(Duration::from_millis(500))
        .rotation_lease(Duration::from_secs(2))
        .build()
        .await
        .unwrap()
}

/// Waits for calls that should have given up long before: whole, the answers
/// would take minutes.
async fn given_up<T>(calls: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), calls)
        .await
        .expect("a call still waits for its answer")
}

#[tokio::test]
async fn an_answer_of_a_byte_a_second_is_given_up_on_in_time() {
    for call in Call::all() {
        let sandbox = sandbox();
        let xoxoday = impatient(&sandbox).await;
        // The next byte is never far: only a limit on the whole can help.
        let drip = Trouble::SlowBody(Duration::from_secs(1));
        sandbox.trouble(call.operation, drip.until_cleared());
        let started = Instant::now();
        let given_up_on = given_up(call.make(&xoxoday)).await.unwrap_err();
        println!("{call}: given up on after {:?}", started.elapsed());
        match given_up_on {
            Failure::Facade(error) => {
                assert!(is_fair(call, error.kind()), "{call}: {error}");
            }
            Failure::Raw(_) => {}
        }
        let hung_up = |seen: &xoxoday_sandbox::Call| {
            seen.operation == Some(call.operation) && seen.delivery == Delivery::Incomplete
        };
        given_up(sandbox.wait_for(1, hung_up)).await;
    }
}
