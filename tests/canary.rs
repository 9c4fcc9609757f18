//! The canary: all end-to-end tests run once more, as children of this one,
//! with everything logged that any crate has to say. What they print, log,
//! panic with and leave in files is searched for every secret there was.
//!
//! To see it fail, print a token anywhere.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::Value;
use xoxoday_sandbox::Sandbox;
use xoxoday_tests::canary::{CONTROL, ISSUED, MARK, STORE};
use xoxoday_tests::search::{FORMS, Search};
use xoxoday_tests::{rescue_file, sandbox, secrets_of};

/// Programs that have no client in them, and so nothing to log; or, as a user's
/// own test, no log.
const SILENT: [&str; 5] = ["quickstart", "schemas", "sources", "types", "your_own"];

/// So many programs run beside each other.
const AT_ONCE: usize = 3;

/// What must be heard in a log that hears everything.
const VOICES: [&str; 5] = [
    "xoxoday.request",
    "xoxoday.rotation",
    "DEBUG reqwest::connect",
    "TRACE hyper_util::client",
    "TRACE h2::",
];

#[test]
fn no_secret_is_printed_logged_or_left_in_a_file() {
    assert!(std::env::var_os(ISSUED).is_none(), "it would start itself");
    let run = Run::new();
    let programs = programs();
    let next = AtomicUsize::new(0);
    let some = || {
        while let Some((name, program)) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let started = Instant::now();
            let ended = run.child(name, Command::new(program).arg("--nocapture"));
            println!("canary: {name} took {:.1?}", started.elapsed());
            assert!(ended.success(), "{name}: {}", run.last_words(name));
            let spoke = run.said(name).contains(" TRACE ");
            assert!(spoke || SILENT.contains(&&**name), "{name}");
        }
    };
    // Most of them wait more than they work.
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(some);
        }
    });
    let sandbox = sandbox();
    let ended = run.child("panic", caller(&sandbox).arg("panic"));
    assert!(!ended.success());
    assert!(run.said("panic").contains("a panic on purpose"));

    let mut secrets = run.secrets();
    secrets.extend(secrets_of(&sandbox));
    secrets.extend([MARK.to_owned(), CONTROL.to_owned()]);
    let search = Search::new(secrets.iter().map(String::as_str));
    prove_that_leaks_are_found(&search, &sandbox);

    let all_said: String = programs.iter().map(|(name, _)| run.said(name)).collect();
    for voice in VOICES {
        assert!(all_said.contains(voice), "not in the log: {voice}");
    }
    // The search reads files too: in the stores it finds what belongs there.
    let (stores, others) = run
        .files()
        .into_iter()
        .partition::<Vec<_>, _>(|file| is_store(file));
    let (_, in_stores) = look_through(&search, &stores);
    assert!(!in_stores.is_empty());

    let (bytes, found) = look_through(&search, &others);
    println!(
        "canary: searched {bytes} bytes in {} files of {} programs for {} secrets in {} forms \
         ({} texts): found {}",
        others.len(),
        programs.len() + 1,
        search.secrets(),
        FORMS.len(),
        search.needles(),
        found.len()
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Each form of writing a secret, and each way for it to get out.
fn prove_that_leaks_are_found(search: &Search, sandbox: &Sandbox) {
    let by_form = FORMS.map(|form| (form, "stdout"));
    let by_channel = ["stderr", "file", "panic", "log"].map(|channel| ("plain", channel));
    for (form, channel) in by_form.into_iter().chain(by_channel) {
        let run = Run::new();
        run.child("leak", caller(sandbox).args(["leak", form, channel]));
        let (_, found) = look_through(search, &run.files());
        let expected = format!("{form}, ");
        let seen = found.iter().any(|found| found.starts_with(&expected));
        assert!(seen, "not found: {form} on {channel}");
    }
}

fn caller(sandbox: &Sandbox) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caller"));
    command.envs(sandbox.environment());
    command.env("XOXODAY_RESCUE_FILE", rescue_file(sandbox));
    command
}

