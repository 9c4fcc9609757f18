use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use xoxoday_sandbox::{Gate, Operation, Trouble};
use xoxoday_tests::{BOSS, JOHN, answer};

use crate::account::{Account, Ended};

impl Account {
    fn file(&self, name: &str) -> PathBuf {
        self.store().with_file_name(name)
    }

    /// Sends a file of three rows.
    fn send(&self, further: &[&str]) -> Ended {
        self.end(self.sender(further).spawn().unwrap())
    }

    fn sender(&self, further: &[&str]) -> Command {
        let rows = "to_email,to_name,amount,citation\r\n\
            ann@company.example,\"Smith, Ann\",10.50,Thanks\r\n\
            zoe@company.example,Zoë,7,\r\n\
            bob@company.example,,1,\r\n";
        std::fs::write(self.file("friday.csv"), rows).unwrap();
        let [file, ledger] = ["friday.csv", "friday.ledger"].map(|name| self.file(name));
        let (file, ledger) = (file.display().to_string(), ledger.display().to_string());
        let mut arguments = vec!["points", "send", "--sender", BOSS];
        arguments.extend(["--file", &file, "--ledger", &ledger]);
        arguments.extend(further);
        self.command(&arguments)
    }

    fn on_ledger(&self, command: &[&str], further: &[&str]) -> Ended {
        let ledger = self.file("friday.ledger").display().to_string();
        let mut arguments = vec!["points"];
        arguments.extend(command);
        arguments.extend(["--ledger", &ledger]);
        arguments.extend(further);
        self.run(&arguments)
    }

    fn sends(&self) -> usize {
        self.sandbox.record().of(Operation::SendPoints).len()
    }
}

#[test]
fn a_balance_is_told_by_address_or_phone() {
    let account = Account::imported();
    let told = account.run(&["points", "balance", JOHN]);
    assert_eq!((told.code, &*told.out), (0, "150 points\n"), "{told:?}");
    let json = account.run(&["points", "balance", JOHN, "--json"]).json();
    assert_eq!(json["command"], "points balance");
    assert_eq!(json["points"], "150");
    let nobody = account.run(&["points", "balance", "--phone", "+91-1", "--json"]);
    assert_eq!(
        (nobody.code, &nobody.json()["error"]["kind"]),
        (1, &json!("refused"))
    );
    assert_eq!(account.run(&["points", "balance", "nobody"]).code, 2);
}

#[test]
fn one_recipient_is_sent_points_once_somebody_has_said_yes() {
    let account = Account::imported();
    let send = [
        "points", "send", "--sender", BOSS, "--to", JOHN, "--amount", "12.50",
    ];
    let with = |further: &[&str]| account.run(&[&send[..], further].concat());
    let unasked = with(&[]);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    let intention = format!(
        "12.50 points to 1 recipient, sent by {BOSS} out of the wallet of client {} in {}",
        account.sandbox.client_id(),
        account.sandbox.origin()
    );
    assert!(unasked.err.contains(&intention), "{unasked:?}");
    assert!(unasked.err.contains("give --yes"), "{unasked:?}");
    let dry = with(&["--dry-run"]);
    assert_eq!(
        (dry.code, &*dry.out),
        (0, &*format!("dry run: {intention}\n"))
    );
    assert_eq!(account.sends(), 0);

    let sent = with(&["--yes", "--json", "--citation", "Thanks"]);
    let json = sent.json();
    assert_eq!(json["outcome"], "credited");
    assert_eq!(json["transaction_id"], 987_654_321);
    assert_eq!(json["points"], "12.50");
    let books = account.sandbox.books();
    assert_eq!(books.user(JOHN).unwrap().balance.to_string(), "162.5");

    account
        .sandbox
        .trouble(Operation::SendPoints, Trouble::DropAnswer);
    let lost = with(&["--yes", "--json"]);
    assert_eq!(
        (lost.code, &lost.json()["error"]["kind"]),
        (5, &json!("outcome_unknown"))
    );
    assert_eq!(account.sends(), 2);
}

