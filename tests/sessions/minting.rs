//! Minting: once for all who wait, whatever comes of it.

use std::time::Duration;

use xoxoday_auth::{Error, ErrorKind, Recipient, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, RateLimit, RateLimitShape, Trouble};
use xoxoday_tests::{BOSS, JOHN, sandbox};

use super::{DAY, OTHER, balance, minted, moved, opened, sandbox_of_two};

/// Calls as many at once as are asked for, each with a session that it opens
/// itself, as each request that a service serves would. On a runtime of one thread
/// all have begun before the first of them hears anything.
async fn call_together(xoxoday: &Xoxoday, calls: usize) -> Vec<Result<(), Error>> {
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let xoxoday = xoxoday.clone();
            tokio::spawn(async move { balance(&xoxoday.user_session(BOSS)?).await })
        })
        .collect();
    let mut ended = Vec::new();
    for call in calls {
        ended.push(call.await.unwrap());
    }
    ended
}

#[tokio::test]
async fn calls_that_come_together_share_one_minting() {
    let sandbox = sandbox();
    let (xoxoday, session) = opened(&sandbox).await;
    for called in call_together(&xoxoday, 50).await {
        called.unwrap();
    }
    balance(&session).await.unwrap();
    assert_eq!(minted(&sandbox), [BOSS]);
    assert_eq!(sandbox.record().of(Operation::FetchPoints).len(), 51);
}

