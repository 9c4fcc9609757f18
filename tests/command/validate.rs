use std::time::Duration;

use serde_json::json;
use xoxoday_sandbox::{ApplicationError, Operation, Plan, Trouble};

use crate::account::{Account, timeless};

#[test]
fn the_json_of_a_validation_keeps_its_shape() {
    let account = Account::imported();
    let validated = account.run(&["validate", "--json"]);
    assert_eq!(validated.code, 0, "{validated:?}");
    let token = json!({"ends_at": "moment", "left_seconds": "seconds"});
    let expected = json!({
        "command": "validate",
        "exit": 0,
        "error": null,
        "account": {
            "environment": account.sandbox.origin(),
            "client_id": account.sandbox.client_id(),
        },
        "generation": 1,
        "access_token": token,
        "refresh_token": token,
    });
    assert_eq!(timeless(validated.json()), expected);
    let told = account.run(&["validate"]);
    assert!(
        told.out.contains("the access token is good, for "),
        "{told:?}"
    );
}

#[test]
fn a_rejected_token_is_rotated_and_the_new_one_is_validated() {
    let account = Account::imported();
    account
        .sandbox
        .clock()
        .advance(Duration::from_secs(40 * 86_400));
    let validated = account.run(&["validate", "--json"]).json();
    assert_eq!(validated["generation"], 2, "{validated}");
    let stored = account.run(&["status", "--json"]).json();
    assert_eq!(stored["tokens"]["generation"], 2, "{stored}");
}

#[test]
fn each_failure_has_its_exit_code_and_its_kind() {
    let account = Account::new();
    let empty = account.run(&["validate", "--json"]).json();
    assert_eq!(
        (&empty["exit"], &empty["error"]["kind"]),
        (&3.into(), &"login_required".into())
    );

    let account = Account::imported();
    let refusal = Trouble::ApplicationError(ApplicationError::IpNotRegistered);
    account
        .sandbox
        .trouble(Operation::ValidateTokenPoints, refusal);
    let refused = account.run(&["validate", "--json"]).json();
    assert_eq!(
        (&refused["exit"], &refused["error"]["kind"]),
        (&1.into(), &"refused".into())
    );
    assert_eq!(refused["error"]["code"], "PIPE10017");
    assert!(refused["error"]["request_id"].is_string(), "{refused}");

    let garbage = Plan::from(Trouble::Garbage(b"{".to_vec())).until_cleared();
    account
        .sandbox
        .trouble(Operation::ValidateTokenPoints, garbage);
    let garbled = account.run(&["validate", "--json"]).json();
    assert_eq!(garbled["exit"], 1, "{garbled}");

    account.sandbox.dashboard().reset_password();
    account.sandbox.clear_trouble();
    let rejected = account.run(&["validate", "--json"]).json();
    assert_eq!(
        (&rejected["exit"], &rejected["error"]["kind"]),
        (&3.into(), &"login_required".into())
    );
}

/// A pipe to which nobody writes is read for ever, like a disk that hangs.
#[cfg(unix)]
#[test]
fn a_store_that_hangs_is_given_up_on_when_the_lease_has_passed() {
    use std::fs::{self, OpenOptions};
    use std::process::Command;
    use std::sync::mpsc;
    use std::thread;

    let account = Account::new();
    let mut pipe = Command::new("mkfifo");
    pipe.args(["-m", "600"]).arg(account.store());
    assert!(pipe.status().unwrap().success());
    let mut validate = account.command(&["validate"]);
    let child = validate.env("XOXODAY_ROTATION_LEASE", "2s").spawn();
    let child = child.unwrap();
    let (sender, ended) = mpsc::channel();
    let ended = thread::scope(|scope| {
        scope.spawn(|| sender.send(account.end(child)));
        let ended = ended.recv_timeout(Duration::from_secs(60));
        // Whoever reads it still is let go.
        let mut both_ends = OpenOptions::new();
        both_ends.read(true).write(true);
        drop(both_ends.open(account.store()).unwrap());
        ended
    });
    // The canary would read it too.
    fs::remove_file(account.store()).unwrap();
    let ended = ended.expect("it does not end");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("within 2s"), "{ended:?}");
}
