use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use xoxoday_sandbox::ApplicationError;
use xoxoday_tests::canary::MARK;
use xoxoday_tests::marked;

use crate::account::{Account, pasted, seed_variables};

#[test]
fn tokens_are_taken_from_the_variables_or_from_standard_input_and_work() {
    let from_variables = Account::new();
    let mut import = from_variables.command(&["import"]);
    import.envs(seed_variables(&from_variables.sandbox));
    // What is piped in beside the variables is not looked at.
    let ended = from_variables.end(import.spawn().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.starts_with("imported: "), "{ended:?}");

    let piped = Account::imported();
    for account in [&from_variables, &piped] {
        let sandbox = &account.sandbox;
        let stored = account.document();
        assert_eq!(stored["refresh"], sandbox.refresh_token());
        assert_eq!(
            stored["access_expires_at"],
            sandbox.seed().access_ends_at_ms
        );
        assert_eq!(account.run(&["validate"]).code, 0);
        assert_eq!(account.exchanges(), 0);
    }
}

#[test]
fn neither_the_client_secret_nor_the_network_is_needed() {
    let account = Account::new();
    let mut import = account.command(&["import"]);
    import.env_remove("XOXODAY_CLIENT_SECRET");
    import.envs(seed_variables(&account.sandbox));
    let ended = account.end(import.spawn().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(account.sandbox.record().calls().is_empty());
}

#[test]
fn the_json_of_an_import_keeps_its_shape() {
    let account = Account::new();
    let seed = pasted(account.sandbox.seed());
    let whose = json!({
        "environment": account.sandbox.origin(),
        "client_id": account.sandbox.client_id(),
    });
    let shape = |outcome: &str| {
        json!({
            "command": "import",
            "exit": 0,
            "error": null,
            "account": whose,
            "outcome": outcome,
            "generation": 1,
        })
    };
    let first = account.with_stdin(&["import", "--json"], &seed).json();
    assert_eq!(first, shape("taken"));
    let again = account.with_stdin(&["import", "--json"], &seed).json();
    assert_eq!(again, shape("already_there"));

    let other = pasted(&account.sandbox.dashboard().new_pair());
    let mut left_alone = account.with_stdin(&["import", "--json"], &other).json();
    let error = left_alone["error"].take();
    let mut expected = shape("left_alone");
    expected["exit"] = 1.into();
    assert_eq!(left_alone, expected);
    assert_eq!(error["kind"], "left_alone");
}

#[test]
fn tokens_that_work_are_left_alone_until_somebody_says_otherwise() {
    let account = Account::imported();
    let before = account.bytes();
    let other = pasted(&account.sandbox.dashboard().new_pair());
    let refused = account.with_stdin(&["import"], &other);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("--replace"), "{refused:?}");
    assert_eq!(account.bytes(), before);

    let replaced = account.with_stdin(&["import", "--replace"], &other);
    assert_eq!(replaced.code, 0, "{replaced:?}");
    assert_eq!(account.document()["generation"], 2);
    assert_eq!(account.run(&["validate"]).code, 0);
}

#[test]
fn a_seed_that_was_spent_by_a_rotation_is_never_brought_back() {
    let account = Account::imported();
    assert_eq!(account.run(&["rotate"]).code, 0);
    let before = account.bytes();
    let mut stale = account.command(&["import", "--replace"]);
    stale.envs(seed_variables(&account.sandbox));
    let ended = account.end(stale.spawn().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("already there"), "{ended:?}");
    assert!(ended.out.contains("--stdin"), "{ended:?}");
    assert_eq!(account.bytes(), before);
}

#[test]
fn a_latched_store_takes_new_tokens_and_not_the_old_ones() {
    let account = Account::imported();
    account.sandbox.dashboard().reset_password();
    assert_eq!(account.run(&["rotate"]).code, 3);

    let old = account.with_stdin(&["import"], &pasted(account.sandbox.seed()));
    assert_eq!(old.code, 3, "{old:?}");
    assert!(old.err.contains("dashboard"), "{old:?}");

    // The stale variables are still there, as they are in a container.
    let mut import = account.command(&["import", "--stdin"]);
    import.envs(seed_variables(&account.sandbox));
    import.stdin(std::process::Stdio::piped());
    let mut child = import.spawn().unwrap();
    let fresh = pasted(&account.sandbox.dashboard().new_pair());
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), fresh.as_bytes()).unwrap();
    let ended = account.end(child);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(account.run(&["status"]).code, 0);
    assert_eq!(account.run(&["validate"]).code, 0);
}

