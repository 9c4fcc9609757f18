//! The first thing a new user runs, run as a new user would.

use std::process::{Command, Output};

use xoxoday_sandbox::{Operation, Plan, Sandbox, Trouble};
use xoxoday_tests::canary::STORE;
use xoxoday_tests::{BOSS, directory, sandbox, secrets_of};

/// `cargo run --example quickstart`, with nothing of Xoxoday in the environment
/// but what is given.
fn quickstart(variables: &[(&str, String)]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--example", "quickstart"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("XOXODAY_") {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.output().unwrap();
    let printed = [&output.stdout[..], &output.stderr].concat();
    (output, String::from_utf8(printed).unwrap())
}

/// The sandbox as an account that is reached through the environment.
fn account(sandbox: &Sandbox, store: &std::path::Path) -> Vec<(&'static str, String)> {
    let mut variables = sandbox.environment().to_vec();
    variables.extend([
        ("XOXODAY_TOKEN_STORE", format!("file:{}", store.display())),
        ("XOXODAY_QUICKSTART_SENDER", BOSS.into()),
        (
            "XOXODAY_QUICKSTART_RECIPIENT",
            "john@company.example".into(),
        ),
    ]);
    variables
}

#[test]
fn without_credentials_it_shows_all_six_operations_on_a_stand_in() {
    let (output, printed) = quickstart(&[]);
    assert!(output.status.success(), "{printed}");
    for line in [
        "1. validate",
        "2. refresh",
        "3. user token",
        "4. fetch",
        "5. send",
        "6. cancel",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
}

#[test]
fn with_credentials_it_talks_to_that_account_and_leaves_no_secret_on_the_screen() {
    let sandbox = sandbox();
    let directory = directory();
    let store = directory.path().join(STORE);
    let (output, printed) = quickstart(&account(&sandbox, &store));
    assert!(output.status.success(), "{printed}");
    for operation in [
        Operation::ValidateTokenPoints,
        Operation::RefreshTokenPoints,
        Operation::CreateUserToken,
        Operation::FetchPoints,
        Operation::SendPoints,
        Operation::CancelPoints,
    ] {
        assert!(!sandbox.record().of(operation).is_empty(), "{operation:?}");
    }

    let secrets = secrets_of(&sandbox);
    assert!(secrets.len() >= 5);
    for secret in secrets {
        assert!(
            !printed.contains(&secret),
            "a secret is on the screen:\n{printed}"
        );
    }
    // The pair that works survives in the store for the next program.
    let kept = std::fs::read_to_string(store).unwrap();
    let newest = sandbox
        .newest_pair(&xoxoday_sandbox::Session::Company)
        .unwrap();
    assert!(kept.contains(newest.refresh_token()));
}

#[test]
fn it_fails_loudly() {
    let sandbox = sandbox();
    let directory = directory();
    let store = directory.path().join(STORE);
    let always = Plan::from(Trouble::Html(502)).until_cleared();
    sandbox.trouble(Operation::FetchPoints, always);
    let (output, printed) = quickstart(&account(&sandbox, &store));
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("FAILED: fetchPoints"), "{printed}");

    // Half of the credentials are no reason to fall back to the stand-in.
    let (output, printed) = quickstart(&[("XOXODAY_CLIENT_ID", "id".into())]);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("XOXODAY_QUICKSTART_SENDER"), "{printed}");
}
