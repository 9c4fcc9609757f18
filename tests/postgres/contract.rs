//! It is a store like the others, in whatever hands its tables are.

use serde_json::json;
use sqlx::Row as _;
use sqlx::postgres::PgPoolOptions;
use xoxoday_auth::store::{PostgresStore, Sealed, SealingKeys, StoreErrorKind, Swap, Version};
use xoxoday_auth::{Document, Environment, StoredTokens, TokenStore as _};
use xoxoday_tests::postgres::{Cluster, Database, PASSWORD, database};
use xoxoday_tests::{client_of, contract, marked, sandbox, secrets_of, seed};

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

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_make_the_tables_together() {
    let Some(database) = database().await else {
        return;
    };
    let replicas: Vec<_> = (0..16)
        .map(|_| {
            let store = store(&database);
            tokio::spawn(async move { store.migrate().await })
        })
        .collect();
    for replica in replicas {
        replica.await.unwrap().unwrap();
    }
    assert_eq!(store(&database).load().await, Ok(None));
}

/// A role that may log in, and what else it is granted.
async fn as_role(database: &Database, grants: &str) -> PostgresStore {
    let name = format!("service_{}", database.options().get_database().unwrap());
    let create = format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'");
    database.run(&create).await;
    database.run(&grants.replace("service", &name)).await;
    let options = database.options().username(&name);
    let pool = PgPoolOptions::new().connect_lazy_with(options);
    PostgresStore::new(pool, &Environment::Sandbox, "client-1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_owns_nothing_needs_three_grants_on_one_table_and_one_on_another() {
    let Some(database) = database().await else {
        return;
    };
    let owner = store(&database).table("rewards.tokens").unwrap();
    database.run("CREATE SCHEMA rewards").await;
    database.run(owner.schema()).await;
    let role = as_role(
        &database,
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         GRANT USAGE ON SCHEMA rewards TO service;
         GRANT SELECT, INSERT, UPDATE ON rewards.tokens TO service;
         GRANT INSERT ON rewards.tokens_history TO service",
    );
    let role = role.await.table("rewards.tokens").unwrap();
    // It may be asked for at every start all the same.
    role.migrate().await.unwrap();
    contract::holds(|| role.clone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_told_with_what_to_do_and_without_a_password() {
    let Some(database) = database().await else {
        return;
    };
    let unmigrated = store(&database);
    let stranger = as_role(&database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    let at = |options| {
        let pool = PgPoolOptions::new().acquire_timeout(std::time::Duration::from_secs(2));
        let pool = pool.connect_lazy_with(options);
        PostgresStore::new(pool, &Environment::Sandbox, "client-1")
    };
    let options = || database.options();
    let wrong = marked!("wrong");
    for (store, told) in [
        (unmigrated.clone(), "PostgresStore::migrate"),
        (at(options().password(wrong)), "user name, password"),
        (at(options().database("nowhere")), "no such database"),
        (at(options().port(1)), "is the server up"),
        (at(options().host("nowhere.invalid")), "is the server up"),
    ] {
        let error = store.load().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        let said = format!("{error} {error:?} {store:?}");
        assert!(said.contains(told), "{said}");
        assert!(!said.contains(marked!()), "{said}");
    }
    let error = stranger.migrate().await.unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
    unmigrated.migrate().await.unwrap();
    let error = stranger.load().await.unwrap_err().to_string();
    assert!(
        error.contains("GRANT") || error.contains("grant"),
        "{error}"
    );
}

fn document(schema: u32) -> serde_json::Value {
    json!({
        "schema": schema,
        "account": { "environment": "sandbox", "client_id": "client-1" },
        "generation": 7,
        "refresh": marked!("refresh-1"),
        "obtained_at": 1_718_000_000_000_i64,
        "seeds": [],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_used_is_refused_and_left_alone() {
    let Some(database) = database().await else {
        return;
    };
    let store = migrated(&database).await;
    let good = document(1).to_string();
    for (version, document, told) in [
        (1, document(2).to_string(), "newer version"),
        (1, marked!("no document").into(), "no token document"),
        (1, String::new(), "no token document"),
        (0, good.clone(), "its version"),
        (-1, good.clone(), "its version"),
        (i64::MAX, good.clone(), "its version"),
    ] {
        let row = format!("'sandbox client-1', {version}, '{document}', now()");
        let write =
            format!("DELETE FROM xoxoday_tokens; INSERT INTO xoxoday_tokens VALUES ({row})");
        database.run(&write).await;
        let error = store.load().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unusable, "{error}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(!error.to_string().contains(marked!()), "{error}");
        let left = format!("SELECT count(*) FROM xoxoday_tokens WHERE document = '{document}'");
        assert_eq!(database.number(&left).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_share_a_table_and_nothing_else() {
    let Some(database) = database().await else {
        return;
    };
    let ours = migrated(&database).await;
    let document = Document::decode(document(1).to_string().as_bytes()).unwrap();
    let written = Swap::Done(Version::new(1));
    let swap = ours.compare_and_swap(Version::EMPTY, &document).await;
    assert_eq!(swap, Ok(written));
    for (environment, client) in [
        (Environment::Production, "client-1"),
        (Environment::Sandbox, "client-2"),
    ] {
        let theirs = PostgresStore::new(database.pool(), &environment, client);
        assert_eq!(theirs.load().await, Ok(None));
        let swap = theirs.compare_and_swap(Version::EMPTY, &document).await;
        assert_eq!(swap, Ok(written));
    }
    let loaded = ours.load().await.unwrap().unwrap();
    assert_eq!(
        (loaded.version, loaded.document),
        (Version::new(1), document)
    );
}

/// Statements are logged by many, and their parameters by those who ask for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_logs_every_statement_logs_no_token() {
    let settings = ["log_statement = all", "log_parameter_max_length = 0"];
    let Some(cluster) = Cluster::start(&settings) else {
        return;
    };
    let (sandbox, database) = (sandbox(), cluster.database().await);
    migrated(&database).await;
    let builder = client_of(&sandbox).store_in(database.pool());
    let xoxoday = builder.build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    // Nor where one fails.
    database
        .run("ALTER TABLE xoxoday_tokens ALTER updated_at TYPE text")
        .await;
    xoxoday.tokens().rotate().await.unwrap_err();
    let log = cluster.log();
    assert!(
        log.contains("WITH swapped AS") && log.contains("ERROR"),
        "{log}"
    );
    for secret in secrets_of(&sandbox) {
        assert!(!log.contains(&secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_rows_keep_the_contract_and_show_no_token() {
    let Some(database) = database().await else {
        return;
    };
    let keys = SealingKeys::new("2026", [7; 32]);
    let first = migrated(&database).await;
    contract::holds(|| Sealed::new(first.clone(), keys.clone())).await;
    let sandbox = sandbox();
    let environment = sandbox.origin().parse().unwrap();
    let store = PostgresStore::new(database.pool(), &environment, sandbox.client_id());
    let builder = client_of(&sandbox).store(Sealed::new(store, keys));
    let xoxoday = builder.build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    let clear = format!(
        "SELECT count(*) FROM xoxoday_tokens WHERE document LIKE '%{}%'",
        marked!()
    );
    assert_eq!(database.number(&clear).await, 0);
    let rotated = "SELECT count(*) FROM xoxoday_tokens_history WHERE event = 'rotated'";
    assert_eq!(database.number(rotated).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_tells_each_write_and_no_secret() {
    let Some(database) = database().await else {
        return;
    };
    let sandbox = sandbox();
    store(&database).migrate().await.unwrap();
    let builder = client_of(&sandbox).store_in(database.pool());
    let xoxoday = builder.build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    sandbox.dashboard().reset_password();
    xoxoday.tokens().rotate().await.unwrap_err();
    let environment = sandbox.origin().parse().unwrap();
    let stored = PostgresStore::new(database.pool(), &environment, sandbox.client_id());
    let stored = StoredTokens::new(environment, sandbox.client_id(), stored);
    let pair = sandbox.dashboard().new_pair();
    let _ = stored.import(&seed(&pair)).await.unwrap();

    let mut connection = database.connection().await;
    let select = "SELECT version, generation, event, attempt, \
                  xoxoday_tokens_history::text AS row FROM xoxoday_tokens_history ORDER BY id";
    let rows = sqlx::query(select)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let told: Vec<(i64, i64, String, bool)> = rows
        .iter()
        .map(|row| {
            let attempt: Option<String> = row.get("attempt");
            (
                row.get("version"),
                row.get("generation"),
                row.get("event"),
                attempt.is_some(),
            )
        })
        .collect();
    let expected = [
        (1, 1, "imported", false),
        (2, 1, "announced", true),
        (3, 2, "rotated", true),
        (4, 2, "announced", true),
        (5, 2, "rejected", true),
        (6, 3, "imported", false),
    ];
    let expected = expected.map(|(version, generation, event, attempt)| {
        (version, generation, event.to_owned(), attempt)
    });
    assert_eq!(told, expected);
    // The exchange's own request.
    let record = sandbox.record();
    let request = record.exchanges()[0].header("x-request-id");
    assert_eq!(rows[2].get::<Option<&str>, _>("attempt"), request);
    let written: String = rows.iter().map(|row| row.get::<String, _>("row")).collect();
    assert!(!written.contains(marked!()), "{written}");
}
