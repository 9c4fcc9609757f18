//! Replicas of a service that share one account over PostgreSQL: one rotates, and the
//! others hear of it.
//!
//! ```console
//! $ DATABASE_URL=postgres://me@localhost/rewards cargo run --example fleet
//! replica 1 has rotated: generation 2
//! replica 2 has taken over generation 2
//! replica 3 has taken over generation 2
//! ```
//!
//! Here they are three clients in one process. Anywhere else each would be a machine.

use std::error::Error;
use std::process::ExitCode;

use sqlx::PgPool;
use xoxoday_auth::store::PostgresStore;
use xoxoday_auth::{Environment, Event, Seed, Xoxoday};
use xoxoday_sandbox::Sandbox;

const REPLICAS: usize = 3;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Ok(database) = std::env::var("DATABASE_URL") else {
        eprintln!("DATABASE_URL is not set: name a PostgreSQL database to try this with");
        return Ok(ExitCode::from(2));
    };
    let sandbox = Sandbox::start()?;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(replica(&sandbox, &database).await?);
    }
    let mut events: Vec<_> = replicas.iter().map(Xoxoday::events).collect();

    replicas[0].tokens().rotate().await?;
    let generation = replicas[0].tokens().status().generation;
    println!("replica 1 has rotated: generation {generation}");
    for (index, events) in events.iter_mut().enumerate().skip(1) {
        while let Some(event) = events.next().await {
            if let Event::Adopted { generation } = event {
                println!(
                    "replica {} has taken over generation {generation}",
                    index + 1
                );
                break;
            }
        }
    }
    for replica in &replicas {
        replica.shutdown().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// What each replica does at its start.
async fn replica(sandbox: &Sandbox, database: &str) -> Result<Xoxoday, Box<dyn Error>> {
    let environment: Environment = sandbox.origin().parse()?;
    let pool = PgPool::connect(database).await?;
    let store = PostgresStore::new(pool, &environment, sandbox.client_id()).listen();
    // Safe for all of them at once.
    store.migrate().await?;
    let xoxoday = Xoxoday::builder(environment, sandbox.client_id(), sandbox.client_secret())
        // The first to come brings them in; the others find them there.
        .seed(Seed::new(sandbox.refresh_token()).access_token(sandbox.access_token(), None))
        .store(store)
        .keep_fresh()
        .build()
        .await?;
    Ok(xoxoday)
}