#[tokio::test]
async fn calls_that_come_together_share_one_failure_and_its_repetitions() {
    let sandbox = sandbox();
    let (xoxoday, _session) = opened(&sandbox).await;
    let down = Trouble::Status(502).until_cleared();
    sandbox.trouble(Operation::CreateUserToken, down);
    for called in call_together(&xoxoday, 20).await {
        let error = called.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
    // As often as what may be repeated is tried.
    assert_eq!(minted(&sandbox).len(), 3);
    assert_eq!(sandbox.record().of(Operation::FetchPoints).len(), 0);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_the_token_to_the_next_one() {
    let sandbox = sandbox();
    let (_xoxoday, session) = opened(&sandbox).await;
    let gate = Gate::new();
    sandbox.trouble(Operation::CreateUserToken, Trouble::Hold(gate.clone()));
    let caller = tokio::spawn({
        let session = session.clone();
        async move { balance(&session).await }
    });
    gate.wait_for(1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.open();
    balance(&session).await.unwrap();
    assert_eq!(minted(&sandbox), [BOSS]);
}

#[tokio::test]
async fn a_minting_that_goes_with_its_runtime_is_begun_again() {
    let sandbox = sandbox();
    let (_xoxoday, session) = opened(&sandbox).await;
    let gate = Gate::new();
    sandbox.trouble(Operation::CreateUserToken, Trouble::Hold(gate.clone()));
    let other = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let first = session.clone();
    other.spawn(async move { balance(&first).await });
    gate.wait_for(1).await;
    let waiting = tokio::spawn(async move { balance(&session).await });
    tokio::task::yield_now().await;
    other.shutdown_background();
    waiting.await.unwrap().unwrap();
    gate.open();
    assert_eq!(minted(&sandbox).len(), 2);
}

#[tokio::test]
async fn a_minting_whose_answer_makes_no_sense_is_reported_and_not_repeated() {
    for trouble in [
        Trouble::Html(404),
        Trouble::Garbage(b"<html>".into()),
        Trouble::Garbage(b"{}".into()),
        Trouble::Redirect {
            status: 302,
            location: "https://elsewhere.example/".into(),
        },
    ] {
        let sandbox = sandbox();
        let (_xoxoday, session) = opened(&sandbox).await;
        sandbox.trouble(Operation::CreateUserToken, trouble.clone());
        let error = balance(&session).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unexpected, "{trouble:?}: {error}");
        assert_eq!(minted(&sandbox), [BOSS], "{trouble:?}");
    }
}

#[tokio::test]
async fn a_shutdown_waits_for_a_minting_and_for_the_rotation_it_needed() {
    let sandbox = sandbox();
    let (xoxoday, session) = opened(&sandbox).await;
    sandbox.clock().advance(40 * DAY);
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone()).before_work();
    sandbox.trouble(Operation::CreateUserToken, hold);
    let caller = tokio::spawn(async move { balance(&session).await });
    gate.wait_for(1).await;
    caller.abort();
    let shutdown = tokio::spawn({
        let xoxoday = xoxoday.clone();
        async move { xoxoday.shutdown().await }
    });
    tokio::task::yield_now().await;
    gate.open();
    shutdown.await.unwrap();
    // The company's token was rejected and rotated, and the minting replayed.
    assert_eq!(xoxoday.tokens().status().generation, 2);
    let made = sandbox.record();
    assert!(made.of(Operation::CreateUserToken)[1].is_over());
}

#[tokio::test]
async fn a_company_token_that_is_rejected_is_rotated_and_the_minting_replayed() {
    let sandbox = sandbox();
    let (xoxoday, session) = opened(&sandbox).await;
    sandbox.clock().advance(40 * DAY);
    balance(&session).await.unwrap();
    assert_eq!(xoxoday.tokens().status().generation, 2);
    assert_eq!(minted(&sandbox).len(), 2);
}

#[tokio::test]
async fn where_the_company_token_is_gone_the_error_says_so() {
    let sandbox = sandbox();
    let (xoxoday, session) = opened(&sandbox).await;
    balance(&session).await.unwrap();
    // Ends all tokens, the users' too.
    sandbox.dashboard().reset_password();
    for session in [
        session,
        xoxoday.user_session("new@company.example").unwrap(),
    ] {
        let error = balance(&session).await.unwrap_err();
        assert!(error.is_login_required(), "{error}");
        let told = error.to_string();
        for part in ["without the company's, which is gone", "dashboard"] {
            assert!(told.contains(part), "{told}");
        }
    }
}

#[tokio::test]
async fn an_outage_while_minting_is_waited_out_even_for_a_send() {
    let sandbox = sandbox();
    let (_xoxoday, session) = opened(&sandbox).await;
    let troubles = [Trouble::Status(502), Trouble::DropAnswer, Trouble::CutBody];
    for (times, trouble) in (1..).zip(troubles) {
        session.forget();
        sandbox.trouble(Operation::CreateUserToken, trouble);
        let recipient = Recipient::new(JOHN, 5).unwrap();
        let sent = session.points().send_from(BOSS).to(recipient).send().await;
        sent.unwrap();
        assert_eq!(minted(&sandbox).len(), 2 * times);
        assert_eq!(sandbox.record().of(Operation::SendPoints).len(), times);
    }
}

#[tokio::test]
async fn a_send_for_which_none_could_be_minted_was_not_sent() {
    let sandbox = sandbox();
    let (_xoxoday, session) = opened(&sandbox).await;
    let down = Trouble::DropAnswer.until_cleared();
    sandbox.trouble(Operation::CreateUserToken, down);
    let recipient = Recipient::new(JOHN, 5).unwrap();
    let sent = session.points().send_from(BOSS).to(recipient).send().await;
    let error = sent.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable() && error.sent().is_none());
    assert_eq!(sandbox.record().of(Operation::SendPoints).len(), 0);
}

#[tokio::test]
async fn a_limit_on_minting_holds_for_all_users() {
    let sandbox = sandbox_of_two();
    let (clock, xoxoday, first) = moved(&sandbox).await;
    let second = xoxoday.user_session(OTHER).unwrap();
    balance(&first).await.unwrap();
    // Longer than a call may take.
    let limit = RateLimit {
        shape: RateLimitShape::Errors,
        penalty: Duration::from_secs(90),
        ..RateLimit::default()
    };
    sandbox.trouble(Operation::CreateUserToken, Trouble::RateLimit(limit));
    first.forget();
    for session in [&first, &second] {
        let error = balance(session).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.wait().unwrap() > Duration::from_secs(80), "{error}");
    }
    assert_eq!(minted(&sandbox), [BOSS; 2]);
    clock.forward(Duration::from_secs(90));
    for session in [&first, &second] {
        balance(session).await.unwrap();
    }
}