#[test]
fn a_file_is_sent_once_however_often_the_command_is_run() {
    let account = Account::imported();
    let dry = account.send(&["--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains("18.50 points to 3 recipients"), "{dry:?}");
    assert!(!account.file("friday.ledger").exists());
    let unasked = account.send(&[]);
    assert_eq!(
        (unasked.code, account.file("friday.ledger").exists()),
        (2, false)
    );

    let report = account.file("friday.report.csv").display().to_string();
    let sent = account.send(&["--yes", "--report", &report]);
    let told = "credited   3 rows, 18.50 points\n";
    assert_eq!((sent.code, &*sent.out), (0, told), "{sent:?}");
    let report = std::fs::read_to_string(report).unwrap();
    let first = "1,ann@company.example,\"Smith, Ann\",10.50,Thanks,credited,987654321,";
    assert!(
        report.lines().nth(1).unwrap().starts_with(first),
        "{report}"
    );

    // Nothing is left to be confirmed.
    let again = account.send(&["--json"]).json();
    assert_eq!(again["command"], "points send");
    assert_eq!(again["outcome"], "done");
    let credited = json!({"rows": 3, "points": "18.50"});
    assert_eq!(again["totals"]["credited"], credited);
    assert_eq!(account.sends(), 3);
}

#[test]
fn a_report_takes_the_place_of_nothing_and_is_its_owner_s_alone() {
    let account = Account::imported();
    let [ledger, report] =
        ["friday.ledger", "report.csv"].map(|name| account.file(name).display().to_string());
    assert_eq!(account.send(&["--yes"]).code, 0);
    for taken in [&ledger, &format!("{ledger}.lock")] {
        let refused = account.send(&["--yes", "--report", taken]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.complaint().contains("--report"), "{refused:?}");
    }
    // Without a send, too.
    let dry = account.send(&["--dry-run", "--report", &report]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert_eq!(std::fs::read_to_string(&report).unwrap().lines().count(), 4);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&report).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(account.sends(), 3);
}

#[test]
fn what_is_unknown_ends_with_5_until_a_person_has_looked() {
    let account = Account::imported();
    let sandbox = &account.sandbox;
    sandbox.trouble(Operation::SendPoints, Trouble::DropAnswer.times(2));
    let sent = account.send(&["--yes"]);
    assert_eq!(sent.code, 5, "{sent:?}");
    assert!(
        sent.complaint().contains("whether 2 rows were credited"),
        "{sent:?}"
    );
    let again = account.send(&["--yes", "--json"]);
    assert_eq!((again.code, account.sends()), (5, 3));
    assert_eq!(again.json()["error"]["kind"], "outcome_unknown");

    let one = account.on_ledger(&["resolve"], &["--row", "1", "--credited"]);
    assert_eq!(one.code, 0, "{one:?}");
    let filled = account.file("filled.csv");
    std::fs::write(&filled, "row,outcome\n2,not_sent\n3,credited\n").unwrap();
    let filled = filled.display().to_string();
    let by_file = account.on_ledger(&["resolve"], &["--file", &filled, "--json"]);
    let json = by_file.json();
    assert_eq!(json["resolved"], 1);
    assert_eq!(json["totals"]["pending"]["rows"], 1);
    let known = account.on_ledger(&["resolve"], &["--row", "3", "--not-sent"]);
    assert_eq!(known.code, 2, "{known:?}");
    let rest = account.send(&["--yes"]);
    assert_eq!((rest.code, account.sends()), (0, 4), "{rest:?}");
}

#[test]
fn what_was_refused_ends_with_1_and_a_limit_of_the_account_leaves_all_pending() {
    let account = Account::imported();
    let refused = r#"{"error":"Bad Request","message":"registered with another company"}"#;
    account
        .sandbox
        .trouble(Operation::SendPoints, answer(400, refused));
    let sent = account.send(&["--yes", "--json"]);
    assert_eq!(
        (sent.code, &sent.json()["error"]["kind"]),
        (1, &json!("refused"))
    );
    assert_eq!(sent.json()["totals"]["failed"]["rows"], 1);

    let account = Account::imported();
    account.sandbox.dashboard().disable_company();
    let halted = account.send(&["--yes", "--json"]);
    assert_eq!(halted.json()["error"]["code"], "PIPE10016");
    assert_eq!(halted.json()["outcome"], "halted");
    assert_eq!(halted.json()["totals"]["pending"]["rows"], 3);
    assert_eq!(halted.code, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_send_that_is_told_to_stop_keeps_what_is_under_way_and_goes_on_later() {
    let account = Account::imported();
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone());
    account.sandbox.trouble(Operation::SendPoints, hold);
    let child = account.sender(&["--yes", "--json"]).spawn().unwrap();
    gate.wait_for(1).await;
    let id = child.id().to_string();
    let told = Command::new("kill").args(["-s", "TERM", &id]).status();
    assert!(told.unwrap().success());
    gate.open();
    let stopped = account.end(child);
    let json = stopped.json();
    assert_eq!((stopped.code, &json["outcome"]), (4, &json!("stopped")));
    assert_eq!(json["error"]["kind"], "stopped");
    assert_eq!(json["totals"]["credited"]["rows"], 1);
    assert_eq!(account.send(&["--yes"]).code, 0);
    assert_eq!(account.sends(), 3);
}

#[test]
fn issuances_are_cancelled_by_id_or_by_ledger() {
    let account = Account::imported();
    assert_eq!(account.send(&["--yes"]).code, 0);
    let one = account.run(&["points", "cancel", "987654321", "--json"]);
    let json = one.json();
    assert_eq!(json["issuances"][0]["cancelled"], true, "{json}");
    // The ledger does not know of that one.
    let unasked = account.on_ledger(&["cancel"], &[]);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    let told = "take 18.50 points back from 3 recipients";
    assert!(unasked.complaint().contains(told), "{unasked:?}");
    let rest = account.on_ledger(&["cancel"], &["--yes", "--json"]);
    let json = rest.json();
    assert_eq!((rest.code, &json["error"]["kind"]), (1, &json!("refused")));
    assert_eq!(json["totals"]["cancelled"]["rows"], 2);
    let books = account.sandbox.books();
    assert!(books.issuances.values().all(|issuance| issuance.cancelled));
}

#[test]
fn rows_and_ledgers_that_are_wrong_are_named_and_nothing_is_sent() {
    let account = Account::imported();
    assert_eq!(account.send(&["--yes"]).code, 0);
    let file = account.file("other.csv");
    std::fs::write(&file, "to_email,amount\na@x.com,1\nnobody,2\nb@x.com,-1\n").unwrap();
    let send = |file: &str, ledger: &PathBuf| {
        let ledger = ledger.display().to_string();
        let begun = ["points", "send", "--sender", BOSS, "--yes", "--file", file];
        account.run(&[&begun[..], &["--ledger", &ledger]].concat())
    };
    let path = file.display().to_string();
    let wrong = send(&path, &account.file("other.ledger"));
    assert_eq!(wrong.code, 2, "{wrong:?}");
    for line in ["line 3: ", "; line 4: "] {
        assert!(wrong.err.contains(line), "{wrong:?}");
    }
    std::fs::write(&file, "to_email,amount\na@x.com,1\na@X.com,1\n").unwrap();
    let twice = send(&path, &account.file("other.ledger"));
    assert!(twice.err.contains("row 2 repeats row 1"), "{twice:?}");
    std::fs::write(&file, "to_email,amount\na@x.com,1\n").unwrap();
    let another = send(&path, &account.file("friday.ledger"));
    assert_eq!(another.code, 2, "{another:?}");
    assert!(
        another.err.contains("belongs to another send"),
        "{another:?}"
    );
    assert_eq!(account.sends(), 3);
}
