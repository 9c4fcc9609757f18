//! What the sandbox remembers, and what can be proved by it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde_json::json;
use xoxoday_sandbox::{
    Bearer, Delivery, Gate, Operation, Sandbox, Session, TokenState, Trouble, Work,
};

use crate::client::{COMPANY, Client, SENDER, USER, read};

const REFRESH: Operation = Operation::RefreshTokenPoints;

/// A refresh by hand, so that a test decides when to read and when to hang up.
fn refresh_by_hand(sandbox: &Sandbox) -> TcpStream {
    let body = Client::of(sandbox)
        .refresh_body(sandbox.refresh_token())
        .to_string();
    let address = sandbox.origin().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST {COMPANY} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
    .unwrap();
    stream
}

#[tokio::test]
async fn every_request_is_recorded_with_what_was_made_of_it() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.clock().stop();
    let now = sandbox.clock().now_ms();
    let client = Client::of(&sandbox);
    let access = sandbox.access_token();
    client.validate(access).await;
    let user = client.create_user(access, SENDER).await;
    client.balance(&user.access(), USER).await;
    client
        .send(access, json!([{"to_email": USER, "amount": "1"}]))
        .await;
    client.cancel(access, &[987_654_321]).await;
    client.refresh(sandbox.refresh_token()).await;
    client.validate("made-up").await;
    let body = client.refresh_body("made-up");
    client.post(crate::client::USER_REFRESH, None, &body).await;
    client.get("/nowhere?a=b").await;

    let company = Bearer::Known {
        generation: 1,
        session: Session::Company,
    };
    let super_admin = Bearer::Known {
        generation: 2,
        session: Session::User(SENDER.to_owned()),
    };
    use Operation as Op;
    let expected = [
        (
            Some(Op::ValidateTokenPoints),
            company.clone(),
            None,
            Work::Done,
            None,
            200,
        ),
        (
            Some(Op::CreateUserToken),
            company.clone(),
            None,
            Work::Done,
            Some(2),
            200,
        ),
        (
            Some(Op::FetchPoints),
            super_admin,
            None,
            Work::Done,
            None,
            200,
        ),
        (
            Some(Op::SendPoints),
            company.clone(),
            None,
            Work::Done,
            None,
            200,
        ),
        (Some(Op::CancelPoints), company, None, Work::Done, None, 200),
        (
            Some(Op::RefreshTokenPoints),
            Bearer::Absent,
            Some(1),
            Work::Done,
            Some(3),
            200,
        ),
        (
            Some(Op::ValidateTokenPoints),
            Bearer::Unknown,
            None,
            Work::Refused,
            None,
            401,
        ),
        (
            Some(Op::RefreshUserToken),
            Bearer::Absent,
            None,
            Work::Refused,
            None,
            401,
        ),
        (None, Bearer::Absent, None, Work::Refused, None, 404),
    ];
    let record = sandbox.record();
    assert_eq!(record.calls().len(), expected.len());
    for (at, (call, expected)) in record.calls().iter().zip(expected).enumerate() {
        assert_eq!(call.sequence, at as u64 + 1);
        assert_eq!(call.at_ms, now);
        assert_eq!(call.delivery, Delivery::Written);
        let seen = (
            call.operation,
            call.bearer.clone(),
            call.presented,
            call.work,
            call.brought,
            call.status.unwrap(),
        );
        assert_eq!(seen, expected);
    }
    let last = &record.calls()[8];
    assert_eq!(
        (last.method.as_str(), last.path.as_str()),
        ("GET", "/nowhere?a=b")
    );
    let sent = record.of(Operation::SendPoints)[0];
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(sent.json()["variables"]["sender_email"], SENDER);
    assert_eq!(record.exchanges().len(), 2);
}

#[tokio::test]
async fn the_story_of_each_refresh_token_is_told() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(REFRESH, Trouble::Status(502));
    client.refresh(sandbox.refresh_token()).await;
    let second = client.refresh(sandbox.refresh_token()).await;
    client.refresh(sandbox.refresh_token()).await;
    sandbox.trouble(REFRESH, Trouble::DropAnswer);
    assert!(client.try_refresh(&second.refresh()).await.is_err());

    let facts = sandbox.record().refresh_tokens();
    let brief: Vec<_> = facts
        .iter()
        .map(|f| {
            (
                f.generation,
                f.presented,
                f.spent_at_ms.is_some(),
                f.successor_arrived(),
            )
        })
        .collect();
    assert_eq!(
        brief,
        [
            (1, 3, true, true),
            (2, 1, true, false),
            (3, 0, false, false)
        ]
    );
    assert_eq!(facts[0].successors[0].sequence, 2);
    assert_eq!(facts[1].successors[0].delivery, Delivery::Incomplete);
}

