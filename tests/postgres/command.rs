//! The `xoxoday` command over a database that is named in one string.

use std::process::{Command, Output};

use serde_json::Value;
use xoxoday_sandbox::Sandbox;
use xoxoday_tests::postgres::{PASSWORD, database};
use xoxoday_tests::{rescue_file, sandbox};

fn xoxoday(sandbox: &Sandbox, store: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_command"));
    command
        .args(arguments)
        .envs(sandbox.environment())
        .env("XOXODAY_TOKEN_STORE", store)
        .env("XOXODAY_RESCUE_FILE", rescue_file(sandbox))
        .env("XOXODAY_ROTATION_FLOOR", "0s")
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_makes_the_tables_brings_tokens_in_and_rotates_them() {
    let Some(database) = database().await else {
        return;
    };
    let sandbox = sandbox();
    let run = |arguments: &[&str]| {
        let ended = xoxoday(&sandbox, &database.url, arguments);
        let said = String::from_utf8(ended.stdout).unwrap();
        let complained = String::from_utf8(ended.stderr).unwrap();
        assert!(!said.contains(PASSWORD) && !complained.contains(PASSWORD));
        let said: Value = serde_json::from_str(&said).unwrap_or_default();
        (ended.status.code(), said, complained)
    };
    // A look makes nothing.
    let (code, status, _) = run(&["status", "--json"]);
    assert_eq!(code, Some(3), "{status}");
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'xoxoday%'";
    assert_eq!(database.number(tables).await, 0);

    let (code, said, complained) = run(&["import", "--json"]);
    assert_eq!(code, Some(0), "{said} {complained}");
    let (code, said, complained) = run(&["rotate", "--json"]);
    assert_eq!(code, Some(0), "{said} {complained}");
    let (code, status, _) = run(&["status", "--json"]);
    assert_eq!(code, Some(0), "{status}");
    assert_eq!(status["tokens"]["generation"], 2, "{status}");
    let place = status["store"].as_str().unwrap();
    assert!(place.starts_with("postgres://127.0.0.1:"), "{place}");
    assert!(place.ends_with("(table xoxoday_tokens)"), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_reached_at_the_start_is_a_clear_error() {
    let sandbox = sandbox();
    let nowhere = format!("postgres://me:{PASSWORD}@127.0.0.1:1/rewards");
    let ended = xoxoday(&sandbox, &nowhere, &["rotate"]);
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("postgres://127.0.0.1:1/rewards"), "{said}");
    assert!(said.contains("is the server up"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
}
