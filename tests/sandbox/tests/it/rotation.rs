//! What becomes of the old pair, how many pairs live, and how often one may ask.

use std::time::Duration;

use serde_json::json;
use xoxoday_sandbox::{
    RateLimit, RateLimitShape, RefreshLimit, Replay, Revocation, Rotation, Sandbox, Switches,
};

use crate::client::{Client, SENDER};

const DAY: Duration = Duration::from_secs(86_400);
const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn with(change: impl FnOnce(&mut Switches)) -> (Sandbox, Client) {
    let mut switches = Switches::default();
    change(&mut switches);
    let sandbox = Sandbox::builder().switches(switches).start().unwrap();
    let client = Client::of(&sandbox);
    (sandbox, client)
}

fn plain() -> (Sandbox, Client) {
    with(|_| {})
}

const REJECTED: &str = r#"{"error":"invalid_token","error_description":"invalid/expired token"}"#;

#[tokio::test]
async fn strict_ends_both_old_tokens_at_once() {
    let (sandbox, client) = plain();
    let new = client.refresh(sandbox.refresh_token()).await;
    let again = client.refresh(sandbox.refresh_token()).await;
    assert_eq!((again.status, again.text.as_str()), (401, REJECTED));
    let old = client.validate(sandbox.access_token()).await;
    assert_eq!((old.status, old.text.as_str()), (401, REJECTED));
    assert_eq!(client.refresh(&new.refresh()).await.status, 200);
}

#[tokio::test]
async fn the_old_access_token_may_outlive_its_refresh_token() {
    let (sandbox, client) = with(|s| s.rotation = Rotation::AccessOutlives);
    client.refresh(sandbox.refresh_token()).await;
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 401);
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
    sandbox.clock().advance(DAY * 31);
    assert_eq!(client.validate(sandbox.access_token()).await.status, 401);
}

#[tokio::test]
async fn grace_answers_a_replay_with_a_fresh_pair_for_six_hours() {
    let (sandbox, client) = with(|s| s.rotation = Rotation::SIX_HOURS);
    sandbox.clock().stop();
    let first = client.refresh(sandbox.refresh_token()).await;
    sandbox.clock().advance(HOUR * 6 - MS);
    let second = client.refresh(sandbox.refresh_token()).await;
    assert_eq!(second.status, 200);
    assert_ne!(first.refresh(), second.refresh());
    for token in [sandbox.access_token(), &first.access(), &second.access()] {
        assert_eq!(client.validate(token).await.status, 200);
    }
    // The grace runs from the first use, not from the last.
    sandbox.clock().advance(MS);
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 401);
    assert_eq!(client.refresh(&first.refresh()).await.status, 200);
}

#[tokio::test]
async fn grace_can_answer_a_replay_with_the_same_successor() {
    let (sandbox, client) = with(|s| {
        s.rotation = Rotation::Grace {
            window: HOUR,
            replay: Replay::SameSuccessor,
        };
    });
    let first = client.refresh(sandbox.refresh_token()).await;
    let second = client.refresh(sandbox.refresh_token()).await;
    assert_eq!(first.refresh(), second.refresh());
    assert_eq!(first.access(), second.access());
    client.refresh(&first.refresh()).await;
    let spent_successor = client.refresh(sandbox.refresh_token()).await;
    assert_eq!(spent_successor.status, 401);
}

#[tokio::test]
async fn the_oldest_pair_is_dropped_beyond_the_cap() {
    let (sandbox, client) = with(|s| {
        s.pair_cap = 2;
        s.rotation = Rotation::SIX_HOURS;
    });
    let second = client.refresh(sandbox.refresh_token()).await;
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
    let third = client.refresh(&second.refresh()).await;
    let dropped = client.validate(sandbox.access_token()).await;
    assert_eq!((dropped.status, dropped.text.as_str()), (401, REJECTED));
    for token in [second.access(), third.access()] {
        assert_eq!(client.validate(&token).await.status, 200);
    }
    let why = sandbox.record().pairs()[0].revoked;
    assert_eq!(why, Some(Revocation::TooManyPairs));
}

#[tokio::test]
async fn ten_pairs_live_unless_said_otherwise() {
    let (sandbox, client) = with(|s| s.dashboard_pair_ends_others = false);
    let pairs: Vec<_> = (0..10).map(|_| sandbox.dashboard().new_pair()).collect();
    assert_eq!(client.validate(sandbox.access_token()).await.status, 401);
    for pair in &pairs {
        assert_eq!(client.validate(pair.access_token()).await.status, 200);
    }
}

#[tokio::test]
async fn a_cap_of_one_leaves_no_grace() {
    let (sandbox, client) = with(|s| {
        s.pair_cap = 1;
        s.rotation = Rotation::SIX_HOURS;
    });
    client.refresh(sandbox.refresh_token()).await;
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 401);
    assert_eq!(client.validate(sandbox.access_token()).await.status, 401);
}

#[tokio::test]
async fn too_many_refreshes_are_limited_until_the_window_has_passed() {
    let (sandbox, client) = with(|s| {
        s.refresh_limit = Some(RefreshLimit {
            presentations: 1,
            window: HOUR,
            answer: RateLimit {
                shape: RateLimitShape::Errors,
                status: 200,
                penalty: Duration::from_secs(90),
                retry_after: true,
            },
            costs_the_token: false,
        });
    });
    let first = client.refresh(sandbox.refresh_token()).await;
    let limited = client.refresh(&first.refresh()).await;
    assert_eq!(limited.status, 200);
    assert_eq!(limited.header("retry-after"), Some("90"));
    assert_eq!(
        limited.json(),
        json!({"errors": [{"message": "auth.request_limit_exceeded", "penaltySeconds": 90}]})
    );
    sandbox.clock().advance(HOUR);
    assert_eq!(client.refresh(&first.refresh()).await.status, 200);
}

#[tokio::test]
async fn too_many_refreshes_can_cost_the_token() {
    let (sandbox, client) = with(|s| {
        s.refresh_limit = Some(RefreshLimit {
            presentations: 1,
            window: HOUR,
            answer: RateLimit::default(),
            costs_the_token: true,
        });
    });
    let first = client.refresh(sandbox.refresh_token()).await;
    assert_eq!(client.refresh(&first.refresh()).await.status, 429);
    sandbox.clock().advance(HOUR);
    assert_eq!(client.validate(&first.access()).await.status, 401);
    assert_eq!(client.refresh(&first.refresh()).await.status, 401);
}

#[tokio::test]
async fn a_pair_counts_while_either_of_its_tokens_lives() {
    let (sandbox, client) = with(|s| {
        s.pair_cap = 1;
        s.dashboard_pair_ends_others = false;
    });
    // The access token has come to its end; the refresh token has not, until now.
    sandbox.clock().advance(DAY * 31);
    sandbox.dashboard().new_pair();
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 401);
}

#[tokio::test]
async fn every_session_has_a_cap_of_its_own() {
    let (sandbox, client) = with(|s| s.pair_cap = 1);
    let first = client.create_user(sandbox.access_token(), SENDER).await;
    let second = client.create_user(sandbox.access_token(), SENDER).await;
    assert_eq!(client.validate(&first.access()).await.status, 401);
    assert_eq!(client.validate(&second.access()).await.status, 200);
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
}
