use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::{Value, json};
use xoxoday_sandbox::{Gate, Operation, Plan, Trouble};

use crate::account::{Account, pasted};

const REFRESH: Operation = Operation::RefreshTokenPoints;

/// The socket on which systemd listens.
struct Systemd {
    socket: UnixDatagram,
    directory: tempfile::TempDir,
}

impl Systemd {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        // For a test that fails, not for one that passes.
        let patience = Some(Duration::from_secs(60));
        socket.set_read_timeout(patience).unwrap();
        Self { socket, directory }
    }

    fn start(&self, account: &Account, arguments: &[&str]) -> Child {
        let mut command = account.command(arguments);
        command.env("NOTIFY_SOCKET", self.directory.path().join("notify"));
        command.spawn().unwrap()
    }

    fn hears(&self) -> String {
        let mut bytes = [0; 100];
        let length = self.socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }
}

fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(sent.unwrap().success());
}

/// Without an access token the first thing to do is an exchange.
fn account_that_is_due() -> Account {
    let account = Account::new();
    let refresh = json!({"refresh_token": account.sandbox.refresh_token()});
    let imported = account.with_stdin(&["import"], &refresh.to_string());
    assert_eq!(imported.code, 0, "{imported:?}");
    account
}

#[test]
fn it_says_when_it_is_ready_and_ends_well_when_told_to_stop() {
    for stop in ["TERM", "INT"] {
        let account = account_that_is_due();
        let systemd = Systemd::new();
        let running = systemd.start(&account, &["run"]);
        assert_eq!(systemd.hears(), "READY=1");
        assert_eq!(account.document()["staged"]["status"], 200);
        signal(&running, stop);
        assert_eq!(systemd.hears(), "STOPPING=1");
        let ended = account.end(running);
        assert_eq!(ended.code, 0, "{ended:?}");
        let lines: Vec<_> = ended.out.lines().collect();
        assert_eq!(lines.len(), 2, "{ended:?}");
        assert!(
            lines[0].starts_with("ready: keeping the tokens of client "),
            "{ended:?}"
        );
        assert!(lines[0].ends_with("fresh (generation 2)"), "{ended:?}");
        assert_eq!(lines[1], "stopped: the tokens are stored (generation 2)");
        // The log tells what it did.
        assert!(ended.err.contains("a rotation ended"), "{ended:?}");
        assert_eq!(account.exchanges(), 1);
    }
}

#[test]
fn its_json_is_a_line_for_each_event() {
    let account = Account::imported();
    let systemd = Systemd::new();
    let running = systemd.start(&account, &["run", "--json"]);
    assert_eq!(systemd.hears(), "READY=1");
    signal(&running, "TERM");
    let ended = account.end(running);
    let lines = ended
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let whose = json!({
        "environment": account.sandbox.origin(),
        "client_id": account.sandbox.client_id(),
    });
    assert_eq!(
        lines.collect::<Vec<Value>>(),
        [
            json!({"command": "run", "event": "ready", "generation": 1}),
            json!({
                "command": "run", "event": "stopped", "generation": 1,
                "exit": 0, "error": null, "account": whose,
            }),
        ]
    );
}

#[tokio::test]
async fn an_exchange_that_is_under_way_is_saved_however_often_it_is_told_to_stop() {
    let account = account_that_is_due();
    let systemd = Systemd::new();
    let gate = Gate::new();
    account
        .sandbox
        .trouble(REFRESH, Trouble::Hold(gate.clone()));
    let mut running = systemd.start(&account, &["run"]);
    gate.wait_for(1).await;

    signal(&running, "TERM");
    assert_eq!(systemd.hears(), "STOPPING=1");
    let mut said = BufReader::new(running.stderr.take().unwrap());
    for again in ["TERM", "INT"] {
        signal(&running, again);
        let mut line = String::new();
        while !line.contains("stopping once its answer is saved") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
        }
    }
    assert_eq!(account.document()["generation"], 1);
    gate.open();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    account.assert_no_secret(&rest);
    let ended = account.end(running);
    assert_eq!(ended.code, 0, "{ended:?}");
    // Saved, and good for the next start.
    assert_eq!(account.document()["staged"]["status"], 200);
    assert_eq!(account.run(&["validate"]).code, 0);
    assert_eq!(account.exchanges(), 1);
}

#[tokio::test]
async fn a_rotation_by_hand_is_not_cut_off_from_its_save_either() {
    let account = Account::imported();
    let gate = Gate::new();
    account
        .sandbox
        .trouble(REFRESH, Trouble::Hold(gate.clone()));
    let mut rotating = account.command(&["rotate"]).spawn().unwrap();
    gate.wait_for(1).await;
    signal(&rotating, "INT");
    let mut line = String::new();
    let mut said = BufReader::new(rotating.stderr.take().unwrap());
    while !line.contains("stopping once its answer is saved") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
    }
    gate.open();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let ended = account.end(rotating);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(account.run(&["validate"]).code, 0);
}

#[test]
fn a_server_in_trouble_does_not_keep_it_from_starting() {
    let account = account_that_is_due();
    let always = Plan::from(Trouble::Html(502)).until_cleared();
    account.sandbox.trouble(REFRESH, always);
    let systemd = Systemd::new();
    let running = systemd.start(&account, &["run"]);
    assert_eq!(systemd.hears(), "READY=1");
    signal(&running, "TERM");
    let ended = account.end(running);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("tokens were not rotated"), "{ended:?}");
}

#[test]
fn it_does_not_start_without_tokens_that_work() {
    let account = Account::new();
    let empty = account.run(&["run"]);
    assert_eq!(empty.code, 3, "{empty:?}");
    assert_eq!(empty.out, "");

    let account = Account::imported();
    account.sandbox.dashboard().reset_password();
    assert_eq!(account.run(&["rotate"]).code, 3);
    let latched = account.run(&["run", "--json"]).json();
    assert_eq!(latched["error"]["kind"], "login_required");
    assert_eq!(latched["event"], "stopped");

    let fresh = pasted(&account.sandbox.dashboard().new_pair());
    assert_eq!(account.with_stdin(&["import"], &fresh).code, 0);
    let systemd = Systemd::new();
    let running = systemd.start(&account, &["run"]);
    assert_eq!(systemd.hears(), "READY=1");
    signal(&running, "TERM");
    assert_eq!(account.end(running).code, 0);
}

#[test]
fn a_login_that_became_necessary_meanwhile_is_told_at_the_end() {
    let account = account_that_is_due();
    account.sandbox.dashboard().reset_password();
    let systemd = Systemd::new();
    let running = systemd.start(&account, &["run"]);
    assert_eq!(systemd.hears(), "READY=1");
    signal(&running, "TERM");
    let ended = account.end(running);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.err.contains("xoxoday import"), "{ended:?}");
}
