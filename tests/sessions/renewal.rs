//! A token is minted again before its end and after a rejection, and not more
//! often than that helps.

use std::time::Duration;

use xoxoday_auth::{ErrorKind, UserSession};
use xoxoday_sandbox::{ApplicationError, Gate, Operation, Sandbox, Trouble};
use xoxoday_tests::{BOSS, answer, sandbox};

use super::{DAY, FLOOR, balance, minted, moved, opened, spoke};

/// Calls until a call goes with a newer pair than this.
async fn until_newer(sandbox: &Sandbox, session: &UserSession, than: u64) {
    let newer = async {
        loop {
            balance(session).await.unwrap();
            let (_, generation) = spoke(sandbox, Operation::FetchPoints).pop().unwrap();
            if generation > than {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), newer)
        .await
        .expect("a call with a newer pair");
}

#[tokio::test]
async fn a_token_is_minted_again_beside_a_call_long_before_its_end() {
    let sandbox = sandbox();
    let (clock, _xoxoday, session) = moved(&sandbox).await;
    balance(&session).await.unwrap();
    // It lives for fifteen days.
    clock.forward(11 * DAY);
    sandbox.clock().advance(11 * DAY);
    let gate = Gate::new();
    sandbox.trouble(Operation::CreateUserToken, Trouble::Hold(gate.clone()));
    balance(&session).await.unwrap();
    gate.wait_for(1).await;
    // It hangs, and nobody waits for it.
    balance(&session).await.unwrap();
    gate.open();
    until_newer(&sandbox, &session, 2).await;
    assert_eq!(minted(&sandbox), [BOSS; 2]);
}

#[tokio::test]
async fn a_token_that_has_ended_is_not_even_tried() {
    let sandbox = sandbox();
    let (clock, _xoxoday, session) = moved(&sandbox).await;
    balance(&session).await.unwrap();
    clock.forward(16 * DAY);
    sandbox.clock().advance(16 * DAY);
    balance(&session).await.unwrap();
    assert_eq!(minted(&sandbox), [BOSS; 2]);
    let calls = sandbox.record();
    assert!(calls.calls().iter().all(|call| call.status == Some(200)));
}

#[tokio::test]
async fn minting_that_fails_beside_a_call_is_not_tried_again_on_every_call() {
    let sandbox = sandbox();
    let (clock, xoxoday, session) = moved(&sandbox).await;
    balance(&session).await.unwrap();
    clock.forward(11 * DAY);
    let down = Trouble::Status(502).until_cleared();
    sandbox.trouble(Operation::CreateUserToken, down);
    balance(&session).await.unwrap();
    // Waits until it has failed.
    xoxoday.shutdown().await;
    let failed = minted(&sandbox).len();
    for _ in 0..5 {
        balance(&session).await.unwrap();
    }
    xoxoday.shutdown().await;
    assert_eq!(minted(&sandbox).len(), failed);
    sandbox.clear_trouble();
    clock.forward(FLOOR);
    until_newer(&sandbox, &session, 2).await;
    assert_eq!(minted(&sandbox).len(), failed + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_token_is_minted_again_once_and_each_call_replayed() {
    let sandbox = sandbox();
    let (xoxoday, session) = opened(&sandbox).await;
    balance(&session).await.unwrap();
    // Of a user there is room for one pair: another one ends ours.
    sandbox.switch(|switches| switches.pair_cap = 1);
    xoxoday.user_tokens().create(BOSS).await.unwrap();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { balance(&session).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(minted(&sandbox).len(), 3);
    assert_eq!(sandbox.record().exchanges().len(), 0);
}

#[tokio::test]
async fn a_user_whose_tokens_are_always_rejected_costs_one_minting_a_floor() {
    let sandbox = sandbox();
    let (clock, _xoxoday, session) = moved(&sandbox).await;
    let rejected = answer(401, r#"{"error":"invalid_token"}"#);
    sandbox.trouble(Operation::FetchPoints, rejected.until_cleared());
    for floors in 0..3 {
        for _ in 0..5 {
            let error = balance(&session).await.unwrap_err();
            // A person's login would not help.
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            assert!(error.to_string().contains("the user's token"), "{error}");
        }
        assert_eq!(minted(&sandbox).len(), 2 + floors);
        clock.forward(FLOOR);
    }
    assert_eq!(sandbox.record().exchanges().len(), 0);
    sandbox.clear_trouble();
    balance(&session).await.unwrap();
}

#[tokio::test]
async fn a_user_whose_tokens_others_end_costs_one_minting_a_floor_more() {
    let sandbox = sandbox();
    let (clock, xoxoday, session) = moved(&sandbox).await;
    balance(&session).await.unwrap();
    sandbox.switch(|switches| switches.pair_cap = 1);
    let somebody_else_mints = async || {
        xoxoday.user_tokens().create(BOSS).await.unwrap();
    };
    somebody_else_mints().await;
    balance(&session).await.unwrap();
    assert_eq!(minted(&sandbox).len(), 3);
    somebody_else_mints().await;
    for _ in 0..3 {
        let error = balance(&session).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.wait().unwrap() > FLOOR / 2, "{error}");
    }
    assert_eq!(minted(&sandbox).len(), 4);
    clock.forward(FLOOR);
    balance(&session).await.unwrap();
    assert_eq!(minted(&sandbox).len(), 5);
}

#[tokio::test]
async fn a_user_for_whom_none_is_minted_is_asked_for_once_a_floor() {
    let sandbox = sandbox();
    let (clock, xoxoday, _session) = moved(&sandbox).await;
    let nobody = xoxoday.user_session("nobody@company.example").unwrap();
    for floors in 1..3 {
        for _ in 0..5 {
            let error = balance(&nobody).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        }
        assert_eq!(minted(&sandbox).len(), floors);
        clock.forward(FLOOR);
    }
}

#[tokio::test]
async fn a_refusal_that_no_token_mends_mints_none() {
    let sandbox = sandbox();
    let (_xoxoday, session) = opened(&sandbox).await;
    let barred = Trouble::ApplicationError(ApplicationError::UserDisabled);
    sandbox.trouble(Operation::FetchPoints, barred.until_cleared());
    for _ in 0..3 {
        let error = balance(&session).await.unwrap_err();
        assert_eq!(error.code(), Some("PIPE10015"));
    }
    assert_eq!(minted(&sandbox), [BOSS]);
}
