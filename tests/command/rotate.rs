use serde_json::{Value, json};
use xoxoday_sandbox::{ApplicationError, Gate, Operation, RateLimit, Trouble};
use xoxoday_tests::marked;

use crate::account::{Account, from_now, timeless};

const REFRESH: Operation = Operation::RefreshTokenPoints;
/// No program of this machine answers here.
const NOBODY: &str = "http://127.0.0.1:1";

#[test]
fn the_json_of_a_rotation_keeps_its_shape() {
    let account = Account::imported();
    let shape = |outcome: &str, generation: u64| {
        json!({
            "command": "rotate",
            "exit": 0,
            "error": null,
            "account": {
                "environment": account.sandbox.origin(),
                "client_id": account.sandbox.client_id(),
            },
            "outcome": outcome,
            "generation": generation,
        })
    };
    let rotated = account.run(&["rotate", "--json"]).json();
    assert_eq!(rotated, shape("rotated", 2));
    let fresh = account.run(&["rotate", "--if-older-than", "7d", "--json"]);
    assert_eq!(fresh.json(), shape("still_fresh", 2));
    assert_eq!(account.exchanges(), 1);
    let told = account.run(&["rotate"]);
    assert_eq!(told.out, "rotated: new tokens are stored (generation 3)\n");
    assert_eq!(told.complaint(), "");
}

