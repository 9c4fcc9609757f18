//! How points move, and that none are made or lost.

use crate::client::{API, Client, SENDER, USER, cancel_body, fetch_body, points, send_body};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use xoxoday_sandbox::{Builder, Numbers, Sandbox, SendAnswer, SendBody, Switches};

fn with(change: impl FnOnce(&mut Switches)) -> (Sandbox, Client) {
    let mut switches = Switches::default();
    change(&mut switches);
    let sandbox = Sandbox::builder()
        .switches(switches)
        .user_with_phone(USER, "Your Name", Builder::PHONE, "1500")
        .registered_elsewhere("theirs@other.example")
        .start()
        .unwrap();
    let client = Client::of(&sandbox);
    (sandbox, client)
}

fn plain() -> (Sandbox, Client) {
    with(|_| {})
}

fn to(email: &str, amount: &str) -> Value {
    json!({"to_email": email, "amount": amount})
}

#[tokio::test]
async fn a_balance_is_found_by_address_and_by_phone() {
    let (sandbox, client) = plain();
    for user_data in [
        json!({"email": USER}),
        json!({"email": USER.to_uppercase()}),
        json!({"phone": Builder::PHONE}),
        json!({"phone": "+918999888887"}),
        json!({"email": USER, "phone": "+1-1"}),
    ] {
        let body = fetch_body(user_data);
        let answer = client.post(API, Some(sandbox.access_token()), &body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.json(),
            json!({"data": {"user_balance": {"success": 1, "message": null, "data": {"total": 1500}}}})
        );
    }
}

#[tokio::test]
async fn a_balance_that_is_not_found_is_a_failure_inside_a_200() {
    let (sandbox, client) = plain();
    for (user_data, message) in [
        (json!({}), "missing user's details"),
        (json!({"email": "no@one.example"}), "user not found"),
        (json!({"phone": "+1-1"}), "user not found"),
    ] {
        let body = fetch_body(user_data);
        let answer = client.post(API, Some(sandbox.access_token()), &body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.json(),
            json!({"data": {"user_balance": {"success": 0, "message": message, "data": null}}})
        );
    }
}

#[tokio::test]
async fn a_send_moves_points_and_tells_the_transaction() {
    let (sandbox, client) = plain();
    let answer = client
        .send(sandbox.access_token(), json!([to(USER, "100.5")]))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"data": {
            "unique_id": 987_654_321,
            "email": USER,
            "points": 100.5,
            "name": "Your Name",
            "phone_code": "+91",
            "phone_number": "8999888887",
        }})
    );
    let books = sandbox.books();
    assert_eq!(books.wallet, points("9899.5"));
    assert_eq!(books.user(USER).unwrap().balance, points("1600.5"));
    let issuance = &books.issuances[&987_654_321];
    assert_eq!(issuance.sender, SENDER);
    assert_eq!(issuance.expiry_months, Some(12));
    assert!(!issuance.cancelled);
}

