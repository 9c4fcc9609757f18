//! `cargo xtask ci`, with a cargo that only says what it is asked.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Runs the checks with this script in cargo's place; returns the exit code and what was said.
fn ci(cargo: &str) -> (i32, String) {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("cargo");
    fs::write(&script, format!("#!/bin/sh\n{cargo}\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("ci")
        .env("CARGO", &script)
        .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), said.concat())
}

#[test]
fn all_that_passes_is_fine_and_has_its_line() {
    let (code, said) = ci("echo \"asked: $*, $RUSTDOCFLAGS\"");
    assert_eq!(code, 0, "{said}");
    for asked in [
        "asked: fmt --all --check",
        "asked: clippy --workspace --all-targets -- -D warnings",
        "asked: test --workspace",
        "asked: doc --workspace --no-deps, -D warnings",
        "asked: package -p xoxoday-api -p xoxoday-auth",
    ] {
        assert!(said.contains(asked), "no {asked:?} in:\n{said}");
    }
    for check in [
        "fmt",
        "clippy",
        "generate",
        "upstream",
        "public-api",
        "test",
        "doc",
        "package",
    ] {
        assert!(
            said.contains(&format!("Passed {check}")),
            "no line for {check} in:\n{said}"
        );
    }
}

#[test]
fn every_failure_is_told_and_none_stops_the_rest() {
    let (code, said) = ci("case $* in fmt*check|test*) echo broken; exit 3 ;; esac");
    assert_eq!(code, 1);
    for line in [
        "Failed fmt",
        "Passed clippy",
        "Passed generate",
        "Passed upstream",
        "Failed test",
        "Passed doc",
        "Passed package",
    ] {
        assert!(said.contains(line), "no {line:?} in:\n{said}");
    }
}

#[test]
fn a_missing_component_is_named_with_what_installs_it() {
    let (code, said) = ci("case $* in clippy*) exit 101 ;; esac");
    assert_eq!(code, 1);
    assert!(
        said.contains("clippy is not installed; `rustup component add clippy`"),
        "{said}"
    );
}