#[test]
fn a_store_of_another_account_is_not_touched() {
    let account = Account::imported();
    let before = account.bytes();
    let mut import = account.command(&["import", "--replace"]);
    import.env("XOXODAY_CLIENT_ID", "another");
    import.env("XOXODAY_REFRESH_TOKEN", marked!("another-refresh"));
    let ended = account.end(import.spawn().unwrap());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("belongs to"), "{ended:?}");
    assert_eq!(account.bytes(), before);
}

#[test]
fn what_are_no_tokens_is_refused_without_a_word_of_it() {
    let account = Account::new();
    let secret = marked!("pasted-wrongly");
    let ended = r#"{"refresh_token":"x","refresh_token_expiry":1}"#;
    for (input, why) in [
        (String::new(), "no tokens"),
        (secret.to_owned(), "expected a JSON object"),
        (
            json!({"access_token": secret}).to_string(),
            "refresh_token is missing",
        ),
        (
            json!({"refresh_token": [secret]}).to_string(),
            "refresh_token",
        ),
        (
            json!({"refresh_token": format!("{secret}\nx")}).to_string(),
            "a token",
        ),
        (ended.to_owned(), "has ended"),
    ] {
        let refused = account.with_stdin(&["import"], &input);
        assert_eq!(refused.code, 2, "{input}: {refused:?}");
        assert!(refused.err.contains(why), "{input}: {refused:?}");
        let refused = account.with_stdin(&["import", "--json"], &input).json();
        assert_eq!(refused["error"]["kind"], "invalid_input");
        assert_ne!(refused["error"]["message"], Value::Null);
    }
    assert!(!account.store().exists());
}

#[test]
fn tokens_that_were_imported_while_the_account_is_barred_work_afterwards() {
    let account = Account::new();
    account
        .sandbox
        .dashboard()
        .bar(ApplicationError::UserDisabled);
    let imported = account.with_stdin(&["import"], &pasted(account.sandbox.seed()));
    assert_eq!(imported.code, 0, "{imported:?}");
    let refused = account.run(&["validate"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("PIPE10015"), "{refused:?}");
    account.sandbox.dashboard().unbar();
    assert_eq!(account.run(&["validate"]).code, 0);
}

#[test]
fn a_store_is_sealed_by_a_variable_and_opens_with_the_next_key_too() {
    let account = Account::new();
    let [old, new] = [[3; 32], [7; 32]].map(|key| STANDARD.encode::<[u8; 32]>(key));
    let with = |keys: &str, arguments: &[&str]| {
        let mut command = account.command(arguments);
        command.env("XOXODAY_SEALING_KEYS", keys);
        account.end(command.spawn().unwrap())
    };
    let clear = account.with_stdin(&["import"], &pasted(account.sandbox.seed()));
    assert_eq!(clear.code, 0, "{clear:?}");
    let refused = with(&format!("2025:{old}"), &["status"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("not sealed"), "{refused:?}");

    // Taken over once; from then on the next key.
    for keys in [
        format!("2025:{old},unsealed"),
        format!("2026:{new},2025:{old}"),
        format!("2026:{new}"),
    ] {
        let rotated = with(&keys, &["rotate"]);
        assert_eq!(rotated.code, 0, "{rotated:?}");
        let status = with(&keys, &["status"]);
        assert_eq!(status.code, 0, "{status:?}");
    }
    let stored = std::fs::read_to_string(account.store()).unwrap();
    assert!(
        stored.contains("2026") && !stored.contains(MARK),
        "{stored}"
    );
    let without = account.run(&["status"]);
    assert_eq!(without.code, 1, "{without:?}");
    assert!(without.err.contains("sealed"), "{without:?}");
}
