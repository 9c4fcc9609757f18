//! Tokens in PostgreSQL: a real server, started by the tests themselves.
#![cfg(unix)]

mod bouncer;
mod command;
mod contract;
mod fleet;
mod runtimes;
mod trouble;

use xoxoday_auth::Environment;
use xoxoday_auth::store::PostgresStore;
use xoxoday_tests::postgres::Database;

/// The row of `client-1`.
fn store(database: &Database) -> PostgresStore {
    PostgresStore::new(database.pool(), &Environment::Sandbox, "client-1")
}

/// The same, in tables that are there.
async fn migrated(database: &Database) -> PostgresStore {
    let store = store(database);
    store.migrate().await.unwrap();
    store
}
