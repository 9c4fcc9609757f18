use serde_json::{Value, json};

use crate::account::{Account, from_now, timeless};

#[test]
fn the_json_of_a_status_keeps_its_shape() {
    let account = Account::imported();
    let token = json!({"ends_at": "moment", "left_seconds": "seconds"});
    let mut expected = json!({
        "command": "status",
        "exit": 0,
        "error": null,
        "account": {
            "environment": account.sandbox.origin(),
            "client_id": account.sandbox.client_id(),
        },
        "store": format!("file:{}", account.store().display()),
        "findings": [],
        "tokens": {
            "generation": 1,
            "obtained_at": "moment",
            "age_seconds": "seconds",
            "access_token": token,
            "refresh_token": token,
            "rotation_due_at": "moment",
            "last_attempt_at": null,
            "open_attempt": null,
            "brake": null,
            "login_required": null,
        },
        "staged_answer": null,
        "rescue_file": null,
    });
    let status = account.run(&["status", "--json"]).json();
    assert_eq!(timeless(status), expected);

    account.change(|document| {
        document["attempted_at"] = from_now(-1.0).into();
        document["intent"] = json!({
            "attempt": "another",
            "started_at": from_now(-1.0),
            "lease_until": from_now(-0.9),
            "presentations": 2,
        });
        document["brake"] = json!({"until": from_now(0.1), "why": "too often"});
        document["latch"] = json!({"since": from_now(-0.5), "why": "rejected"});
    });
    expected["exit"] = 3.into();
    expected["findings"] = json!(["login_required", "attempt_open", "braked"]);
    let tokens = &mut expected["tokens"];
    tokens["last_attempt_at"] = "moment".into();
    tokens["open_attempt"] =
        json!({"started_at": "moment", "lease_until": "moment", "presentations": 2});
    tokens["brake"] = json!({"until": "moment", "why": "too often"});
    tokens["login_required"] = json!({"since": "moment", "why": "rejected"});
    let status = account.run(&["status", "--json"]).json();
    assert_eq!(timeless(status), expected);
}

#[test]
fn each_finding_has_its_word_and_its_exit_code() {
    type Change = fn(&mut Value);
    let cases: [(&str, i32, Change); 8] = [
        ("login_required", 3, |document| {
            document["latch"] = json!({"since": from_now(-1.0), "why": "rejected"});
        }),
        ("refresh_token_ended", 3, |document| {
            document["refresh_expires_at"] = from_now(-0.1).into();
        }),
        ("refresh_token_ending", 4, |document| {
            document["obtained_at"] = from_now(-50.0).into();
            document["refresh_expires_at"] = from_now(10.0).into();
        }),
        ("attempt_open", 4, |document| {
            document["intent"] = json!({
                "attempt": "a", "started_at": from_now(0.0),
                "lease_until": from_now(0.1), "presentations": 1,
            });
        }),
        ("braked", 4, |document| {
            document["brake"] = json!({"until": from_now(0.1), "why": "too often"});
        }),
        ("rotation_due", 4, |document| {
            document["obtained_at"] = from_now(-8.0).into();
        }),
        // The refresh token alone.
        ("rotation_due", 4, |document| {
            document.as_object_mut().unwrap().remove("access");
        }),
        // A brake that is over, and an end that nobody told.
        ("", 0, |document| {
            document["brake"] = json!({"until": from_now(-0.1), "why": "too often"});
            let document = document.as_object_mut().unwrap();
            document.remove("refresh_expires_at");
            document.remove("access_expires_at");
        }),
    ];
    for (finding, code, change) in cases {
        let account = Account::imported();
        account.change(change);
        let before = account.bytes();
        let status = account.run(&["status", "--json"]);
        assert_eq!(status.code, code, "{finding}: {status:?}");
        let first = &status.json()["findings"][0];
        assert_eq!(first.as_str().unwrap_or_default(), finding);
        let told = account.run(&["status"]);
        assert_eq!(told.code, code);
        let attention = told.out.contains("\nattention");
        assert_eq!(attention, !finding.is_empty(), "{told:?}");
        assert_eq!(account.bytes(), before);
        assert!(account.sandbox.record().calls().is_empty());
    }
}

