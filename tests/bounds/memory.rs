//! The most memory that a call takes.

use std::process::Command;

use xoxoday_sandbox::{Delivery, Sandbox, Trouble};
use xoxoday_tests::calls::Call;
use xoxoday_tests::sandbox;

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

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}
