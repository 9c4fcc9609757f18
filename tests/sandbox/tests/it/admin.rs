//! The doors for other processes.

use serde_json::{Value, json};
use xoxoday_sandbox::{Numbers, Sandbox, Switches, TokenState};

use crate::client::{Client, USER, read};

async fn knock(client: &Client, method: &str, door: &str, body: Value) -> (u16, Value) {
    let mut request = client.request(method, &format!("/_sandbox/{door}"));
    if method == "POST" {
        request = request.json(&body);
    }
    let answer = read(request).await.unwrap();
    (answer.status, answer.json())
}

#[tokio::test]
async fn state_tells_books_and_pairs_but_no_tokens() {
    let sandbox = Sandbox::builder().token_prefix("CANARY").start().unwrap();
    let client = Client::of(&sandbox);
    client.refresh(sandbox.refresh_token()).await;
    let answer = client.get("/_sandbox/state").await;
    assert!(!answer.text.contains("CANARY"));
    let state = answer.json();
    assert_eq!(state["books"]["wallet"], "10000");
    assert_eq!(state["books"]["users"][USER]["balance"], "1500");
    assert_eq!(state["pairs"][0]["refresh_state"], "spent");
    assert_eq!(state["pairs"][1]["refresh_state"], "live");
    assert_eq!(state["pairs"][1]["predecessor"], 1);
}

#[tokio::test]
async fn the_record_is_told_and_does_not_record_who_asks() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    client.refresh(sandbox.refresh_token()).await;
    for _ in 0..2 {
        let (status, record) = knock(&client, "GET", "record", json!(null)).await;
        assert_eq!(status, 200);
        let calls = record["calls"].as_array().unwrap();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0]["operation"], "refreshTokenPoints");
        assert_eq!(calls[0]["brought"], 2);
        assert!(calls[0]["body"].as_str().unwrap().contains("grant_type"));
        assert_eq!(record["refresh_tokens"][0]["presented"], 1);
    }
}

#[tokio::test]
async fn the_clock_can_be_moved_from_outside() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    knock(&client, "POST", "clock", json!("stop")).await;
    let then = sandbox.clock().now_ms();
    knock(&client, "POST", "clock", json!({"advance_ms": 1000})).await;
    assert_eq!(sandbox.clock().now_ms(), then + 1000);
    knock(&client, "POST", "clock", json!({"rewind_ms": 400})).await;
    assert_eq!(sandbox.clock().now_ms(), then + 600);
    let (_, told) = knock(&client, "POST", "clock", json!({"set_ms": 5})).await;
    assert_eq!(told, json!({"now_ms": 5}));
}

#[tokio::test]
async fn switches_that_are_named_change_and_the_others_stay() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let change = json!({
        "numbers": "as_strings",
        "rotation": {"grace": {"window_ms": 1000, "replay": "same_successor"}},
    });
    let (status, _) = knock(&client, "POST", "switches", change).await;
    assert_eq!(status, 200);
    let now = sandbox.switches();
    assert_eq!(now.numbers, Numbers::AsStrings);
    let others = Switches {
        numbers: Switches::default().numbers,
        rotation: Switches::default().rotation,
        ..now.clone()
    };
    assert_eq!(others, Switches::default());
    for wrong in [
        json!({"no_such_switch": 1}),
        json!({"pair_cap": "many"}),
        json!([]),
    ] {
        assert_eq!(knock(&client, "POST", "switches", wrong).await.0, 400);
    }
    assert_eq!(sandbox.switches(), now);
}

#[tokio::test]
async fn trouble_can_be_made_from_outside() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    for (trouble, status) in [
        (json!({"trouble": {"status": 502}}), 502),
        (json!({"trouble": "empty_body", "times": 1}), 200),
        (
            json!({"trouble": {"redirect": {"status": 307, "location": "/x"}}}),
            307,
        ),
        (
            json!({"trouble": {"reject": {"shape": "unauthorized", "status": 403}}}),
            403,
        ),
        (
            json!({"operation": "refreshTokenPoints", "moment": "after_work",
                   "trouble": {"rate_limit": {"shape": "errors", "status": 429,
                                              "penalty_ms": 60_000, "retry_after": true}}}),
            429,
        ),
    ] {
        assert_eq!(knock(&client, "POST", "trouble", trouble).await.0, 200);
        assert_eq!(client.refresh(sandbox.refresh_token()).await.status, status);
    }
    let spent = sandbox.refresh_token_state(sandbox.refresh_token());
    assert_eq!(spent, Some(TokenState::Spent));

    let forever = json!({"trouble": {"delay": 0}, "until_cleared": true});
    knock(&client, "POST", "trouble", forever).await;
    client.get("/").await;
    assert_eq!(sandbox.trouble_left(), 1);
    knock(&client, "DELETE", "trouble", json!(null)).await;
    assert_eq!(sandbox.trouble_left(), 0);
    for wrong in [
        json!({}),
        json!({"trouble": "hold"}),
        json!({"trouble": "nothing"}),
    ] {
        assert_eq!(knock(&client, "POST", "trouble", wrong).await.0, 400);
    }
}

#[tokio::test]
async fn a_person_can_be_played_from_outside() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let (_, pair) = knock(&client, "POST", "dashboard", json!("new_pair")).await;
    let access = pair["access_token"].as_str().unwrap();
    assert_eq!(client.validate(access).await.status, 200);
    knock(
        &client,
        "POST",
        "dashboard",
        json!({"bar": "ip_not_registered"}),
    )
    .await;
    let barred = client.validate(access).await;
    assert_eq!(barred.json()["errorId"], "PIPE10017");
    knock(&client, "POST", "dashboard", json!("unbar")).await;
    knock(&client, "POST", "dashboard", json!("reset_password")).await;
    let ended = client.validate(access).await;
    assert_eq!(ended.json()["error_message_id"], "auth.token_error");
}

#[tokio::test]
async fn other_doors_and_other_ways_are_refused() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(client.get("/_sandbox/nothing").await.status, 404);
    assert_eq!(client.get("/_sandbox/clock").await.status, 405);
    let form = client.request("POST", "/_sandbox/clock").body("\"stop\"");
    assert_eq!(read(form).await.unwrap().status, 415);
}
