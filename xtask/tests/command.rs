//! `cargo xtask generate` as a command: exit codes, what it says, and what it leaves alone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const DOCUMENT: &str = "\
openapi: 3.0.3
info: { title: T, version: '1' }
paths:
  /a:
    get:
      operationId: a
      responses:
        '200': { description: '' }
";

const OVERLAY: &str = "\
overlay: 1.0.0
info: { title: T, version: '1' }
actions:
  - target: $.info
    description: why
    update: { title: Tea }
";

fn xtask(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .current_dir(dir)
        .env("CARGO_MANIFEST_DIR", dir.join("xtask"))
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const FOREIGN: [&str; 7] = [
    "generate",
    "--spec",
    "api.yaml",
    "--overlay",
    "overlay.yaml",
    "--out",
    "generated",
];

/// A directory with a document, its overlay, and what is generated from them.
fn foreign() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("api.yaml"), DOCUMENT).unwrap();
    fs::write(dir.path().join("overlay.yaml"), OVERLAY).unwrap();
    let output = xtask(dir.path(), &FOREIGN);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    dir
}

fn check(dir: &Path) -> Output {
    let mut arguments = FOREIGN.to_vec();
    arguments.push("--check");
    xtask(dir, &arguments)
}

#[test]
fn what_was_generated_is_fresh_and_is_not_written_again() {
    let dir = foreign();
    assert_eq!(code(&check(dir.path())), 0);
    let client = dir.path().join("generated/client.rs");
    let before = fs::metadata(&client).unwrap().modified().unwrap();
    let again = xtask(dir.path(), &FOREIGN);
    assert!(
        stderr(&again).contains("Fresh generated/client.rs"),
        "{}",
        stderr(&again)
    );
    assert!(!stderr(&again).contains("Wrote"), "{}", stderr(&again));
    assert_eq!(fs::metadata(&client).unwrap().modified().unwrap(), before);
}

#[track_caller]
fn stale(dir: &Path, shown: &[&str]) {
    let output = check(dir);
    assert_eq!(code(&output), 4, "{}", stderr(&output));
    for part in shown {
        assert!(
            stdout(&output).contains(part),
            "no {part:?} in:\n{}",
            stdout(&output)
        );
    }
    assert_eq!(code(&xtask(dir, &FOREIGN)), 0);
    assert_eq!(code(&check(dir)), 0, "generating does not make it fresh");
}

#[test]
fn an_edited_document_is_stale_even_by_a_comment() {
    let dir = foreign();
    fs::write(dir.path().join("api.yaml"), format!("{DOCUMENT}# more\n")).unwrap();
    stale(
        dir.path(),
        &[
            "--- generated/client.rs",
            "+++ generated/client.rs",
            "-// document: api.yaml sha256:",
            "+// document: api.yaml sha256:",
        ],
    );
    fs::write(dir.path().join("api.yaml"), DOCUMENT.replace("/a", "/b")).unwrap();
    stale(
        dir.path(),
        &[
            "-            Self::A => \"/a\",",
            "+            Self::A => \"/b\",",
        ],
    );
}

#[test]
fn an_edited_overlay_is_stale() {
    let dir = foreign();
    fs::write(
        dir.path().join("overlay.yaml"),
        OVERLAY.replace("Tea", "Coffee"),
    )
    .unwrap();
    stale(
        dir.path(),
        &["-/// Client for Tea", "+/// Client for Coffee"],
    );
}

#[test]
fn an_edited_missing_or_extra_generated_file_is_stale() {
    let dir = foreign();
    let file = |name: &str| dir.path().join("generated").join(name);
    let client = fs::read_to_string(file("client.rs")).unwrap();
    fs::write(
        file("client.rs"),
        client.replace("Client for Tea", "Client for me"),
    )
    .unwrap();
    stale(dir.path(), &["-/// Client for me", "+/// Client for Tea"]);
    fs::remove_file(file("operations.rs")).unwrap();
    stale(
        dir.path(),
        &[
            "--- /dev/null",
            "+++ generated/operations.rs",
            "+pub enum Operation {",
        ],
    );
    fs::copy(file("operations.rs"), file("old.rs")).unwrap();
    stale(
        dir.path(),
        &[
            "--- generated/old.rs",
            "+++ /dev/null",
            "-pub enum Operation {",
        ],
    );
    assert!(
        !file("old.rs").exists(),
        "what an earlier run generated is removed"
    );
}