/// All other test programs of this package, by name, built if they are not.
fn programs() -> Vec<(String, PathBuf)> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    // As a whole, because that is how CI builds them.
    let built = Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--test", "*", "--no-run", "--locked"])
        .args(["--message-format=json", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(built.status.success());
    let mut programs = Vec::new();
    for line in String::from_utf8(built.stdout).unwrap().lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        let name = message["target"]["name"].as_str().unwrap_or_default();
        let ours = message["manifest_path"] == manifest && name != env!("CARGO_CRATE_NAME");
        if let (true, Some(program)) = (ours, message["executable"].as_str())
            && message["profile"]["test"] == true
        {
            programs.push((name.to_owned(), program.into()));
        }
    }
    assert!(programs.len() >= 10, "{programs:?}");
    programs
}

/// Children, and all that they leave behind.
struct Run {
    /// Removed at the end: what it holds may be secret.
    directory: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for part in ["said", "temporary", "home", "state", "issued"] {
            fs::create_dir(directory.path().join(part)).unwrap();
        }
        Self { directory }
    }

    fn path(&self, part: &str) -> PathBuf {
        self.directory.path().join(part)
    }

    /// Runs a program to its end, where all it can write to is ours.
    fn child(&self, name: &str, command: &mut Command) -> ExitStatus {
        let toolchain = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];
        let home = std::env::home_dir().unwrap_or_default();
        for (variable, folder) in toolchain {
            if std::env::var_os(variable).is_none() {
                command.env(variable, home.join(folder));
            }
        }
        for variable in ["TMPDIR", "TMP", "TEMP"] {
            command.env(variable, self.path("temporary"));
        }
        for variable in ["HOME", "USERPROFILE"] {
            command.env(variable, self.path("home"));
        }
        for variable in ["XDG_STATE_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"] {
            command.env(variable, self.path("state"));
        }
        let file = |stream: &str| File::create(self.path("said").join(stream)).unwrap();
        command
            .env(ISSUED, self.path("issued"))
            .env("RUST_BACKTRACE", "1")
            .env("XOXODAY_ROTATION_FLOOR", "0s")
            .stdout(file(&format!("{name}.out")))
            .stderr(file(&format!("{name}.err")))
            .status()
            .unwrap()
    }

    fn said(&self, name: &str) -> String {
        ["out", "err"]
            .map(|stream| fs::read(self.path("said").join(format!("{name}.{stream}"))).unwrap())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat()
    }

    /// The lines without the log, for a test that failed.
    fn last_words(&self, name: &str) -> String {
        let said = fs::read_to_string(self.path("said").join(format!("{name}.out")));
        said.unwrap_or_default()
    }

    fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        for file in files_below(&self.path("issued")) {
            let noted = fs::read_to_string(file).unwrap();
            secrets.extend(noted.lines().map(str::to_owned));
        }
        secrets
    }

    /// Everything that was printed or written.
    fn files(&self) -> Vec<PathBuf> {
        ["said", "temporary", "home", "state"]
            .iter()
            .flat_map(|part| files_below(&self.path(part)))
            .collect()
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

/// A token store, or the temporary file that becomes one.
fn is_store(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name == STORE || name == format!("{STORE}.tmp")
}

/// How many bytes were searched, and each line with a secret in it: in which
/// form, in which file, and what stands before it.
fn look_through(search: &Search, files: &[PathBuf]) -> (usize, Vec<String>) {
    let (mut bytes, mut places) = (0, Vec::new());
    for file in files {
        let text = fs::read(file).unwrap();
        bytes += text.len();
        // A secret is found piece by piece: once in a line is enough.
        let mut told = BTreeSet::new();
        for found in search.find(&text) {
            let before = text[..found.at].rsplit(|byte| *byte == b'\n').next();
            let before = before.unwrap_or_default();
            if told.insert((found.at - before.len(), found.form)) {
                let before = String::from_utf8_lossy(before);
                places.push(format!("{}, {}: {before}…", found.form, file.display()));
            }
        }
    }
    (bytes, places)
}
