//! When trouble strikes, in which order, and what the sandbox does meanwhile.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use xoxoday_sandbox::{Delivery, Gate, Operation, Sandbox, Trouble, Work};

use crate::client::Client;

const REFRESH: Operation = Operation::RefreshTokenPoints;

#[tokio::test]
async fn an_answer_is_held_after_the_work_until_the_gate_opens() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let gate = Gate::new();
    sandbox.trouble(REFRESH, Trouble::Hold(gate.clone()));
    let look = async {
        gate.wait_for(1).await;
        let call = sandbox.record().calls()[0].clone();
        assert_eq!((call.work, call.status), (Work::Done, None));
        assert_eq!(call.trouble, ["hold"]);
        // Others are served meanwhile: by the new pair, since this server is strict.
        assert_eq!(client.validate(sandbox.access_token()).await.status, 401);
        gate.open();
    };
    let (answer, ()) = tokio::join!(client.refresh(sandbox.refresh_token()), look);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_request_is_held_before_the_work_and_let_through_one_by_one() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let gate = Gate::new();
    sandbox.trouble(REFRESH, Trouble::Hold(gate.clone()).before_work().times(2));
    let look = async {
        gate.wait_for(2).await;
        for call in sandbox.record().calls() {
            assert_eq!(call.work, Work::Pending);
        }
        gate.let_one_pass();
        sandbox.wait_for(1, |call| call.work == Work::Done).await;
        // Time enough for the other, if it were let through too.
        client.get("/").await;
        assert_eq!(
            sandbox
                .record()
                .matching(|call| call.work == Work::Pending)
                .len(),
            1
        );
        gate.let_one_pass();
    };
    let (one, other, ()) = tokio::join!(
        client.refresh(sandbox.refresh_token()),
        client.refresh(sandbox.refresh_token()),
        look,
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn several_troubles_can_strike_one_request() {
    let gate = Gate::new();
    gate.open();
    let plan = Trouble::Hold(gate).before_work().then(Trouble::DropAnswer);
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(REFRESH, plan);
    assert!(client.try_refresh(sandbox.refresh_token()).await.is_err());
    let call = sandbox.record().calls()[0].clone();
    assert_eq!(call.work, Work::Done);
    assert_eq!(call.trouble, ["hold", "drop_answer"]);

    let plan = Trouble::Delay(Duration::ZERO).then(Trouble::Status(502));
    sandbox.trouble(None, plan);
    assert_eq!(client.get("/").await.status, 502);
    let call = sandbox.record().calls()[1].clone();
    assert_eq!(call.work, Work::Prevented);
    // In the order in which they strike, which is not that in which they were said.
    assert_eq!(call.trouble, ["status", "delay"]);
}

#[tokio::test]
async fn trouble_strikes_in_turn_and_only_what_it_is_meant_for() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(Operation::FetchPoints, Trouble::Status(502));
    sandbox.trouble(
        Operation::ValidateTokenPoints,
        Trouble::Status(500).times(2),
    );
    sandbox.trouble(None, Trouble::Status(503));
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(client.validate(sandbox.access_token()).await.status);
    }
    assert_eq!(seen, [500, 500, 503, 200]);
    assert_eq!(sandbox.trouble_left(), 1);

    sandbox.clear_trouble();
    sandbox.trouble(None, Trouble::Status(500).until_cleared());
    for _ in 0..3 {
        assert_eq!(client.validate(sandbox.access_token()).await.status, 500);
    }
    sandbox.clear_trouble();
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
}

#[tokio::test]
async fn offline_refuses_to_connect_and_keeps_everything() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
    sandbox.go_offline().unwrap();
    // The first client may still try its old connection.
    let client = Client::of(&sandbox);
    let error = client
        .try_refresh(sandbox.refresh_token())
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert!(sandbox.record().exchanges().is_empty());
    sandbox.come_online().unwrap();
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn going_offline_or_online_twice_is_going_once() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.go_offline().unwrap();
    sandbox.go_offline().unwrap();
    sandbox.come_online().unwrap();
    sandbox.come_online().unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
}

/// Not later: a test that goes on may count on it.
#[tokio::test]
async fn shutdown_ends_its_connections_before_it_returns() {
    let sandbox = Sandbox::start().unwrap();
    let address = sandbox.origin().replace("http://", "");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    sandbox
        .wait_for(1, |call| call.delivery == Delivery::Written)
        .await;
    sandbox.shutdown();
    stream.set_nonblocking(true).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 404"));
}

/// The sandbox has a thread of its own: paused time does not hurry it.
#[tokio::test(start_paused = true)]
async fn paused_time_is_none_of_its_business() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let delay = Duration::from_millis(30);
    sandbox.trouble(None, Trouble::Delay(delay));
    let began = Instant::now();
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
    assert!(began.elapsed() >= delay);
}