#[test]
fn a_file_that_was_not_generated_is_shown_and_never_removed() {
    let dir = foreign();
    let own = dir.path().join("generated/own.rs");
    fs::write(&own, "// mine\n").unwrap();
    let output = check(dir.path());
    assert_eq!(code(&output), 4);
    assert!(stdout(&output).contains("-// mine"));
    let output = xtask(dir.path(), &FOREIGN);
    assert!(
        stderr(&output).contains("own.rs, which is not generated"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read_to_string(&own).unwrap(), "// mine\n");
}

#[test]
fn a_check_writes_nothing() {
    let dir = foreign();
    fs::remove_dir_all(dir.path().join("generated")).unwrap();
    assert_eq!(code(&check(dir.path())), 4);
    assert!(!dir.path().join("generated").exists());
}

#[test]
fn wrong_usage_and_missing_files_have_exit_codes_of_their_own() {
    let dir = foreign();
    assert_eq!(
        code(&xtask(dir.path(), &["generate", "--spec", "api.yaml"])),
        2
    );
    assert_eq!(
        code(&xtask(dir.path(), &["generate", "--out", "generated"])),
        2
    );
    assert_eq!(
        code(&xtask(
            dir.path(),
            &["generate", "--overlay", "overlay.yaml"]
        )),
        2
    );
    let missing = xtask(
        dir.path(),
        &["generate", "--spec", "no.yaml", "--out", "generated"],
    );
    assert_eq!(code(&missing), 1);
    assert!(
        stderr(&missing).contains("cannot read no.yaml"),
        "{}",
        stderr(&missing)
    );
    fs::write(dir.path().join("api.yaml"), "openapi: 3.1.0\n").unwrap();
    let refused = xtask(dir.path(), &FOREIGN);
    assert_eq!(code(&refused), 1);
    assert!(
        stderr(&refused).contains("--> api.yaml:1 (/openapi)"),
        "{}",
        stderr(&refused)
    );
}

/// A copy of the project's sources and of what is generated from them.
fn project() -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let dir = tempfile::tempdir().unwrap();
    for folder in ["openapi", "xoxoday-api/src/generated"] {
        let copy = dir.path().join(folder);
        fs::create_dir_all(&copy).unwrap();
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let from = entry.unwrap().path();
            if from.is_file() {
                fs::copy(&from, copy.join(from.file_name().unwrap())).unwrap();
            }
        }
    }
    dir
}

#[test]
fn the_projects_generated_files_are_fresh() {
    let output = xtask(project().path(), &["generate", "--check"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn a_document_edited_by_hand_is_stale_whatever_was_generated_from_it() {
    let dir = project();
    let document = dir.path().join("openapi/reward-points-api.yaml");
    let edited = fs::read_to_string(&document).unwrap() + "# by hand\n";
    fs::write(&document, edited).unwrap();
    let check = xtask(dir.path(), &["generate", "--check"]);
    assert_eq!(code(&check), 4);
    assert!(stdout(&check).contains("+// document: reward-points-api.yaml sha256:"));
    assert!(
        stderr(&check).contains("was edited by hand"),
        "{}",
        stderr(&check)
    );
    let generate = xtask(dir.path(), &["generate"]);
    assert_eq!(code(&generate), 0, "a plain run goes on");
    assert!(
        stderr(&generate).contains("is not the document that was assembled"),
        "{}",
        stderr(&generate)
    );
    let check = xtask(dir.path(), &["generate", "--check"]);
    assert_eq!(code(&check), 4, "the files are fresh, the document is not");
    assert_eq!(stdout(&check), "");
}

#[test]
fn an_edit_that_is_refused_is_stale_all_the_same() {
    let dir = project();
    for name in ["reward-points-api.yaml", "overlay.yaml"] {
        let file = dir.path().join("openapi").join(name);
        let original = fs::read_to_string(&file).unwrap();
        fs::write(&file, original.replace("fetchPoints", "gone")).unwrap();
        let check = xtask(dir.path(), &["generate", "--check"]);
        assert_eq!(code(&check), 4, "{name}: {}", stderr(&check));
        assert!(stdout(&check).contains("-// "), "{}", stdout(&check));
        assert!(
            stderr(&check).contains("matches nothing"),
            "{}",
            stderr(&check)
        );
        assert_eq!(code(&xtask(dir.path(), &["generate"])), 1);
        fs::write(&file, original).unwrap();
    }
}

#[test]
fn an_operation_without_a_page_is_refused() {
    let dir = project();
    let file = dir.path().join("openapi/upstream.toml");
    let text = fs::read_to_string(&file).unwrap();
    let gone = text.replace("\"cancelPoints\"", "\"forgetPoints\"");
    fs::write(&file, gone).unwrap();
    let output = xtask(dir.path(), &["generate"]);
    assert_eq!(code(&output), 1);
    for words in [
        "no page is recorded for the operation `cancelPoints`",
        "the document has no operation `forgetPoints`",
    ] {
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[test]
fn malformed_sources_are_refused_at_their_line() {
    let dir = project();
    let edit = |name: &str, from: &str, to: &str, place: &str| {
        let file = dir.path().join("openapi").join(name);
        let original = fs::read_to_string(&file).unwrap();
        let line = original
            .lines()
            .position(|line| line.contains(from))
            .unwrap()
            + 1;
        fs::write(&file, original.replacen(from, to, 1)).unwrap();
        let output = xtask(dir.path(), &["generate"]);
        fs::write(&file, original).unwrap();
        assert_eq!(code(&output), 1, "{name}: {to}");
        let place = format!(
            "--> openapi/{name}:{}",
            place.replace("LINE", &line.to_string())
        );
        assert!(
            stderr(&output).contains(&place),
            "no {place:?} in:\n{}",
            stderr(&output)
        );
    };
    edit("upstream.toml", "title = ", "title ", "LINE");
    edit("upstream.toml", "index = ", "indexx = ", "LINE");
    edit("upstream.toml", "sha256 = \"", "sha256 = \"x", "LINE");
    edit(
        "upstream.toml",
        "operation = \"fetchPoints\"",
        "operation = \"sendPoints\"",
        "",
    );
    edit("ledger.toml", "id = 2", "id = 1", "LINE");
    edit("ledger.toml", "test = \"", "tset = \"", "LINE");
    edit(
        "overlay.yaml",
        "overlay: 1.0.0",
        "overlay: 1.0.0\noverlay: 1.0.0",
        "2",
    );
}

#[test]
fn help_says_what_the_exit_codes_mean() {
    let output = xtask(Path::new("."), &["generate", "--help"]);
    assert_eq!(code(&output), 0);
    assert!(
        stdout(&output).contains("4  with --check"),
        "{}",
        stdout(&output)
    );
}
