//! A server in trouble costs no token, and none is presented twice at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;
use xoxoday_auth::store::{PostgresStore, Swap, Version};
use xoxoday_auth::tokens::Rotation;
use xoxoday_auth::{Builder, Error, ErrorKind, TokenStore as _, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, Sandbox, Trouble};
use xoxoday_tests::postgres::{Cluster, Database, database};
use xoxoday_tests::proxy::{Cut, Proxy};
use xoxoday_tests::{JOHN, client_of, sandbox};

use crate::migrated;

/// A client with a short patience for connections.
fn client(sandbox: &Sandbox, database: &Database) -> Builder {
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy_with(database.options());
    client_of(sandbox).store_in(pool)
}

/// Each refresh token was presented once, and the newest is at hand.
async fn assert_nothing_is_lost(sandbox: &Sandbox, xoxoday: &Xoxoday) {
    // Whatever the trouble left to be finished or saved.
    xoxoday.shutdown().await;
    xoxoday.tokens().rotate().await.unwrap();
    xoxoday.points().balance(JOHN).await.unwrap();
    let facts = sandbox.record().refresh_tokens();
    assert!(facts.iter().all(|token| token.presented <= 1), "{facts:?}");
}

/// A rotation whose request hangs before the server's work, at a gate.
async fn hanging(
    sandbox: &Sandbox,
    xoxoday: &Xoxoday,
) -> (Gate, JoinHandle<Result<Rotation, Error>>) {
    let gate = Gate::new();
    let hold = Trouble::Hold(gate.clone()).before_work();
    sandbox.trouble(Operation::RefreshTokenPoints, hold);
    let xoxoday = xoxoday.clone();
    let rotation = tokio::spawn(async move { xoxoday.tokens().rotate().await });
    gate.wait_for(1).await;
    (gate, rotation)
}

