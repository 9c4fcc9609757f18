//! Replicas that share an account.

use std::time::{Duration, Instant};

use xoxoday_auth::store::PostgresStore;
use xoxoday_auth::{Environment, Event, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, Sandbox, Trouble};
use xoxoday_tests::herd::call_at_once;
use xoxoday_tests::postgres::{Cluster, Database, database};
use xoxoday_tests::{Ahead, JOHN, client_of, sandbox};

use crate::migrated;

const HOUR_MS: i64 = 3_600_000;
const FORTY_DAYS: Duration = Duration::from_secs(40 * 86_400);

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_processes_of_fifty_tasks_at_expiry_share_one_exchange() {
    let Some(database) = database().await else {
        return;
    };
    let sandbox = sandbox();
    let first = client_of(&sandbox).store_at(&database.url);
    first.build().await.unwrap();
    sandbox.clock().advance(FORTY_DAYS);
    let rotator = env!("CARGO_BIN_EXE_rotator");
    call_at_once(rotator, &sandbox, &database.url, 16);
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

/// A replica whose machine's clock is wrong by so much.
async fn replica(sandbox: &Sandbox, database: &Database, wrong_by: i64) -> Xoxoday {
    let builder = client_of(sandbox)
        .store_in(database.pool())
        .clock(Ahead(wrong_by));
    builder.build().await.unwrap()
}

/// Neither takes the other's lease before it ends, nor waits longer than it
/// lasts. The lease is short, and the wait that is measured far below an hour.
#[tokio::test(flavor = "multi_thread")]
async fn g1_clients_whose_clocks_are_an_hour_apart_keep_each_other_s_leases() {
    for (one, other) in [(0, HOUR_MS), (HOUR_MS, 0), (-HOUR_MS, HOUR_MS)] {
        let Some(database) = database().await else {
            return;
        };
        database.set_up_clock().await;
        migrated(&database).await;
        let sandbox = sandbox();
        let holder = replica(&sandbox, &database, one).await;
        let waiting = replica(&sandbox, &database, other).await;
        let gate = Gate::new();
        let hold = Trouble::Hold(gate.clone()).before_work();
        sandbox.trouble(Operation::RefreshTokenPoints, hold);
        let rotation = tokio::spawn({
            let holder = holder.clone();
            async move { holder.tokens().rotate().await }
        });
        gate.wait_for(1).await;

        // The lease is a minute long, and the other knows how much is left of it.
        let error = waiting.tokens().rotate().await.unwrap_err();
        let wait = error.wait().unwrap();
        assert!(wait > Duration::from_secs(40), "{wait:?}");
        assert!(wait <= Duration::from_secs(60), "{wait:?}");
        assert_eq!(sandbox.record().exchanges().len(), 1);
        // A minute later by the database's clock it is over, whatever theirs say.
        database.advance(61).await;
        waiting.tokens().rotate().await.unwrap();
        assert_eq!(sandbox.record().exchanges().len(), 2);
        gate.open();
        drop(rotation.await.unwrap());
        for replica in [&holder, &waiting] {
            replica.points().balance(JOHN).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_whose_clocks_are_an_hour_apart_do_not_find_each_other_s_tokens_due() {
    let Some(database) = database().await else {
        return;
    };
    let sandbox = sandbox();
    // Even where it is the one that makes the tables.
    let ahead = client_of(&sandbox).store_at(&database.url);
    let ahead = ahead.clock(Ahead(HOUR_MS)).build().await.unwrap();
    let other = replica(&sandbox, &database, 0).await;
    other.points().balance(JOHN).await.unwrap();
    other.shutdown().await;
    assert_eq!(sandbox.record().exchanges().len(), 0);
    ahead.tokens().rotate().await.unwrap();
    for wrong_by in [0, -HOUR_MS, HOUR_MS] {
        let other = replica(&sandbox, &database, wrong_by).await;
        other.points().balance(JOHN).await.unwrap();
        other.shutdown().await;
    }
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_listens_takes_new_tokens_over_at_once() {
    let Some(database) = database().await else {
        return;
    };
    migrated(&database).await;
    let sandbox = sandbox();
    let environment = sandbox.origin().parse().unwrap();
    let listening = PostgresStore::new(database.pool(), &environment, sandbox.client_id());
    let builder = client_of(&sandbox).store(listening.listen()).keep_fresh();
    let listener = builder.build().await.unwrap();
    let mut events = listener.events();
    let listens = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    database.wait_until(listens, |number| number > 0).await;
    let other = client_of(&sandbox).store_in(database.pool());
    other
        .build()
        .await
        .unwrap()
        .tokens()
        .rotate()
        .await
        .unwrap();
    // Far sooner than it would look by itself.
    let heard = tokio::time::timeout(Duration::from_secs(15), events.next());
    let heard = heard.await.expect("it hears of it");
    assert_eq!(heard, Some(Event::Adopted { generation: 2 }));
    listener.points().balance(JOHN).await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_replicas_that_listen_ask_little_and_have_new_tokens_soon() {
    let took = many_replicas(true).await;
    // Without the news it takes as long as a look is away.
    assert!(
        took.is_none_or(|took| took < Duration::from_secs(20)),
        "{took:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_replicas_that_look_by_themselves_have_new_tokens_within_a_minute() {
    many_replicas(false).await;
}

/// How long it takes until the last of many replicas has new tokens. They are
/// simulated: clients of their own, on one pool, so that the server does not need
/// a connection for each. With `XOXODAY_REPLICAS` more, and with so many
/// `XOXODAY_IDLE_MINUTES` before; they are what is to be measured.
async fn many_replicas(listens: bool) -> Option<Duration> {
    let wanted = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    let replicas = wanted("XOXODAY_REPLICAS").unwrap_or(20);
    let connections = format!("max_connections = {}", replicas + 100);
    let cluster = Cluster::start(&[&connections])?;
    let (sandbox, database) = (sandbox(), cluster.database().await);
    migrated(&database).await;
    let environment: Environment = sandbox.origin().parse().unwrap();
    let pool = database.pool_of(20);
    let mut fleet = Vec::new();
    for _ in 0..replicas {
        let client_id = sandbox.client_id();
        let store = PostgresStore::new(pool.clone(), &environment, client_id);
        let store = if listens { store.listen() } else { store };
        let builder = client_of(&sandbox).store(store).keep_fresh();
        fleet.push(builder.build().await.unwrap());
    }
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    let expected = i64::from(if listens { replicas } else { 0 });
    database
        .wait_until(listening, |number| number >= expected)
        .await;
    if let Some(minutes) = wanted("XOXODAY_IDLE_MINUTES") {
        let asked = "SELECT xact_commit FROM pg_stat_database \
                     WHERE datname = current_database()";
        let before = database.number(asked).await;
        tokio::time::sleep(Duration::from_secs(60) * minutes).await;
        let asked = (database.number(asked).await - before) as f64;
        let each = asked / f64::from(replicas) / f64::from(minutes);
        println!(
            "{replicas} replicas, listening: {listens}: {each:.2} transactions of each a minute, in {minutes} idle minutes"
        );
    }
    let waiting: Vec<_> = fleet.iter().map(|it| it.events()).collect();
    fleet[0].tokens().rotate().await.unwrap();
    let rotated = Instant::now();
    for mut events in waiting {
        let heard = tokio::time::timeout(Duration::from_secs(45), events.next());
        let heard = heard
            .await
            .expect("every replica has the new token")
            .unwrap();
        let news = [
            Event::Rotated { generation: 2 },
            Event::Adopted { generation: 2 },
        ];
        assert!(news.contains(&heard), "{heard:?}");
    }
    let took = rotated.elapsed();
    println!(
        "{replicas} replicas, listening: {listens}: the last has the new token after {took:?}"
    );
    assert_eq!(sandbox.record().exchanges().len(), 1);
    Some(took)
}
