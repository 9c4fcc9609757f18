//! More users than are kept.

use std::collections::HashMap;
use std::process::Command;

use xoxoday_sandbox::{Operation, Pair, Sandbox, Session};
use xoxoday_tests::canary::{self, MARK};
use xoxoday_tests::{JOHN, super_admin};

use super::{minted, spoke};

/// So many users, and how many of them are kept. Fewer where it is only to be heard
/// what is said: their logs are long.
fn many() -> (usize, usize) {
    match canary::is_watching() {
        true => (300, 30),
        false => (10_000, 1_000),
    }
}

/// Calls on behalf of all users in a process of its own, and returns how much
/// that grew after the first ones, in KiB.
fn growth(sandbox: &Sandbox, kept: usize, users: usize) -> u64 {
    let output = Command::new(env!("CARGO_BIN_EXE_caller"))
        .args(["sessions", &kept.to_string(), &users.to_string()])
        .envs(sandbox.environment())
        .output()
        .unwrap();
    // For whoever watches this test.
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    let kib = |line: &str| line.split_whitespace().nth(1).unwrap().parse::<u64>();
    let [early, late] = [0, 1].map(|line| kib(printed.lines().nth(line).unwrap()).unwrap());
    println!("{users} users, {kept} kept: {early} KiB after {kept}, {late} KiB after all");
    late.saturating_sub(early)
}

/// With tokens that weigh more than all else that a session takes.
fn sandbox(users: usize) -> Sandbox {
    let prefix = format!("{MARK}{}", "x".repeat(400));
    let sandbox = Sandbox::builder().token_prefix(prefix).user(JOHN, "150");
    let sandbox = (0..users).fold(sandbox, |sandbox, user| {
        sandbox.super_admin(super_admin(user))
    });
    sandbox.start().unwrap()
}

#[test]
fn ten_thousand_users_cost_a_minting_each_and_the_memory_of_those_that_are_kept() {
    let (users, kept) = many();
    let sandbox = sandbox(users);
    let growth = growth(&sandbox, kept, users);
    let mut times = HashMap::new();
    for user in minted(&sandbox) {
        *times.entry(user).or_insert(0) += 1;
    }
    // The last ones went on with what was kept for them.
    assert_eq!(times.len(), users);
    assert!(times.values().all(|times| *times == 1));
    let mut calls = HashMap::new();
    for (session, _) in spoke(&sandbox, Operation::FetchPoints) {
        *calls.entry(session).or_insert(0) += 1;
    }
    for user in 0..users {
        let expected = if user < users - kept { 3 } else { 6 };
        let session = Session::User(super_admin(user));
        assert_eq!(calls.get(&session), Some(&expected), "{session:?}");
    }

    let weight = |pair: &Pair| pair.access_token().len() + pair.refresh_token().len();
    let forgotten: usize = sandbox.record().pairs()[..users - kept]
        .iter()
        .map(weight)
        .sum();
    let forgotten = forgotten as u64 / 1024;
    println!("grown by {growth} KiB; the tokens that were forgotten weigh {forgotten} KiB");
    // Of a few users it says nothing.
    assert!(growth < forgotten / 3 || canary::is_watching());
}