/// What the kernel does for a process that is killed before it has read: the proof
/// that nobody has the successor.
#[tokio::test]
async fn an_answer_that_nobody_read_is_recorded_as_unread() {
    let sandbox = Sandbox::start().unwrap();
    let stream = refresh_by_hand(&sandbox);
    sandbox
        .wait_for(1, |call| call.delivery == Delivery::Written)
        .await;
    drop(stream);
    sandbox
        .wait_for(1, |call| call.delivery == Delivery::Unread)
        .await;
    assert!(!sandbox.record().refresh_tokens()[0].successor_arrived());
}

#[tokio::test]
async fn an_answer_that_was_read_stays_written_when_the_caller_leaves() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let mut stream = refresh_by_hand(&sandbox);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !answer.ends_with(b"}") {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the answer has no end");
        answer.extend_from_slice(&buffer[..count]);
    }
    drop(stream);
    client.get("/").await;
    assert!(sandbox.record().refresh_tokens()[0].successor_arrived());
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_prevent_the_work() {
    let sandbox = Sandbox::start().unwrap();
    let gate = Gate::new();
    sandbox.trouble(REFRESH, Trouble::Hold(gate.clone()).before_work());
    let stream = refresh_by_hand(&sandbox);
    gate.wait_for(1).await;
    drop(stream);
    sandbox
        .wait_for(1, |call| call.delivery == Delivery::Incomplete)
        .await;
    gate.open();
    let call = sandbox.wait_for(1, |call| call.work == Work::Done).await;
    assert_eq!(call.brought, Some(2));
    let state = sandbox.refresh_token_state(sandbox.refresh_token());
    assert_eq!(state, Some(TokenState::Spent));
    assert!(!sandbox.record().refresh_tokens()[0].successor_arrived());
}

#[tokio::test]
async fn a_request_that_came_in_part_is_recorded_and_not_done() {
    let sandbox = Sandbox::start().unwrap();
    let address = sandbox.origin().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST {COMPANY} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\n\r\n{{\"grant_type\"",
    )
    .unwrap();
    drop(stream);
    let call = sandbox.wait_for(1, |call| call.is_over()).await;
    assert_eq!(call.work, Work::Refused);
    assert_eq!(call.operation, Some(REFRESH));
    assert_eq!(call.body.as_ref(), b"{\"grant_type\"");
}

#[tokio::test]
async fn a_request_that_was_cut_off_while_it_came_is_over() {
    let sandbox = Sandbox::start().unwrap();
    let address = sandbox.origin().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST {COMPANY} HTTP/1.1\r\nHost: {address}\r\nExpect: 100-continue\r\n\
         Content-Length: 1000\r\n\r\n",
    )
    .unwrap();
    // It is being read once the sandbox asks for the body.
    let mut asked = [0; 12];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100");
    sandbox.go_offline().unwrap();
    let call = sandbox.wait_for(1, |call| call.is_over()).await;
    assert_eq!(call.work, Work::Refused);
    assert_eq!(call.delivery, Delivery::Incomplete);
}

#[tokio::test]
async fn a_thousand_at_once_are_all_recorded() {
    let sandbox = Sandbox::start().unwrap();
    let client = Arc::new(Client::of(&sandbox));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (client, access) = (Arc::clone(&client), sandbox.access_token().to_owned());
        tasks.spawn(async move { client.validate(&access).await.status });
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == 200));
    let record = sandbox.record();
    let written = record.matching(|call| call.delivery == Delivery::Written);
    assert_eq!(written.len(), 1000);
}

#[tokio::test]
async fn an_observer_is_told_of_each_request_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let sandbox = Sandbox::builder()
        .on_call(move |call| told.lock().unwrap().push((call.sequence, call.status)))
        .start()
        .unwrap();
    let client = Client::of(&sandbox);
    client.validate(sandbox.access_token()).await;
    sandbox.trouble(None, Trouble::DropAnswer);
    let request = client.request("GET", "/").send();
    assert!(request.await.is_err());
    read(client.request("GET", "/")).await.unwrap();
    sandbox.shutdown();
    assert_eq!(
        *seen.lock().unwrap(),
        [(1, Some(200)), (2, None), (3, Some(404))]
    );
}
