//! An account of a sandbox, and the command at work on it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use xoxoday_sandbox::{Pair, Sandbox};
use xoxoday_tests::canary::{self, MARK, STORE};
use xoxoday_tests::search::Search;
use xoxoday_tests::{TestSandbox, directory, sandbox, secrets_of};

pub(crate) struct Account {
    pub(crate) sandbox: TestSandbox,
    directory: TempDir,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Account {
    /// With an empty store.
    pub(crate) fn new() -> Self {
        Self {
            sandbox: sandbox(),
            directory: directory(),
        }
    }

    /// With the dashboard's tokens in its store.
    pub(crate) fn imported() -> Self {
        let account = Self::new();
        let imported = account.with_stdin(&["import"], &pasted(account.sandbox.seed()));
        assert_eq!(imported.code, 0, "{imported:?}");
        account
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.directory.path().join(STORE)
    }

    pub(crate) fn rescue_file(&self) -> PathBuf {
        self.directory.path().join("rescue").join(STORE)
    }

    /// The command with the account's variables, those of a seed left out.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_command"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("XOXODAY_") {
                command.env_remove(name);
            }
        }
        let [environment, id, secret, ..] = self.sandbox.environment();
        let file = |path: PathBuf| format!("file:{}", path.display());
        command
            .args(arguments)
            .envs([environment, id, secret])
            .env("XOXODAY_TOKEN_STORE", file(self.store()))
            .env("XOXODAY_RESCUE_FILE", self.rescue_file())
            .env("XOXODAY_ROTATION_FLOOR", "0s")
            .env_remove("NOTIFY_SOCKET")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if canary::is_watching() {
            command.env("RUST_LOG", "trace");
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.end(self.command(arguments).spawn().unwrap())
    }

    pub(crate) fn with_stdin(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        self.end(child)
    }

    /// Waits for the end, and sees to it that no secret was said.
    pub(crate) fn end(&self, child: Child) -> Ended {
        let output = child.wait_with_output().unwrap();
        let ended = Ended {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        self.assert_no_secret(&ended.out);
        self.assert_no_secret(&ended.err);
        if canary::is_watching() {
            eprintln!("{}{}", ended.out, ended.err);
        }
        ended
    }

    pub(crate) fn assert_no_secret(&self, said: &str) {
        let mut secrets = secrets_of(&self.sandbox);
        secrets.push(MARK.to_owned());
        let search = Search::new(secrets.iter().map(String::as_str));
        assert_eq!(search.find(said.as_bytes()), [], "{said}");
    }

    /// Changes what is stored, as another process or the years would.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut file: Value = serde_json::from_slice(&self.bytes()).unwrap();
        change(&mut file["document"]);
        std::fs::write(self.store(), file.to_string()).unwrap();
    }

    pub(crate) fn document(&self) -> Value {
        let file: Value = serde_json::from_slice(&self.bytes()).unwrap();
        file["document"].clone()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.store()).unwrap()
    }

    pub(crate) fn exchanges(&self) -> usize {
        self.sandbox.record().exchanges().len()
    }
}

impl Ended {
    /// Standard error without the log, which is there under the canary.
    pub(crate) fn complaint(&self) -> String {
        let logged = |line: &&str| line.starts_with("20") && line.contains('T');
        let lines = self.err.lines().filter(|line| !logged(line));
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// The one object of `--json`.
    pub(crate) fn json(&self) -> Value {
        let json: Value = serde_json::from_str(&self.out).expect(&self.out);
        assert_eq!(json["exit"], self.code, "{json}");
        json
    }
}

/// What a person copies out of the dashboard.
pub(crate) fn pasted(pair: &Pair) -> String {
    json!({
        "refresh_token": pair.refresh_token(),
        "access_token": pair.access_token(),
        "access_token_expiry": pair.access_ends_at_ms.to_string(),
        "refresh_token_expiry": pair.refresh_ends_at_ms,
    })
    .to_string()
}

/// The variables of the dashboard's tokens.
pub(crate) fn seed_variables(sandbox: &Sandbox) -> Vec<(&'static str, String)> {
    sandbox.environment()[3..].to_vec()
}

/// Milliseconds from now.
pub(crate) fn from_now(days: f64) -> i64 {
    let now = xoxoday_auth::Clock::now(&xoxoday_auth::SystemClock).get();
    now + (days * 86_400_000.0) as i64
}

/// The names of the members, to see that there are no others.
pub(crate) fn members(json: &Value) -> Vec<&str> {
    json.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Replaces every moment and number of seconds, which no test can foretell.
pub(crate) fn timeless(mut json: Value) -> Value {
    fn forget(value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(name, value)| {
                let moment = ["_at", "until", "since"];
                if name.ends_with("_seconds") && value.is_u64() {
                    *value = "seconds".into();
                } else if moment.iter().any(|end| name.ends_with(end)) && value.is_string() {
                    let text = value.as_str().unwrap_or_default();
                    assert!(text.len() == 20 && text.ends_with('Z'), "{name}: {text}");
                    *value = "moment".into();
                } else {
                    forget(value);
                }
            }),
            Value::Array(values) => values.iter_mut().for_each(forget),
            _ => {}
        }
    }
    forget(&mut json);
    json
}
