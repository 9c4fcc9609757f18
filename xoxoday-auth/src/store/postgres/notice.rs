//! How a change that another replica has made is noticed.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::time::{Instant, timeout, timeout_at};

use super::PostgresStore;
use super::access::Job;
use super::tables::{CHANNEL, TOLD};
use crate::store::Version;

/// How often is looked where nothing is told.
const OFTEN: Duration = Duration::from_secs(30);
/// How often is looked all the same: what stands between may swallow the news.
const SELDOM: Duration = Duration::from_secs(5 * 60);

/// How long a look may take.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// Returns when the row has another version than `known`.
pub(super) async fn changed(store: &PostgresStore, known: Version) {
    let mut listener = None;
    loop {
        if store.listens && listener.is_none() {
            match listen(store).await {
                Ok(made) => listener = Some(made),
                Err(error) => {
                    let error = store.failed("listen to", &error);
                    tracing::debug!(%error, "changes of the tokens are looked for instead");
                }
            }
        }
        // After it listens: nothing is missed in between.
        if version(store).await.is_some_and(|found| found != known) {
            return;
        }
        let pause = if listener.is_some() { SELDOM } else { OFTEN };
        let told = async {
            match &mut listener {
                Some(listener) => told(store, listener).await,
                None => pending().await,
            }
        };
        match timeout_at(Instant::now() + pause, told).await {
            Ok(true) | Err(_) => {}
            // Not at once: the server may be down.
            Ok(false) => {
                listener = None;
                tokio::time::sleep(OFTEN / 30).await;
            }
        }
    }
}

async fn listen(store: &PostgresStore) -> Result<PgListener, sqlx::Error> {
    // On the runtime that waits for it, and not out of the program's pool.
    let mut listener = PgListener::connect_with(&store.access.apart()).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Whether this account's row was written, or else the connection is lost.
async fn told(store: &PostgresStore, listener: &mut PgListener) -> bool {
    let own: String = store.account.chars().take(TOLD).collect();
    loop {
        match listener.try_recv().await {
            Ok(Some(news)) if news.payload() == own => return true,
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return false,
        }
    }
}

/// The version that is stored, if that can be found out.
async fn version(store: &PostgresStore) -> Option<Version> {
    let (account, tables) = (Arc::clone(&store.account), Arc::clone(&store.tables));
    let job: Job<Option<i64>> = Box::new(move |connection| {
        Box::pin(async move {
            let query = sqlx::query_scalar(&tables.version).bind(&*account);
            query.persistent(false).fetch_optional(connection).await
        })
    });
    // One who never answers is not waited for.
    let looked = timeout(LONGEST_LOOK, store.access.perform(job)).await;
    let version = looked.ok()?.ok()?;
    let number = u64::try_from(version.unwrap_or_default()).ok()?;
    Some(Version::new(number))
}
