//! Sessions of single users: a token for each, minted with the company's when a
//! call wants it, and for no other call.

use std::time::Duration;

use xoxoday_auth::{Error, ErrorKind, Recipient, UserSession, Xoxoday};
use xoxoday_sandbox::{
    ApplicationError, Bearer, Call, Gate, Operation, RateLimit, RateLimitShape, Sandbox, Session,
    Trouble,
};
use xoxoday_tests::troubled::Moved;
use xoxoday_tests::{BOSS, JOHN, TestSandbox, answer, client_of, hasty, sandbox, sandbox_with};

/// What only this kernel tells.
#[cfg(target_os = "linux")]
#[path = "sessions/many.rs"]
mod many;

const DAY: Duration = Duration::from_secs(86_400);
/// The least time between two exchanges.
const FLOOR: Duration = Duration::from_secs(60);
const OTHER: &str = "chief@company.example";

async fn balance(session: &UserSession) -> Result<(), Error> {
    session.points().balance(JOHN).await.map(drop)
}

async fn opened(sandbox: &Sandbox) -> (Xoxoday, UserSession) {
    let xoxoday = hasty(sandbox).build().await.unwrap();
    let session = xoxoday.user_session(BOSS).unwrap();
    (xoxoday, session)
}

/// A client whose clock can be moved, and whose own token is not due for twenty
/// days: while it rotates, a minting may be rejected and replayed.
async fn moved(sandbox: &Sandbox) -> (Moved, Xoxoday, UserSession) {
    let clock = Moved::default();
    let builder = hasty(sandbox).clock(clock.clone());
    let builder = builder.rotation_at_most(100 * DAY).rotation_floor(FLOOR);
    let xoxoday = builder.build().await.unwrap();
    let session = xoxoday.user_session(BOSS).unwrap();
    (clock, xoxoday, session)
}

/// A sandbox with two Super Admins.
fn sandbox_of_two() -> TestSandbox {
    sandbox_with(|sandbox| sandbox.super_admin(OTHER))
}

/// Whose tokens were asked for, in order.
fn minted(sandbox: &Sandbox) -> Vec<String> {
    let record = sandbox.record();
    let whose = |call: &&Call| call.json()["user_input"].as_str().unwrap().to_owned();
    let minted = record.of(Operation::CreateUserToken);
    minted.iter().map(whose).collect()
}

/// For whom the calls of an operation spoke, and with which pair.
fn spoke(sandbox: &Sandbox, operation: Operation) -> Vec<(Session, u64)> {
    let record = sandbox.record();
    let calls = record.of(operation);
    let bearer = |call: &&Call| match &call.bearer {
        Bearer::Known {
            generation,
            session,
        } => (session.clone(), *generation),
        other => panic!("{operation}: {other:?}"),
    };
    calls.iter().map(bearer).collect()
}

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
async fn a_session_speaks_for_its_user_and_the_account_for_itself() {
    let sandbox = sandbox();
    let (xoxoday, session) = opened(&sandbox).await;
    let recipient = Recipient::new(JOHN, 5).unwrap();
    let sent = session.points().send_from(session.user()).to(recipient);
    let transaction = sent.send().await.unwrap().results[0].transaction.unwrap();
    session.points().cancel([transaction]).await.unwrap();
    assert!(session.validate().await.unwrap().expires_in.is_some());
    balance(&session).await.unwrap();
    xoxoday.points().balance(JOHN).await.unwrap();
    xoxoday.tokens().validate().await.unwrap();

    let user = Session::User(BOSS.into());
    for operation in [Operation::SendPoints, Operation::CancelPoints] {
        assert_eq!(spoke(&sandbox, operation), [(user.clone(), 2)]);
    }
    for operation in [Operation::FetchPoints, Operation::ValidateTokenPoints] {
        let both = [(user.clone(), 2), (Session::Company, 1)];
        assert!(
            both.iter()
                .all(|it| spoke(&sandbox, operation).contains(it))
        );
    }
    assert_eq!(
        spoke(&sandbox, Operation::CreateUserToken),
        [(Session::Company, 1)]
    );
}

#[tokio::test]
async fn nothing_is_minted_before_a_call_wants_it() {
    let sandbox = sandbox();
    let (xoxoday, _session) = opened(&sandbox).await;
    let error = xoxoday.user_session("boss@").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(sandbox.record().calls().len(), 0);
}

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
async fn a_user_s_token_that_the_server_quotes_is_passed_on_without_it() {
    let sandbox = sandbox();
    let (_xoxoday, session) = opened(&sandbox).await;
    balance(&session).await.unwrap();
    let pair = sandbox.newest_pair(&Session::User(BOSS.into())).unwrap();
    for secret in [pair.access_token(), pair.refresh_token()] {
        let quoting = format!(r#"{{"error":"odd","message":"what is {secret}?"}}"#);
        sandbox.trouble(Operation::FetchPoints, answer(400, &quoting));
        let error = balance(&session).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("what is"), "{shown}");
        assert!(!shown.contains(secret), "{shown}");
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

#[tokio::test]
async fn what_befalls_one_user_leaves_the_others_alone() {
    let sandbox = sandbox_of_two();
    let (xoxoday, session) = opened(&sandbox).await;
    balance(&session).await.unwrap();
    // No Super Admin: no token.
    let nobody = xoxoday.user_session("nobody@company.example").unwrap();
    let error = balance(&nobody).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    for part in [
        "fetchPoints",
        "no token for the user",
        "Super Admin",
        "HTTP 400",
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
    // One who hangs.
    let gate = Gate::new();
    sandbox.trouble(Operation::CreateUserToken, Trouble::Hold(gate.clone()));
    let hung = xoxoday.user_session(OTHER).unwrap();
    let hung = tokio::spawn(async move { balance(&hung).await });
    gate.wait_for(1).await;
    balance(&session).await.unwrap();
    gate.open();
    hung.await.unwrap().unwrap();
    assert_eq!(minted(&sandbox), [BOSS, "nobody@company.example", OTHER]);
    assert_eq!(sandbox.record().exchanges().len(), 0);
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

#[tokio::test]
async fn the_session_that_was_used_longest_ago_is_forgotten_first() {
    let [a, b, c] = ["a", "b", "c"].map(|name| format!("{name}@company.example"));
    let more = [a.clone(), b.clone(), c.clone()];
    let sandbox = sandbox_with(|it| more.into_iter().fold(it, |it, user| it.super_admin(user)));
    let builder = client_of(&sandbox).user_sessions_at_most(2);
    let xoxoday = builder.build().await.unwrap();
    let [a, b, c] = [a, b, c].map(|user| xoxoday.user_session(user).unwrap());
    for session in [&a, &b, &a, &c, &a, &b] {
        balance(session).await.unwrap();
    }
    let minted = minted(&sandbox);
    let minted: Vec<_> = minted.iter().map(|user| &user[..1]).collect();
    assert_eq!(minted, ["a", "b", "c", "b"]);
}

#[tokio::test]
async fn a_client_keeps_at_least_one_session() {
    let sandbox = sandbox();
    let error = client_of(&sandbox).user_sessions_at_most(0).build().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
}
