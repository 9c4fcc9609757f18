//! It is a store like the others, in whatever hands its tables are.

use sqlx::postgres::PgPoolOptions;
use xoxoday_auth::store::{PostgresStore, StoreErrorKind, Swap, Version};
use xoxoday_auth::{Environment, TokenStore as _};
use xoxoday_tests::contract;
use xoxoday_tests::postgres::{Database, PASSWORD, database};

use crate::{migrated, store};

#[tokio::test(flavor = "multi_thread")]
async fn the_postgres_store_keeps_the_contract() {
    let Some(database) = database().await else {
        return;
    };
    let first = migrated(&database).await;
    contract::holds(|| first.clone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_from_many_pools_at_every_isolation_level() {
    for level in ["read committed", "repeatable read", "serializable"] {
        let Some(database) = database().await else {
            return;
        };
        let name = database.options().get_database().unwrap().to_owned();
        let set = format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'");
        database.run(&set).await;
        migrated(&database).await;
        contract::holds(|| store(&database)).await;
    }
}
