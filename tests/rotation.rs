//! Rotation over real HTTP: the newest refresh token survives, and no call is
//! the worse for it.

use std::time::Duration;

use xoxoday_auth::store::Swap;
use xoxoday_auth::tokens::Rotation;
use xoxoday_auth::{Error, ErrorKind, FileStore, MemoryStore, TokenStore, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, Plan, RateLimit, RateLimitShape, Sandbox, Trouble};
use xoxoday_tests::canary::STORE;
use xoxoday_tests::troubled::{Moved, Watched};
use xoxoday_tests::{answer, client_of, directory, marked, sandbox, seed};

const JOHN: &str = "john@company.example";
const EIGHT_DAYS: Duration = Duration::from_secs(8 * 86_400);
const FORTY_DAYS: Duration = Duration::from_secs(40 * 86_400);

async fn balance(xoxoday: &Xoxoday) -> Result<(), Error> {
    xoxoday.points().balance(JOHN).await.map(drop)
}

fn exchanges(sandbox: &Sandbox) -> usize {
    sandbox.record().exchanges().len()
}

/// Every refresh token that the sandbox saw was presented once.
fn assert_each_presented_once(sandbox: &Sandbox) {
    let record = sandbox.record();
    let mut presented: Vec<_> = record
        .exchanges()
        .iter()
        .map(|call| call.presented)
        .collect();
    let all = presented.len();
    presented.sort_unstable();
    presented.dedup();
    assert_eq!(presented.len(), all, "a refresh token was presented twice");
}

#[tokio::test]
async fn a_rejected_token_is_rotated_and_the_call_replayed_once() {
    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    // By the sandbox's clock the access token has ended; the client cannot know.
    sandbox.clock().advance(FORTY_DAYS);
    balance(&xoxoday).await.unwrap();
    assert_eq!(exchanges(&sandbox), 1);
    assert_eq!(sandbox.record().of(Operation::FetchPoints).len(), 2);
}