#[tokio::test]
async fn points_are_exact_where_a_double_would_not_be() {
    let (sandbox, client) = plain();
    // As a number in JSON, not as a string: the digits are what counts.
    let body = send_body(json!([to(USER, "?")])).to_string();
    for amount in ["0.1", "0.2", "0.10", "1234.56789012"] {
        let request = client
            .request("POST", API)
            .bearer_auth(sandbox.access_token())
            .header("content-type", "application/json")
            .body(body.replace("\"?\"", amount));
        assert_eq!(crate::client::read(request).await.unwrap().status, 200);
    }
    let sum = points("1500") + points("1234.96789012");
    assert_eq!(sandbox.books().user(USER).unwrap().balance, sum);
    let answer = client.balance(sandbox.access_token(), USER).await;
    assert!(
        answer.text.contains("\"total\":2734.96789012}"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn of_many_recipients_the_short_answer_tells_the_last() {
    let (sandbox, client) = plain();
    let recipients = json!([to("a@x.example", "1"), to("b@x.example", "2")]);
    let answer = client.send(sandbox.access_token(), recipients).await;
    assert_eq!(answer.json()["data"]["email"], "b@x.example");
    assert_eq!(answer.json()["data"]["unique_id"], 987_654_322);
    assert_eq!(sandbox.books().issuances.len(), 2);
}

#[tokio::test]
async fn the_message_answer_has_nothing_to_cancel_by() {
    let (sandbox, client) = with(|s| s.send_answer = SendAnswer::Message);
    let answer = client
        .send(sandbox.access_token(), json!([to(USER, "1")]))
        .await;
    assert_eq!(
        answer.json(),
        json!({"data": {"sendBalance": {"error": false, "message": "Points sent successfully"}}})
    );
}

#[tokio::test]
async fn recipients_fail_one_by_one_where_the_answer_has_room() {
    let (sandbox, client) = with(|s| s.send_answer = SendAnswer::WithRecipients);
    let recipients = json!([to(USER, "1"), to("theirs@other.example", "2")]);
    let answer = client.send(sandbox.access_token(), recipients).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json()["data"]["sendBalance"],
        json!({
            "error": true,
            "message": "Some recipients failed",
            "recipients": [
                {"unique_id": 987_654_321, "email": USER, "points": 1, "success": true,
                 "message": "Points sent successfully"},
                {"email": "theirs@other.example", "points": 2, "success": false,
                 "message": "the recipient is registered with another company"},
            ],
        })
    );
    assert_eq!(sandbox.books().wallet, points("9999"));
}

#[tokio::test]
async fn the_last_point_can_be_sent_and_redeemed() {
    let (sandbox, client) = plain();
    let all = json!([to("a@x.example", "9999.99"), to("a@x.example", "0.01")]);
    assert_eq!(client.send(sandbox.access_token(), all).await.status, 200);
    assert!(sandbox.books().wallet.is_zero());
    assert!(!sandbox.redeem("a@x.example", "10000.01"));
    assert!(sandbox.redeem("a@x.example", "10000"));
    assert!(
        sandbox
            .books()
            .user("a@x.example")
            .unwrap()
            .balance
            .is_zero()
    );
}

#[tokio::test]
async fn a_send_that_cannot_be_done_changes_nothing() {
    for shape in [SendAnswer::Short, SendAnswer::Message] {
        let (sandbox, client) = with(|s| s.send_answer = shape);
        let before = sandbox.books().total();
        let mut stranger = send_body(json!([to(USER, "1")]));
        stranger["variables"]["sender_email"] = json!("who@else.example");
        for (body, message) in [
            (
                send_body(json!([to(USER, "10000.01")])),
                "the wallet has not enough points",
            ),
            (
                send_body(json!([to(USER, "6000"), to("b@x.example", "6000")])),
                "the wallet has not enough points",
            ),
            (
                send_body(json!([to(USER, "1"), to("theirs@other.example", "1")])),
                "the recipient is registered with another company",
            ),
            (stranger, "the sender is not a Super Admin"),
        ] {
            let answer = client.post(API, Some(sandbox.access_token()), &body).await;
            if shape == SendAnswer::Short {
                assert_eq!(answer.status, 400);
                assert_eq!(
                    answer.json(),
                    json!({"error": "Bad Request", "message": message})
                );
            } else {
                assert_eq!(answer.status, 200);
                assert_eq!(
                    answer.json(),
                    json!({"data": {"sendBalance": {"error": true, "message": message}}})
                );
            }
        }
        assert!(sandbox.books().issuances.is_empty());
        assert_eq!(sandbox.books().total(), before);
    }
}

#[tokio::test]
async fn a_send_may_be_wrapped_where_the_switch_says_so() {
    let (sandbox, client) = plain();
    let plain = send_body(json!([to(USER, "1")]));
    let mut wrapped = plain.clone();
    wrapped["variables"] = json!({"recipients_data": plain["variables"]});
    for (switch, plain_status, wrapped_status) in [
        (SendBody::Plain, 200, 400),
        (SendBody::Wrapped, 400, 200),
        (SendBody::Either, 200, 200),
    ] {
        sandbox.switch(|s| s.send_body = switch);
        let bearer = Some(sandbox.access_token());
        assert_eq!(client.post(API, bearer, &plain).await.status, plain_status);
        assert_eq!(
            client.post(API, bearer, &wrapped).await.status,
            wrapped_status
        );
    }
}

#[tokio::test]
async fn a_cancelled_issuance_goes_back_to_the_wallet_once() {
    let (sandbox, client) = plain();
    client
        .send(sandbox.access_token(), json!([to(USER, "100")]))
        .await;
    let first = client.cancel(sandbox.access_token(), &[987_654_321]).await;
    assert_eq!(
        first.json()["data"]["cancelBalance"],
        json!({
            "error": false,
            "message": "Cancellation processed successfully",
            "recipients": [{"unique_id": 987_654_321, "success": true,
                            "message": "Points cancelled successfully"}],
        })
    );
    let after_first = sandbox.books();
    assert_eq!(after_first.wallet, points("10000"));
    let second = client.cancel(sandbox.access_token(), &[987_654_321]).await;
    assert_eq!(second.status, 200);
    assert_eq!(
        second.json()["data"]["cancelBalance"],
        json!({
            "error": true,
            "message": "Cancellation failed",
            "recipients": [{"unique_id": 987_654_321, "success": false,
                            "message": "already cancelled"}],
        })
    );
    assert_eq!(sandbox.books().wallet, after_first.wallet);
    assert_eq!(sandbox.books().users, after_first.users);
}

#[tokio::test]
async fn cancellations_fail_one_by_one() {
    let (sandbox, client) = plain();
    let recipients = json!([to("a@x.example", "5"), to("b@x.example", "5")]);
    client.send(sandbox.access_token(), recipients).await;
    assert!(sandbox.redeem("b@x.example", "0.01"));
    let answer = client
        .cancel(sandbox.access_token(), &[987_654_321, 987_654_322, 7])
        .await;
    let told = &answer.json()["data"]["cancelBalance"];
    assert_eq!(told["error"], true);
    assert_eq!(told["message"], "Some cancellations failed");
    let each: Vec<_> = told["recipients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        each,
        [
            "Points cancelled successfully",
            "the points have been redeemed",
            "no issuance has this unique_id",
        ]
    );
}

#[tokio::test]
async fn numbers_can_be_strings_everywhere_in_a_success() {
    let (sandbox, client) = with(|s| s.numbers = Numbers::AsStrings);
    let sent = client
        .send(sandbox.access_token(), json!([to(USER, "100")]))
        .await
        .json();
    assert_eq!(sent["data"]["unique_id"], "987654321");
    assert_eq!(sent["data"]["points"], "100");
    let balance = client.balance(sandbox.access_token(), USER).await.json();
    assert_eq!(balance["data"]["user_balance"]["success"], "1");
    assert_eq!(balance["data"]["user_balance"]["data"]["total"], "1600");
    let cancelled = client
        .cancel(sandbox.access_token(), &[987_654_321])
        .await
        .json();
    let one = &cancelled["data"]["cancelBalance"]["recipients"][0];
    assert_eq!(one["unique_id"], "987654321");
}

#[tokio::test]
async fn the_suffix_exists_only_where_the_switch_says_so() {
    let (sandbox, client) = plain();
    let bearer = Some(sandbox.access_token());
    let cases = [
        ("fetchPoints", fetch_body(json!({"email": USER}))),
        ("sendPoints", send_body(json!([to(USER, "1")]))),
        ("cancelPoints", cancel_body(&[987_654_321])),
    ];
    for (suffix, body) in &cases {
        let answer = client.post(&format!("{API}/{suffix}"), bearer, body).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.json()["errorId"], "PLE10030");
    }
    sandbox.switch(|s| s.suffix_accepted = true);
    for (suffix, body) in &cases {
        assert_eq!(
            client
                .post(&format!("{API}/{suffix}"), bearer, body)
                .await
                .status,
            200
        );
    }
    let crossed = client
        .post(&format!("{API}/fetchPoints"), bearer, &cases[1].1)
        .await;
    assert_eq!(crossed.status, 400);
}

/// Whatever is sent, cancelled and redeemed, in whatever order and however wrongly:
/// the sum stays, and no balance is negative.
#[tokio::test]
async fn points_are_neither_made_nor_lost() {
    for seed in 0..20 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = [
            SendAnswer::Short,
            SendAnswer::Message,
            SendAnswer::WithRecipients,
        ][seed as usize % 3];
        let (sandbox, client) = with(|s| s.send_answer = shape);
        let bearer = sandbox.access_token();
        let total = sandbox.books().total();
        let people = [USER, "a@x.example", "b@x.example", "theirs@other.example"];
        for step in 0..60 {
            let person = people[rng.random_range(0..people.len())];
            let amount = format!(
                "{}.{:02}",
                rng.random_range(0..900),
                rng.random_range(0..100)
            );
            match rng.random_range(0..5) {
                0..=2 => {
                    let other = people[rng.random_range(0..people.len())];
                    client
                        .send(bearer, json!([to(person, &amount), to(other, "0.01")]))
                        .await;
                }
                3 => {
                    let id = 987_654_321 + rng.random_range(0..40);
                    client.cancel(bearer, &[id, id + 1]).await;
                }
                _ => {
                    sandbox.redeem(person, &amount);
                }
            }
            let books = sandbox.books();
            let place = format!("seed {seed}, step {step}");
            assert_eq!(books.total(), total, "{place}");
            assert!(!books.wallet.is_sign_negative(), "{place}");
            let held = books.users.values();
            assert!(
                held.into_iter().all(|u| !u.balance.is_sign_negative()),
                "{place}"
            );
            // A user holds no less than what was issued and neither cancelled nor spent.
            let standing = books.issuances.values().filter(|i| !i.cancelled);
            let issued = standing.map(|i| i.points).sum::<rust_decimal::Decimal>();
            assert_eq!(books.wallet + issued, points("10000"), "{place}");
        }
        assert!(
            sandbox.books().issuances.values().any(|i| i.cancelled),
            "seed {seed}"
        );
    }
}
