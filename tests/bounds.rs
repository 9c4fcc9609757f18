//! Answers without end: whatever a server sends, a call takes bounded memory
//! and bounded time.

use std::process::Command;
use std::time::Duration;

use xoxoday_auth::{ErrorKind, Xoxoday};
use xoxoday_sandbox::{Delivery, Operation, Sandbox, Trouble};
use xoxoday_tests::calls::{Call, Failure};
use xoxoday_tests::{client_of, sandbox};

/// How much more memory a call may take because its answer is huge.
const ALLOWANCE_KIB: u64 = 16 * 1024;

/// How the call ended in a process of its own, and the most memory that took.
fn call_elsewhere(sandbox: &Sandbox, call: Call) -> (String, u64) {
    let output = Command::new(env!("CARGO_BIN_EXE_caller"))
        .arg(call.to_string())
        .envs(sandbox.environment())
        .output()
        .unwrap();
    // For whoever watches this test.
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{call}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let (ended, peak) = printed.split_once("\nVmHWM:").unwrap();
    let kib = peak.trim().strip_suffix(" kB").unwrap();
    (ended.to_owned(), kib.parse().unwrap())
}

/// What an answer that cannot be read means to a caller.
fn is_fair(call: Call, kind: ErrorKind) -> bool {
    match call.operation {
        Operation::SendPoints | Operation::CancelPoints => kind == ErrorKind::OutcomeUnknown,
        _ => matches!(kind, ErrorKind::Unavailable | ErrorKind::Unexpected),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_of_100_mb_takes_no_more_memory_than_another() {
    let mut worst = 0;
    for call in Call::all() {
        let sandbox = sandbox();
        let (_, normal) = call_elsewhere(&sandbox, call);
        let huge = Trouble::HugeBody(100_000_000);
        sandbox.trouble(call.operation, huge.until_cleared());
        let (ended, peak) = call_elsewhere(&sandbox, call);
        println!("{call}: peak {peak} KiB with 100 MB, {normal} KiB normally");
        assert!(ended.starts_with("failed"), "{call}: {ended}");
        let more = peak.saturating_sub(normal);
        assert!(more < ALLOWANCE_KIB, "{call}: {more} KiB more");
        worst = worst.max(more);
        // Hung up on, rather than read to the end and thrown away.
        let struck = |seen: &xoxoday_sandbox::Call| !seen.trouble.is_empty();
        let count = sandbox.record().matching(struck).len();
        runtime().block_on(sandbox.wait_for(count, |seen| struck(seen) && seen.is_over()));
        for struck in sandbox.record().matching(struck) {
            assert_ne!(struck.delivery, Delivery::Written, "{call}");
        }
    }
    println!("the most that 100 MB cost: {worst} KiB");
}

#[cfg(target_os = "linux")]
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
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
        match given_up(call.make(&xoxoday)).await.unwrap_err() {
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