#[tokio::test]
async fn the_raw_client_is_replayed_too_and_hands_back_any_other_answer() {
    use xoxoday_auth::api::Error as ApiError;

    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    sandbox.clock().advance(FORTY_DAYS);
    let answer = xoxoday.api().validate_token_points().await.unwrap();
    assert!(answer.expires_in.is_some());
    assert_eq!(exchanges(&sandbox), 1);

    sandbox.trouble(Operation::ValidateTokenPoints, Trouble::Html(503));
    match xoxoday.api().validate_token_points().await {
        Err(ApiError::UnexpectedResponse(response)) => {
            assert_eq!(response.status().as_u16(), 503);
            assert!(response.headers().contains_key("content-type"));
            assert!(response.text().await.unwrap().contains("<html"));
        }
        other => panic!("expected the server's own answer, got {}", other.is_ok()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_with_a_rejected_token_share_one_exchange() {
    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    sandbox.clock().advance(FORTY_DAYS);
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let xoxoday = xoxoday.clone();
            tokio::spawn(async move { balance(&xoxoday).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_cut_an_exchange_off_from_its_save() {
    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    let gate = Gate::new();
    sandbox.trouble(Operation::RefreshTokenPoints, Trouble::Hold(gate.clone()));
    let caller = tokio::spawn({
        let xoxoday = xoxoday.clone();
        async move { xoxoday.tokens().rotate().await }
    });
    gate.wait_for(1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.open();

    // Joins the rotation under way, or finds it done.
    balance(&xoxoday).await.unwrap();
    assert_eq!(xoxoday.tokens().status().generation, 2);
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_restart_goes_on_with_the_stored_tokens_and_not_with_the_spent_seed() {
    let sandbox = sandbox();
    let directory = directory();
    let store = FileStore::new(directory.path().join("state").join(STORE));
    for generation in 2..5 {
        let xoxoday = client_of(&sandbox)
            .store(store.clone())
            .build()
            .await
            .unwrap();
        assert_eq!(xoxoday.tokens().rotate().await.unwrap(), Rotation::Rotated);
        assert_eq!(xoxoday.tokens().status().generation, generation);
        balance(&xoxoday).await.unwrap();
    }
    assert_each_presented_once(&sandbox);
}

#[tokio::test]
async fn tokens_that_another_process_has_brought_are_adopted() {
    let sandbox = sandbox();
    let directory = directory();
    let store = FileStore::new(directory.path().join(STORE));
    let one = client_of(&sandbox)
        .store(store.clone())
        .build()
        .await
        .unwrap();
    let other = client_of(&sandbox).store(store).build().await.unwrap();

    assert_eq!(one.tokens().rotate().await.unwrap(), Rotation::Rotated);
    // Its token is dead by now; the file has the one that lives.
    balance(&other).await.unwrap();
    assert_eq!(other.tokens().status().generation, 2);
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_token_that_is_definitely_rejected_asks_for_a_login_and_is_not_presented_again() {
    let sandbox = sandbox();
    let store = MemoryStore::new();
    let xoxoday = client_of(&sandbox)
        .store(store.clone())
        .build()
        .await
        .unwrap();
    sandbox.dashboard().reset_password();

    for _ in 0..3 {
        let error = balance(&xoxoday).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoginRequired, "{error}");
        assert!(error.to_string().contains("dashboard"), "{error}");
    }
    assert_eq!(exchanges(&sandbox), 1);
    assert!(xoxoday.tokens().status().login_required.is_some());

    // The stale seed changes nothing; the tokens of a new login do.
    let stale = client_of(&sandbox)
        .store(store.clone())
        .build()
        .await
        .unwrap();
    assert_eq!(
        balance(&stale).await.unwrap_err().kind(),
        ErrorKind::LoginRequired
    );
    let fresh = seed(&sandbox.dashboard().new_pair());
    let mended = client_of(&sandbox)
        .store(store)
        .seed(fresh)
        .build()
        .await
        .unwrap();
    balance(&mended).await.unwrap();
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_rate_limit_brakes_every_process_for_as_long_as_it_says() {
    let sandbox = sandbox();
    let store = MemoryStore::new();
    let limit = RateLimit {
        shape: RateLimitShape::Errors,
        status: 200,
        penalty: Duration::from_secs(90),
        ..RateLimit::default()
    };
    sandbox.trouble(Operation::RefreshTokenPoints, Trouble::RateLimit(limit));
    for _ in 0..2 {
        let xoxoday = client_of(&sandbox)
            .store(store.clone())
            .build()
            .await
            .unwrap();
        let error = xoxoday.tokens().rotate().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let wait = error.wait().unwrap().as_secs();
        assert!((85..=90).contains(&wait), "{wait}");
        // The access token lives, so nobody else is the worse for it.
        balance(&xoxoday).await.unwrap();
    }
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_floor_stands_between_two_exchanges() {
    let sandbox = sandbox();
    let builder = client_of(&sandbox).rotation_floor(Duration::from_secs(3600));
    let xoxoday = builder.build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.wait().unwrap() > Duration::from_secs(3500));
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_live_token_in_use_and_the_next_attempt_presents_it_again() {
    let sandbox = sandbox();
    sandbox.switch(|switches| switches.rotation = xoxoday_sandbox::Rotation::SIX_HOURS);
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    for trouble in [Trouble::DropAnswer, Trouble::CutBody] {
        sandbox.trouble(Operation::RefreshTokenPoints, trouble);
        let error = xoxoday.tokens().rotate().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        balance(&xoxoday).await.unwrap();
    }
    xoxoday.tokens().rotate().await.unwrap();
    balance(&xoxoday).await.unwrap();
}

#[tokio::test]
async fn a_seed_of_the_refresh_token_alone_buys_the_first_access_token() {
    let sandbox = sandbox();
    let seed = xoxoday_auth::Seed::new(sandbox.refresh_token());
    let xoxoday = client_of(&sandbox).seed(seed).build().await.unwrap();
    balance(&xoxoday).await.unwrap();
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn lifetimes_are_read_from_the_answer_or_left_to_the_server() {
    let month = Duration::from_secs(30 * 86_400);
    for (expires_in, timestamps) in [(true, true), (true, false), (false, true), (false, false)] {
        let sandbox = sandbox();
        sandbox.switch(|switches| {
            switches.expires_in = expires_in;
            switches.expiry_timestamps = timestamps;
        });
        let xoxoday = client_of(&sandbox).build().await.unwrap();
        xoxoday.tokens().rotate().await.unwrap();
        let status = xoxoday.tokens().status();
        let lives = status
            .access_expires_at
            .map(|end| Duration::from_millis((end.get() - status.obtained_at.get()) as u64));
        if expires_in || timestamps {
            let off = lives.unwrap().abs_diff(month);
            assert!(off < Duration::from_secs(60), "{lives:?}");
        } else {
            assert_eq!(lives, None);
        }
        balance(&xoxoday).await.unwrap();
    }
}

#[tokio::test]
async fn one_live_pair_is_enough() {
    let sandbox = sandbox();
    sandbox.switch(|switches| switches.pair_cap = 1);
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    for _ in 0..3 {
        xoxoday.tokens().rotate().await.unwrap();
        balance(&xoxoday).await.unwrap();
    }
    assert_each_presented_once(&sandbox);
}

#[tokio::test]
async fn a_token_that_is_due_serves_on_while_its_successor_is_fetched_beside() {
    let sandbox = sandbox();
    let clock = Moved::default();
    let builder = client_of(&sandbox).clock(clock.clone());
    let xoxoday = builder.build().await.unwrap();
    balance(&xoxoday).await.unwrap();
    xoxoday.shutdown().await;
    assert_eq!(exchanges(&sandbox), 0, "not due yet");

    clock.forward(EIGHT_DAYS);
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone()).before_work();
    sandbox.trouble(Operation::RefreshTokenPoints, hold);
    balance(&xoxoday).await.unwrap();
    gate.wait_for(1).await;
    // The exchange hangs, and nobody waits for it.
    balance(&xoxoday).await.unwrap();
    gate.open();
    xoxoday.shutdown().await;
    assert_eq!(xoxoday.tokens().status().generation, 2);
    balance(&xoxoday).await.unwrap();
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_due_rotation_that_fails_is_not_tried_again_on_every_call() {
    let sandbox = sandbox();
    let clock = Moved::default();
    let builder = client_of(&sandbox).clock(clock.clone());
    let floor = Duration::from_secs(60);
    let xoxoday = builder.rotation_floor(floor).build().await.unwrap();
    clock.forward(EIGHT_DAYS);
    let always = Plan::from(Trouble::Html(502)).until_cleared();
    sandbox.trouble(Operation::RefreshTokenPoints, always);
    for _ in 0..20 {
        balance(&xoxoday).await.unwrap();
        xoxoday.shutdown().await;
    }
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn an_unauthorized_refresh_is_no_verdict_on_the_token() {
    let sandbox = sandbox();
    let store = MemoryStore::new();
    // A mistyped client secret: the sandbox answers 401 and spends nothing.
    let environment = sandbox.origin().parse().unwrap();
    let mistyped = Xoxoday::builder(environment, sandbox.client_id(), marked!("mistyped"))
        .seed(seed(sandbox.seed()))
        .store(store.clone())
        .rotation_floor(Duration::ZERO)
        .build()
        .await
        .unwrap();
    let error = mistyped.tokens().rotate().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.to_string().contains("client secret"), "{error}");

    let xoxoday = client_of(&sandbox).store(store).build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
}

#[tokio::test]
async fn tokens_of_another_account_are_never_presented() {
    let sandbox = sandbox();
    let store = MemoryStore::new();
    let other = Xoxoday::builder(
        "https://other.example".parse().unwrap(),
        "other-client",
        marked!("secret"),
    );
    let other = other.seed(xoxoday_auth::Seed::new(marked!("of-another-account")));
    other.store(store.clone()).build().await.unwrap();

    // The store is swapped under a client that is already running.
    let watched = Watched::new(100);
    let xoxoday = client_of(&sandbox)
        .store(watched.clone())
        .build()
        .await
        .unwrap();
    let theirs = store.load().await.unwrap().unwrap();
    let ours = watched.load().await.unwrap().unwrap();
    let swap = watched.compare_and_swap(ours.version, &theirs.document);
    assert!(matches!(swap.await.unwrap(), Swap::Done(_)));

    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.to_string().contains("belongs to"), "{error}");
    assert_eq!(exchanges(&sandbox), 0);
}

#[tokio::test]
async fn any_4xx_costs_an_exchange_only_where_that_was_asked_for() {
    let refused = || answer(400, r#"{"error":"odd","message":"no reason"}"#);
    for asked_for in [false, true] {
        let sandbox = sandbox();
        let builder = client_of(&sandbox).rotate_on_any_4xx(asked_for);
        let xoxoday = builder.build().await.unwrap();
        sandbox.trouble(Operation::FetchPoints, refused());
        assert_eq!(balance(&xoxoday).await.is_ok(), asked_for);
        assert_eq!(exchanges(&sandbox), usize::from(asked_for));
        // Where a new token does not help either, no more are bought.
        let plan = Plan::from(refused()).until_cleared();
        sandbox.trouble(Operation::FetchPoints, plan);
        for _ in 0..4 {
            assert_eq!(
                balance(&xoxoday).await.unwrap_err().kind(),
                ErrorKind::Refused
            );
        }
        assert_eq!(exchanges(&sandbox), 2 * usize::from(asked_for));
    }
}

#[tokio::test]
async fn a_token_that_is_rejected_as_soon_as_it_was_bought_is_not_replaced_each_time() {
    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    for (body, kind) in [
        (r#"{"error":"Unauthorized"}"#, ErrorKind::Refused),
        (r#"{"error":"invalid_token"}"#, ErrorKind::LoginRequired),
    ] {
        sandbox.clear_trouble();
        let rejection = Plan::from(answer(401, body)).until_cleared();
        sandbox.trouble(Operation::FetchPoints, rejection);
        // The same is said each time.
        for _ in 0..5 {
            let error = balance(&xoxoday).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
        }
        assert_eq!(exchanges(&sandbox), 1);
    }
    sandbox.clear_trouble();
    balance(&xoxoday).await.unwrap();
}

#[tokio::test]
async fn tokens_bought_in_vain_are_counted_by_all_processes_together() {
    let sandbox = sandbox();
    let directory = directory();
    let rejection = Plan::from(answer(401, r#"{"error":"invalid_token"}"#)).until_cleared();
    sandbox.trouble(Operation::FetchPoints, rejection);
    let mut clients = Vec::new();
    for _ in 0..3 {
        let store = FileStore::new(directory.path().join(STORE));
        let client = client_of(&sandbox).store(store).build();
        clients.push(client.await.unwrap());
    }
    // Nor does one that starts anew begin to count anew.
    for _ in 0..2 {
        for xoxoday in &clients {
            balance(xoxoday).await.unwrap_err();
        }
        clients.pop();
    }
    assert_eq!(exchanges(&sandbox), 1);
}

#[tokio::test]
async fn a_gateway_in_trouble_does_not_make_a_token_count_as_accepted() {
    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    let rejection = || answer(401, r#"{"error":"invalid_token"}"#);
    let plan = Plan::from(rejection()).until_cleared();
    sandbox.trouble(Operation::FetchPoints, plan);
    balance(&xoxoday).await.unwrap_err();
    sandbox.clear_trouble();
    let plan = Plan::from(Trouble::Status(502)).until_cleared();
    sandbox.trouble(Operation::FetchPoints, plan);
    balance(&xoxoday).await.unwrap_err();
    sandbox.clear_trouble();
    let plan = Plan::from(rejection()).until_cleared();
    sandbox.trouble(Operation::FetchPoints, plan);
    balance(&xoxoday).await.unwrap_err();
    assert_eq!(exchanges(&sandbox), 1);
}
