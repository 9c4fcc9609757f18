use std::process::{Command, Stdio};

use serde_json::Value;
use xoxoday_tests::{directory, marked};

use crate::account::{Account, members};

fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_command"));
    let output = command.args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_tells_the_exit_codes_and_the_variables_in_80_columns_without_colour() {
    let general = help(&["--help"]);
    for variable in [
        "XOXODAY_ENV",
        "XOXODAY_CLIENT_ID",
        "XOXODAY_CLIENT_SECRET",
        "XOXODAY_TOKEN_STORE",
        "XOXODAY_SEALING_KEYS",
        "XOXODAY_RESCUE_FILE",
        "XOXODAY_ROTATION_FLOOR",
        "XOXODAY_ROTATION_LEASE",
        "XOXODAY_AFTER_LOST_ANSWER",
        "XOXODAY_REFRESH_TOKEN",
        "RUST_LOG",
    ] {
        assert!(general.contains(variable), "{variable}");
    }
    for command in [
        "",
        "import",
        "status",
        "rotate",
        "run",
        "validate",
        "points",
        "points balance",
        "points send",
        "points resolve",
        "points cancel",
        "completions",
        "man",
    ] {
        let mut arguments: Vec<_> = command.split_whitespace().collect();
        arguments.push("--help");
        let text = help(&arguments);
        for code in 0..=5 {
            assert!(text.contains(&format!("\n  {code}  ")), "{command}: {code}");
        }
        let long = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{command}");
        assert!(!text.contains('\u{1b}'), "{command}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_repeats_nothing_that_may_be_a_token() {
    let account = Account::new();
    let token = marked!("in-the-wrong-place");
    for arguments in [
        &[][..],
        &[token],
        &["import", token],
        &["import", "--refresh-token", token],
        &["rotate", "--if-older-than", token],
        &["status", "--json", token],
    ] {
        let ended = account.run(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {ended:?}");
        assert!(ended.err.contains("--help"), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn variables_that_are_missing_or_wrong_are_named_all_at_once() {
    let account = Account::new();
    for command in ["import", "status", "rotate", "run", "validate"] {
        let mut bare = account.command(&[command]);
        bare.env_remove("XOXODAY_CLIENT_ID");
        bare.env("XOXODAY_ENV", marked!("staging"));
        let ended = account.end(bare.spawn().unwrap());
        assert_eq!(ended.code, 2, "{command}: {ended:?}");
        assert!(
            ended.err.contains("XOXODAY_CLIENT_ID is not set"),
            "{ended:?}"
        );
        assert!(ended.err.contains("XOXODAY_ENV: unknown"), "{ended:?}");
    }
    for (variable, value, why) in [
        ("XOXODAY_ROTATION_LEASE", "1s", "at least 2s"),
        ("XOXODAY_ROTATION_FLOOR", "soon", "XOXODAY_ROTATION_FLOOR"),
        ("XOXODAY_AFTER_LOST_ANSWER", "repeat", "replay or halt"),
        ("XOXODAY_TOKEN_STORE", "/tmp/x", "file:PATH"),
    ] {
        let mut wrong = account.command(&["rotate", "--json"]);
        wrong.env(variable, value);
        let json = account.end(wrong.spawn().unwrap()).json();
        assert_eq!(json["exit"], 2, "{json}");
        assert!(
            json["error"]["message"].as_str().unwrap().contains(why),
            "{json}"
        );
    }
}

#[test]
fn the_json_of_an_error_keeps_its_shape() {
    let account = Account::new();
    let ended = account.run(&["rotate", "--json"]);
    assert_eq!(ended.complaint(), "", "{ended:?}");
    let json = ended.json();
    let error = &json["error"];
    assert_eq!(
        members(error),
        [
            "code",
            "kind",
            "message",
            "request_id",
            "retry_after_seconds",
            "retry_at"
        ]
    );
    assert_eq!(error["kind"], "login_required");
    assert_eq!(error["code"], Value::Null);
    // The same for people, on the other stream.
    let told = account.run(&["rotate"]);
    assert_eq!(told.out, "", "{told:?}");
    let message = error["message"].as_str().unwrap();
    assert_eq!(told.complaint(), format!("xoxoday: {message}\n"));
}

#[test]
fn nothing_that_is_logged_at_the_finest_level_holds_a_secret() {
    let account = Account::imported();
    for command in ["status", "validate", "rotate"] {
        let mut finest = account.command(&[command]);
        finest.env("RUST_LOG", "trace");
        // Searched at its end.
        let ended = account.end(finest.spawn().unwrap());
        assert_eq!(ended.code, 0, "{command}: {ended:?}");
        assert!(command == "status" || ended.err.contains("TRACE"));
    }
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let install = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_command"));
        command.args(arguments).stdin(Stdio::null());
        command.output().unwrap()
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = install(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for known in ["if-older-than", "points", "ledger"] {
            assert!(script.contains(known), "{shell}: {known}");
        }
    }
    let directory = directory();
    let place = directory.path().to_str().unwrap();
    assert!(install(&["man", place]).status.success());
    for (page, known) in [
        ("xoxoday.1", "XOXODAY_TOKEN_STORE"),
        ("xoxoday-rotate.1", "if\\-older\\-than"),
        ("xoxoday-points-send.1", "ledger"),
    ] {
        let page = std::fs::read_to_string(directory.path().join(page)).unwrap();
        assert!(page.starts_with(".ie") && page.contains(known), "{page}");
    }
    let nowhere = directory.path().join("nowhere");
    let output = install(&["man", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
}