#[test]
fn people_see_lifetimes_at_a_glance_in_80_columns() {
    let account = Account::imported();
    account.change(|document| {
        document["obtained_at"] = from_now(-15.0).into();
        document["access_expires_at"] = from_now(15.01).into();
        document["brake"] = json!({"until": from_now(0.1), "why": "many words ".repeat(20)});
    });
    let told = account.run(&["status"]).out;
    assert!(
        told.contains("\naccess token   [###########---------] ends in 15 days (2"),
        "{told}"
    );
    assert!(
        told.contains("\ngeneration     1, obtained 15 days ago\n"),
        "{told}"
    );
    assert!(told.contains("\nnext rotation  due\n"), "{told}");
    let wide = |line: &&str| line.chars().count() > 80 && !line.starts_with("store");
    assert_eq!(told.lines().find(wide), None);
}

#[test]
fn neither_the_client_secret_nor_the_network_is_needed() {
    let account = Account::imported();
    let mut status = account.command(&["status"]);
    status.env_remove("XOXODAY_CLIENT_SECRET");
    let ended = account.end(status.spawn().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(account.sandbox.record().calls().is_empty());
}

#[test]
fn an_empty_store_asks_for_an_import_and_stays_empty() {
    let account = Account::new();
    let told = account.run(&["status"]);
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.out.contains("xoxoday import"), "{told:?}");
    let status = account.run(&["status", "--json"]).json();
    assert_eq!(status["findings"], json!(["empty"]));
    assert_eq!(status["tokens"], Value::Null);
    assert!(!account.store().exists());
}

#[test]
fn an_answer_that_was_saved_and_not_looked_at_is_told_and_counts() {
    let account = Account::imported();
    let pair = account.sandbox.dashboard().new_pair();
    let body = json!({"access_token": pair.access_token(), "refresh_token": pair.refresh_token()});
    account.change(|document| {
        document["staged"] = json!({
            "status": 200,
            "body": {"text": body.to_string()},
            "asked_at": from_now(0.0),
            "answered_at": from_now(0.0),
        });
    });
    let status = account.run(&["status", "--json"]).json();
    assert_eq!(status["tokens"]["generation"], 2);
    let staged = timeless(status)["staged_answer"].take();
    assert_eq!(staged, json!({"status": 200, "answered_at": "moment"}));
    let told = account.run(&["status"]).out;
    assert!(told.contains("\nstaged answer  HTTP 200, saved "), "{told}");
}

#[test]
fn a_store_that_must_not_be_used_ends_with_1_and_stays_as_it_is() {
    let newer = json!({"version": 1, "document": {"schema": 99}}).to_string();
    for (content, why) in [
        ("", "it is empty"),
        ("{\"version\": 1, \"docu", "no token file"),
        (&newer, "newer version"),
    ] {
        let account = Account::imported();
        std::fs::write(account.store(), content).unwrap();
        for command in ["status", "rotate", "run", "validate"] {
            let ended = account.run(&[command]);
            assert_eq!(ended.code, 1, "{command}: {ended:?}");
            assert!(ended.err.contains(why), "{command}: {ended:?}");
        }
        let import = account.with_stdin(&["import", "--replace"], "{\"refresh_token\":\"x\"}");
        assert_eq!(import.code, 1, "{import:?}");
        assert_eq!(account.bytes(), content.as_bytes());
    }
}

#[cfg(unix)]
#[test]
fn a_store_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let account = Account::imported();
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(account.store(), permissions).unwrap();
    };
    mode(0o644);
    let refused = account.run(&["status"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("chmod 600"), "{refused:?}");
    mode(0o600);
    assert_eq!(account.run(&["status"]).code, 0);
}
