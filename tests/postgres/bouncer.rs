//! PgBouncer may stand between in transaction mode.

use std::time::Duration;

use xoxoday_auth::Environment;
use xoxoday_auth::store::PostgresStore;
use xoxoday_tests::bouncer::Bouncer;
use xoxoday_tests::postgres::database;
use xoxoday_tests::{JOHN, client_of, contract, sandbox};

const FORTY_DAYS: Duration = Duration::from_secs(40 * 86_400);

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_its_contract_behind_pgbouncer() {
    let Some(database) = database().await else {
        return;
    };
    let Some(bouncer) = Bouncer::before(&database).await else {
        return;
    };
    let open = || PostgresStore::new(bouncer.pool(), &Environment::Sandbox, "client-1");
    open().migrate().await.unwrap();
    contract::holds(open).await;
}

/// More replicas at once than connections, each with more transactions than one.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_behind_pgbouncer_share_one_exchange() {
    let Some(database) = database().await else {
        return;
    };
    let Some(bouncer) = Bouncer::before(&database).await else {
        return;
    };
    let sandbox = sandbox();
    let replica = || client_of(&sandbox).store_at(&bouncer.url()).build();
    let first = replica().await.unwrap();
    let mut replicas = vec![first];
    for _ in 0..15 {
        replicas.push(replica().await.unwrap());
    }
    sandbox.clock().advance(FORTY_DAYS);
    let calls: Vec<_> = replicas
        .iter()
        .map(|replica| {
            let replica = replica.clone();
            tokio::spawn(async move { replica.points().balance(JOHN).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(sandbox.record().exchanges().len(), 1);
}
