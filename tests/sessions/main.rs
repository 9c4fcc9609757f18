//! Sessions of single users: a token for each, minted with the company's when a
//! call wants it, and for no other call.

// What only this kernel tells.
#[cfg(target_os = "linux")]
mod many;
mod minting;
mod renewal;

use std::time::Duration;

use xoxoday_auth::{Error, ErrorKind, Recipient, UserSession, Xoxoday};
use xoxoday_sandbox::{Bearer, Call, Gate, Operation, Sandbox, Session, Trouble};
use xoxoday_tests::troubled::Moved;
use xoxoday_tests::{BOSS, JOHN, TestSandbox, answer, client_of, hasty, sandbox, sandbox_with};

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
async fn a_client_that_may_keep_any_number_of_sessions_takes_no_room_for_them() {
    let sandbox = sandbox();
    let builder = client_of(&sandbox).user_sessions_at_most(usize::MAX);
    let xoxoday = builder.build().await.unwrap();
    balance(&xoxoday.user_session(BOSS).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_client_keeps_at_least_one_session() {
    let sandbox = sandbox();
    let error = client_of(&sandbox).user_sessions_at_most(0).build().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
}