/// A client through a proxy, and the proxy.
async fn through_a_proxy(sandbox: &Sandbox, database: &Database) -> (Xoxoday, Proxy) {
    migrated(database).await;
    let options = database.options();
    let proxy = Proxy::before(format!("127.0.0.1:{}", options.get_port())).await;
    // One, so that none is left that was not cut.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy_with(options.port(proxy.port()));
    let builder = client_of(sandbox).store_in(pool);
    (builder.build().await.unwrap(), proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_between_the_swap_and_its_answer_is_made_again() {
    let Some(database) = database().await else {
        return;
    };
    let sandbox = sandbox();
    let (xoxoday, proxy) = through_a_proxy(&sandbox, &database).await;
    for (round, cut) in [Cut::BeforeTheCommit, Cut::BeforeTheAnswer]
        .into_iter()
        .enumerate()
    {
        // At the intent.
        proxy.cut(cut);
        xoxoday.tokens().rotate().await.unwrap();
        assert_eq!(proxy.cuts(), 2 * round + 1, "{cut:?}");
        // At the answer.
        let (gate, rotation) = hanging(&sandbox, &xoxoday).await;
        proxy.cut(cut);
        gate.open();
        rotation.await.unwrap().unwrap();
        assert_eq!(proxy.cuts(), 2 * round + 2, "{cut:?}");
        let versions = "SELECT count(*) - count(DISTINCT version) FROM xoxoday_tokens_history";
        assert_eq!(database.number(versions).await, 0, "written twice");
    }
    assert_eq!(sandbox.record().exchanges().len(), 4);
    assert_nothing_is_lost(&sandbox, &xoxoday).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_whose_answer_is_lost_is_known_as_done_and_another_s_is_not() {
    let Some(database) = database().await else {
        return;
    };
    let direct = migrated(&database).await;
    let options = database.options();
    let proxy = Proxy::before(format!("127.0.0.1:{}", options.get_port())).await;
    let pool = PgPoolOptions::new().connect_lazy_with(options.port(proxy.port()));
    let store = PostgresStore::new(pool, &xoxoday_auth::Environment::Sandbox, "client-1");
    let sandbox = sandbox();
    let environment: xoxoday_auth::Environment = sandbox.origin().parse().unwrap();
    // Any two documents.
    let documents = PostgresStore::new(database.pool(), &environment, sandbox.client_id());
    let seeded = client_of(&sandbox).store(documents.clone()).build().await;
    let ours = documents.load().await.unwrap().unwrap().document;
    seeded.unwrap().tokens().rotate().await.unwrap();
    let theirs = documents.load().await.unwrap().unwrap().document;

    proxy.cut(Cut::BeforeTheAnswer);
    let swap = store.compare_and_swap(Version::EMPTY, &ours).await;
    assert_eq!(swap, Ok(Swap::Done(Version::new(1))));
    let swap = direct.compare_and_swap(Version::new(1), &theirs).await;
    assert_eq!(swap, Ok(Swap::Done(Version::new(2))));
    proxy.cut(Cut::BeforeTheCommit);
    let swap = store.compare_and_swap(Version::new(1), &ours).await;
    assert_eq!(swap, Ok(Swap::Conflict));
    assert_eq!(proxy.cuts(), 2);
}

/// The answer to the save is lost, and then the database.
#[tokio::test(flavor = "multi_thread")]
async fn g4_an_outage_right_after_the_save_costs_no_token() {
    let Some(database) = database().await else {
        return;
    };
    let sandbox = sandbox();
    let (xoxoday, proxy) = through_a_proxy(&sandbox, &database).await;
    let (gate, rotation) = hanging(&sandbox, &xoxoday).await;
    proxy.cut(Cut::BeforeTheAnswerForGood);
    gate.open();
    let error = rotation.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    xoxoday.points().balance(JOHN).await.unwrap();
    proxy.mend();
    assert_nothing_is_lost(&sandbox, &xoxoday).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g2_g4_a_server_that_takes_no_writes_costs_no_token() {
    let Some(database) = database().await else {
        return;
    };
    migrated(&database).await;
    let sandbox = sandbox();
    let xoxoday = client(&sandbox, &database).build().await.unwrap();
    let name = database.options().get_database().unwrap().to_owned();
    let read_only = async |value: &str| {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        // What is connected already is not concerned.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database
            .run(&format!("SET default_transaction_read_only = off; {set}"))
            .await;
        database.run(end).await;
    };
    read_only("on").await;
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.to_string().contains("takes no writes"), "{error}");
    assert_eq!(sandbox.record().exchanges().len(), 0);
    read_only("off").await;

    let (gate, rotation) = hanging(&sandbox, &xoxoday).await;
    read_only("on").await;
    gate.open();
    let error = rotation.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("could not be saved"), "{error}");
    xoxoday.points().balance(JOHN).await.unwrap();
    read_only("off").await;
    assert_nothing_is_lost(&sandbox, &xoxoday).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g2_g8_a_server_that_restarts_fails_no_call_and_costs_no_token() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let database = cluster.database().await;
    migrated(&database).await;
    let sandbox = sandbox();
    let xoxoday = client(&sandbox, &database).build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    cluster.restart();
    xoxoday.tokens().rotate().await.unwrap();
    // Amid an exchange.
    let (gate, rotation) = hanging(&sandbox, &xoxoday).await;
    cluster.restart();
    xoxoday.points().balance(JOHN).await.unwrap();
    gate.open();
    rotation.await.unwrap().unwrap();
    assert_nothing_is_lost(&sandbox, &xoxoday).await;
}

/// Its lease ends while the server stands still with the answer's save.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn g1_g4_a_server_that_is_frozen_for_longer_than_a_lease_costs_no_token() {
    const LEASE: Duration = Duration::from_secs(2);

    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let database = cluster.database().await;
    migrated(&database).await;
    let sandbox = sandbox();
    let brief = || client(&sandbox, &database).rotation_lease(LEASE);
    let xoxoday = brief().build().await.unwrap();
    let other = brief().build().await.unwrap();
    let (gate, rotation) = hanging(&sandbox, &xoxoday).await;
    cluster.freeze();
    gate.open();
    // Given up on after a lease, kept, and served meanwhile.
    let error = rotation.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    xoxoday.points().balance(JOHN).await.unwrap();
    let error = other.tokens().rotate().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(sandbox.record().exchanges().len(), 1);
    cluster.thaw();
    assert_nothing_is_lost(&sandbox, &xoxoday).await;
    // The other takes it over from there.
    other.tokens().rotate().await.unwrap();
    other.points().balance(JOHN).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn g2_a_server_or_a_pool_without_a_connection_left_costs_no_token() {
    let settings = ["max_connections = 8", "superuser_reserved_connections = 3"];
    let Some(cluster) = Cluster::start(&settings) else {
        return;
    };
    let database = cluster.database().await;
    migrated(&database).await;
    database
        .run("CREATE ROLE service LOGIN PASSWORD 'marked'; GRANT ALL ON ALL TABLES IN SCHEMA public TO service")
        .await;
    let sandbox = sandbox();
    let options = database.options().username("service").password("marked");
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(1))
        .connect_lazy_with(options.clone());
    let builder = client_of(&sandbox).store_in(pool.clone());
    let xoxoday = builder.build().await.unwrap();
    // The program uses its pool for something else.
    let busy = pool.acquire().await.unwrap();
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.to_string().contains("more connections"), "{error}");
    busy.detach().close().await.unwrap();
    // Others have taken all that the server has.
    let mut others = Vec::new();
    while let Ok(other) = sqlx::PgConnection::connect_with(&options).await {
        others.push(Arc::new(other));
    }
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.to_string().contains("max_connections"), "{error}");
    assert_eq!(sandbox.record().exchanges().len(), 0);
    xoxoday.points().balance(JOHN).await.unwrap();
    others.clear();
    let left = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'service'";
    database.wait_until(left, |number| number == 0).await;
    assert_nothing_is_lost(&sandbox, &xoxoday).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g2_a_row_that_somebody_keeps_locked_is_not_waited_for_without_end() {
    let Some(database) = database().await else {
        return;
    };
    migrated(&database).await;
    let sandbox = sandbox();
    let xoxoday = client(&sandbox, &database).build().await.unwrap();
    let mut somebody = database.connection().await;
    let mut holding = somebody.begin().await.unwrap();
    let lock = sqlx::query("SELECT account FROM xoxoday_tokens FOR UPDATE");
    lock.execute(&mut *holding).await.unwrap();
    let error = xoxoday.tokens().rotate().await.unwrap_err();
    assert!(error.to_string().contains("who holds a lock"), "{error}");
    assert_eq!(sandbox.record().exchanges().len(), 0);
    holding.rollback().await.unwrap();
    assert_nothing_is_lost(&sandbox, &xoxoday).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_durable_and_bounded_whatever_the_server_is_set_to() {
    let Some(database) = database().await else {
        return;
    };
    migrated(&database).await;
    let name = database.options().get_database().unwrap().to_owned();
    database
        .run(&format!(
            "ALTER DATABASE {name} SET synchronous_commit = off;
             CREATE TABLE seen (durable text, idle text);
             CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 INSERT INTO seen VALUES (current_setting('synchronous_commit'),
                     current_setting('idle_in_transaction_session_timeout'));
                 RETURN NEW;
             END $$;
             CREATE TRIGGER see BEFORE INSERT OR UPDATE ON xoxoday_tokens
                 FOR EACH ROW EXECUTE FUNCTION see()"
        ))
        .await;
    let sandbox = sandbox();
    let xoxoday = client(&sandbox, &database).build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    let other = "SELECT count(*) FROM seen WHERE (durable, idle) <> ('local', '10s')";
    assert_eq!(database.number(other).await, 0);
    assert!(database.number("SELECT count(*) FROM seen").await >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn g10_a_pool_that_the_program_has_closed_costs_no_token() {
    let Some(database) = database().await else {
        return;
    };
    migrated(&database).await;
    let sandbox = sandbox();
    let pool = database.pool();
    let builder = client_of(&sandbox).store_in(pool.clone());
    let xoxoday = builder.build().await.unwrap();
    let (gate, rotation) = hanging(&sandbox, &xoxoday).await;
    pool.close().await;
    gate.open();
    rotation.await.unwrap().unwrap();
    let next = client_of(&sandbox).store_in(database.pool());
    assert_eq!(next.build().await.unwrap().tokens().status().generation, 2);
}
