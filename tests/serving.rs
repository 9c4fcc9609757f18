//! Whatever happens to a rotation, calls go on, and whatever happens to a call,
//! the rotation does.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use xoxoday_auth::{Event, FileStore, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, Plan, RateLimit, RateLimitShape, Rotation, Trouble};
use xoxoday_tests::canary::STORE;
use xoxoday_tests::troubled::{Moved, Watched};
use xoxoday_tests::{JOHN, client_of, directory, sandbox};

const EIGHT_DAYS: Duration = Duration::from_secs(8 * 86_400);
const FORTY_DAYS: Duration = Duration::from_secs(40 * 86_400);

async fn balance(xoxoday: &Xoxoday) -> Result<(), xoxoday_auth::Error> {
    xoxoday.points().balance(JOHN).await.map(drop)
}

#[tokio::test]
async fn g8_calls_succeed_whatever_the_token_endpoint_does_while_the_token_lives() {
    let limit = RateLimit {
        shape: RateLimitShape::NotQuiteJson,
        ..RateLimit::default()
    };
    let troubles: [(&str, Plan); 7] = [
        ("hangs", Trouble::Hold(Gate::new()).before_work()),
        ("500", Trouble::Status(500).into()),
        ("502 page", Trouble::Html(502).into()),
        ("429", Trouble::Status(429).into()),
        ("limit", Trouble::RateLimit(limit).into()),
        ("garbage", Trouble::Garbage(vec![0xff, 0xfe]).before_work()),
        ("reset", Trouble::Reset.before_work()),
    ];
    for (name, trouble) in troubles {
        let sandbox = sandbox();
        let clock = Moved::default();
        let builder = client_of(&sandbox).clock(clock.clone());
        let builder = builder.rotation_lease(Duration::from_secs(4));
        let xoxoday = builder.build().await.unwrap();
        clock.forward(EIGHT_DAYS);
        sandbox.trouble(Operation::RefreshTokenPoints, trouble.until_cleared());
        balance(&xoxoday).await.expect(name);
        sandbox.wait_for(1, |call| call.presented.is_some()).await;
        for _ in 0..20 {
            balance(&xoxoday).await.expect(name);
        }
    }
}

#[tokio::test]
async fn g10_a_caller_dropped_at_any_await_leaves_the_account_as_good_as_new() {
    let mut polls = 0;
    loop {
        let sandbox = sandbox();
        let xoxoday = client_of(&sandbox).build().await.unwrap();
        sandbox.clock().advance(FORTY_DAYS);
        let ended = polled(balance(&xoxoday), polls).await;
        xoxoday.shutdown().await;
        balance(&xoxoday).await.unwrap();
        let facts = sandbox.record().refresh_tokens();
        assert!(
            facts.iter().all(|token| token.presented <= 1),
            "{polls} polls"
        );
        if ended {
            break;
        }
        polls += 1;
    }
    assert!(
        polls >= 3,
        "a call with a rotation waits more than {polls} times"
    );
}

/// Polls a call so often and drops it. Whether it was over by then.
async fn polled<T>(call: impl Future<Output = T>, times: usize) -> bool {
    let mut call = pin!(call);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        call.as_mut().poll(context).map(|_| true)
    })
    .await
}

#[test]
fn g10_a_runtime_that_ends_amid_an_exchange_does_not_take_it_along() {
    let directory = directory();
    let path = directory.path().join(STORE);
    let sandbox = sandbox();
    let gate = Gate::new();
    sandbox.trouble(Operation::RefreshTokenPoints, Trouble::Hold(gate.clone()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let xoxoday = runtime.block_on(async {
        let builder = client_of(&sandbox).store(FileStore::new(&path));
        let xoxoday = builder.build().await.unwrap();
        tokio::spawn({
            let xoxoday = xoxoday.clone();
            async move { xoxoday.tokens().rotate().await }
        });
        gate.wait_for(1).await;
        xoxoday
    });
    // Its tasks are dropped where they wait.
    drop(runtime);
    gate.open();
    // The last one who leaves waits for the exchange.
    drop(xoxoday);
    let stored = std::fs::read_to_string(&path).unwrap();
    let newest = sandbox.record().pairs().last().cloned().unwrap();
    assert!(stored.contains(newest.refresh_token()));
}

#[tokio::test]
async fn a_client_that_keeps_fresh_rotates_without_a_call() {
    let sandbox = sandbox();
    let clock = Moved::default();
    clock.forward(EIGHT_DAYS);
    let store = Watched::new(100);
    let first = client_of(&sandbox).store(store.clone()).build().await;
    drop(first.unwrap());
    let builder = client_of(&sandbox).store(store).clock(clock);
    let xoxoday = builder.keep_fresh().build().await.unwrap();
    let call = sandbox.wait_for(1, |call| call.presented.is_some()).await;
    assert_eq!(call.presented, Some(1));
    xoxoday.shutdown().await;
    assert_eq!(xoxoday.tokens().status().generation, 2);
}

#[tokio::test]
async fn an_event_is_told_once_however_many_callers_meet_it() {
    let sandbox = sandbox();
    sandbox.switch(|switches| switches.rotation = Rotation::Strict);
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    let mut events = xoxoday.events();
    sandbox.dashboard().reset_password();
    for _ in 0..5 {
        balance(&xoxoday).await.unwrap_err();
    }
    drop(xoxoday);
    let mut told = 0;
    while let Some(event) = events.next().await {
        told += usize::from(matches!(event, Event::LoginRequired { .. }));
    }
    assert_eq!(told, 1);
}
