//! The program, as someone would start it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

struct Program {
    child: Child,
    environment: BTreeMap<String, String>,
    /// What it said beside them.
    comments: Vec<String>,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xoxoday-sandbox"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn ended(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

impl Program {
    /// Starts it and reads what is to be pasted.
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let (mut environment, mut comments) = (BTreeMap::new(), Vec::new());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !environment.contains_key("XOXODAY_ACCESS_TOKEN_EXPIRY") {
            let line = lines.next().expect("it ended too soon").unwrap();
            if let Some(variable) = line.strip_prefix("export ") {
                let (name, value) = variable.split_once('=').unwrap();
                let value = value.trim_matches('\'').to_owned();
                environment.insert(name.to_owned(), value);
            } else {
                comments.push(line);
            }
        }
        Self {
            child,
            environment,
            comments,
        }
    }

    #[cfg(unix)]
    fn signal(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        Command::new("kill").args([signal, &id]).status().unwrap();
        let code = self.child.wait().unwrap().code();
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        (code, log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_says_who_is_there_and_that_is_somebody() {
    let somebody = Program::start(&[]);
    let people = [
        "# User john@company.example has 150 points.",
        "# Super Admin boss@company.example may send points.",
    ];
    assert_eq!(somebody.comments[2..], people);
    let others = Program::start(&["--user", "a@company.example=1"]);
    let people = ["# User a@company.example has 1 points."];
    assert_eq!(others.comments[2..], people);
}

#[cfg(unix)]
#[tokio::test]
async fn it_says_what_to_paste_serves_logs_no_tokens_and_stops_when_told() {
    for signal in ["-TERM", "-INT"] {
        let program = Program::start(&["--numbers-as-strings", "--wallet", "77"]);
        let environment = program.environment.clone();
        let names: Vec<_> = environment.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "XOXODAY_ACCESS_TOKEN",
                "XOXODAY_ACCESS_TOKEN_EXPIRY",
                "XOXODAY_CLIENT_ID",
                "XOXODAY_CLIENT_SECRET",
                "XOXODAY_ENV",
                "XOXODAY_REFRESH_TOKEN",
            ]
        );
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let origin = &environment["XOXODAY_ENV"];
        let told: serde_json::Value = http
            .get(format!("{origin}/chef/v1/oauth/token"))
            .bearer_auth(&environment["XOXODAY_ACCESS_TOKEN"])
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(
            told["access_token_expiry"],
            environment["XOXODAY_ACCESS_TOKEN_EXPIRY"].as_str()
        );
        let state = http
            .get(format!("{origin}/_sandbox/state"))
            .send()
            .await
            .unwrap();
        let state: serde_json::Value = state.json().await.unwrap();
        assert_eq!(state["books"]["wallet"], "77");

        let (code, log) = program.signal(signal);
        assert_eq!(code, Some(0));
        assert_eq!(log, "1 GET /chef/v1/oauth/token validateTokenPoints 200\n");
    }
}

#[test]
fn it_ends_2_when_called_wrongly_and_1_when_it_cannot_start() {
    for wrong in [
        &["--no-such-switch"][..],
        &["--wallet", "much"],
        &["--wallet=-1"],
        &["--user", "a@b.example"],
        &["--user", "nobody=1"],
        &["--super-admin", "nobody"],
        &["--port", "70000"],
    ] {
        let output = ended(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!output.stderr.is_empty(), "{wrong:?}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = ended(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("cannot listen"), "{message}");
}