#[test]
fn tokens_are_rotated_when_they_are_old_or_most_of_their_life_is_over() {
    for (age, life_left, due) in [
        (6.9, 23.0, false),
        (7.1, 23.0, true),
        // Two thirds of a short life.
        (3.0, 2.0, false),
        (3.0, 1.0, true),
        (1.0, -0.1, true),
    ] {
        let account = Account::imported();
        account.change(|document| {
            document["obtained_at"] = from_now(-age).into();
            document["access_expires_at"] = from_now(life_left).into();
        });
        let ended = account.run(&["rotate", "--if-older-than", "7d"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(account.exchanges(), usize::from(due), "{age} {life_left}");
    }
}

#[test]
fn a_cron_that_asks_for_more_than_a_week_gets_it() {
    let account = Account::imported();
    account.change(|document| document["obtained_at"] = from_now(-9.0).into());
    let at_ten_days = account.run(&["rotate", "--if-older-than", "10d"]);
    assert!(at_ten_days.out.starts_with("not due"), "{at_ten_days:?}");
    assert_eq!(account.exchanges(), 0);
}

/// What stands in the way, and how it is told.
fn assert_must_wait(account: &Account, lowest: u64, highest: u64) {
    let before = account.exchanges();
    let ended = account.run(&["rotate", "--json"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    let error = &ended.json()["error"];
    let wait = error["retry_after_seconds"].as_u64().unwrap();
    assert!((lowest..=highest).contains(&wait), "{error}");
    assert_eq!(timeless(error.clone())["retry_at"], "moment");
    assert_eq!(account.exchanges(), before);
    let told = account.run(&["rotate"]);
    assert!(told.err.contains("worth asking again in"), "{told:?}");
}

#[test]
fn the_floor_makes_it_wait() {
    let account = Account::imported();
    assert_eq!(account.run(&["rotate"]).code, 0);
    let mut rotate = account.command(&["rotate", "--json"]);
    rotate.env("XOXODAY_ROTATION_FLOOR", "1h");
    let ended = account.end(rotate.spawn().unwrap());
    assert_eq!(ended.code, 4, "{ended:?}");
    let wait = ended.json()["error"]["retry_after_seconds"].as_u64();
    assert!((3500..=3600).contains(&wait.unwrap()), "{ended:?}");
    assert_eq!(account.exchanges(), 1);
}

#[test]
fn a_rate_limit_makes_it_wait() {
    let account = Account::imported();
    let limit = RateLimit::default();
    account.sandbox.trouble(REFRESH, Trouble::RateLimit(limit));
    assert_eq!(account.run(&["rotate"]).code, 4);
    assert_must_wait(&account, 30, 60);
}

#[test]
fn another_process_that_is_at_it_makes_it_wait() {
    let account = Account::imported();
    account.change(|document| {
        document["intent"] = json!({
            "attempt": "another",
            "started_at": from_now(0.0),
            "lease_until": from_now(0.01),
            "presentations": 1,
        });
    });
    assert_must_wait(&account, 700, 864);
}

#[test]
fn an_answer_that_was_lost_ends_with_5_and_the_next_rotation_settles_it() {
    let account = Account::imported();
    account
        .sandbox
        .switch(|switches| switches.rotation = xoxoday_sandbox::Rotation::SIX_HOURS);
    account.sandbox.trouble(REFRESH, Trouble::DropAnswer);
    let lost = account.run(&["rotate", "--json"]);
    assert_eq!(lost.code, 5, "{lost:?}");
    assert_eq!(lost.json()["error"]["kind"], "outcome_unknown");
    assert_eq!(account.run(&["status"]).code, 4);
    assert_eq!(account.run(&["rotate"]).code, 0);
    assert_eq!(account.run(&["status"]).code, 0);
}

#[test]
fn a_halted_account_waits_for_a_person() {
    let account = Account::imported();
    account.sandbox.trouble(REFRESH, Trouble::DropAnswer);
    assert_eq!(account.run(&["rotate"]).code, 5);
    let mut rotate = account.command(&["rotate", "--if-older-than", "0s"]);
    rotate.env("XOXODAY_AFTER_LOST_ANSWER", "halt");
    let halted = account.end(rotate.spawn().unwrap());
    assert_eq!(halted.code, 3, "{halted:?}");
    assert_eq!(account.exchanges(), 1);
}

#[test]
fn failures_before_or_without_a_verdict_end_with_1() {
    let account = Account::imported();
    let refusal = Trouble::ApplicationError(ApplicationError::IpNotRegistered);
    account.sandbox.trouble(REFRESH, refusal);
    let refused = account.run(&["rotate", "--json"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert_eq!(refused.json()["error"]["code"], "PIPE10017");

    assert_eq!(account.run(&["rotate"]).code, 0);

    let account = Account::new();
    let mut unreachable = account.command(&["rotate", "--json"]);
    unreachable.env("XOXODAY_ENV", NOBODY);
    unreachable.env("XOXODAY_REFRESH_TOKEN", marked!("refresh"));
    let ended = account.end(unreachable.spawn().unwrap());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["error"]["kind"], "unavailable");
    assert_eq!(account.document()["intent"], Value::Null);
}

#[test]
fn a_latched_or_empty_store_ends_with_3_and_says_what_to_do() {
    let account = Account::imported();
    account.sandbox.dashboard().reset_password();
    for _ in 0..2 {
        let ended = account.run(&["rotate"]);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(ended.err.contains("dashboard"), "{ended:?}");
        assert!(ended.err.contains("xoxoday import"), "{ended:?}");
    }
    assert_eq!(account.exchanges(), 1);
    assert_eq!(Account::new().run(&["rotate"]).code, 3);
}

#[tokio::test]
async fn new_tokens_that_the_store_does_not_take_wait_in_the_rescue_file() {
    let account = Account::imported();
    let gate = Gate::new();
    account
        .sandbox
        .trouble(REFRESH, Trouble::Hold(gate.clone()));
    let rotating = account.command(&["rotate", "--json"]).spawn().unwrap();
    gate.wait_for(1).await;
    // From here on no swap finds its lock.
    let lock = account.store().with_file_name("tokens.json.lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    gate.open();
    let ended = account.end(rotating);
    assert_eq!(ended.code, 4, "{ended:?}");
    let json = ended.json();
    assert_eq!(json["error"]["kind"], "unsaved", "{json}");
    assert_eq!(json["generation"], 2);
    assert_eq!(account.document()["generation"], 1);
    assert!(account.rescue_file().exists());

    let status = account.run(&["status", "--json"]);
    assert_eq!(status.code, 4, "{status:?}");
    assert_eq!(status.json()["findings"][0], "tokens_rescued");
    assert_eq!(status.json()["rescue_file"]["generation"], 2);

    std::fs::remove_dir(&lock).unwrap();
    let mended = account.run(&["rotate", "--if-older-than", "7d"]);
    assert_eq!(mended.code, 0, "{mended:?}");
    assert_eq!(account.document()["staged"]["status"], 200);
    assert!(!account.rescue_file().exists());
    assert_eq!(account.exchanges(), 1);
}
