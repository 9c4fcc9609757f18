//! How the store comes by a connection, from whatever thread it is asked.
//!
//! The pool is the program's own, and its connections live on the program's
//! runtime: there the work is done. A rotation has another runtime, and may go
//! on after the program's is gone, or while the program blocks its only thread
//! to wait for it. Then the work is done where it was asked for, by a connection
//! of its own with the pool's options.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::lock::lock;
use crate::store::BoxFuture;

/// How long the program's runtime may take to begin, before it counts as blocked.
const PATIENCE: Duration = Duration::from_secs(1);

/// Something to be done in a transaction.
pub(super) type Job<T> = Box<
    dyn for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>
        + Send
        + 'static,
>;

/// A pool, and the runtime on which it lives: where this is made or, where no
/// runtime is, where it is first used.
#[derive(Clone)]
pub(super) struct Access {
    server: Server,
    home: Arc<OnceLock<(Handle, PgPool)>>,
}

#[derive(Clone)]
enum Server {
    OfPool(PgPool),
    /// A pool is made for it.
    At(Arc<PgConnectOptions>),
}

impl Access {
    pub(super) fn of(pool: PgPool) -> Self {
        Self::new(Server::OfPool(pool))
    }

    pub(super) fn at(options: PgConnectOptions) -> Self {
        Self::new(Server::At(Arc::new(options)))
    }

    fn new(server: Server) -> Self {
        let home = Arc::default();
        let access = Self { server, home };
        if let Ok(here) = Handle::try_current() {
            access.home(|| here);
        }
        access
    }

    fn home(&self, here: impl FnOnce() -> Handle) -> &(Handle, PgPool) {
        self.home.get_or_init(|| {
            let pool = match &self.server {
                Server::OfPool(pool) => pool.clone(),
                // Seldom used, and then by one after the other.
                Server::At(options) => PgPoolOptions::new()
                    .max_connections(2)
                    .idle_timeout(Duration::from_secs(60))
                    .acquire_timeout(Duration::from_secs(10))
                    .connect_lazy_with((**options).clone()),
            };
            (here(), pool)
        })
    }

    pub(super) fn options(&self) -> Arc<PgConnectOptions> {
        match &self.server {
            Server::OfPool(pool) => pool.connect_options(),
            Server::At(options) => Arc::clone(options),
        }
    }

    /// Whether all connections that the pool may have are there.
    pub(super) fn is_full(&self) -> bool {
        let pool = self.home.get().map(|(_, pool)| pool);
        pool.is_some_and(is_full)
    }

    /// Does a job in a transaction of its own, with no other statement of the
    /// program's in it.
    pub(super) async fn perform<T: Send + 'static>(&self, job: Job<T>) -> Result<T, sqlx::Error> {
        let job = Arc::new(Mutex::new(Some(job)));
        let (home, pool) = self.home(Handle::current);
        let mut work = AbortOnDrop(home.spawn({
            let (pool, job) = (pool.clone(), Arc::clone(&job));
            async move {
                let Some(own) = taken(&job) else {
                    return Err(interrupted());
                };
                match acquire(&pool).await {
                    Ok(lent) => transact(lent, own).await,
                    Err(error) => {
                        // It was not begun.
                        *lock(&job) = Some(own);
                        Err(error)
                    }
                }
            }
        }));
        let begun = match timeout(PATIENCE, &mut work.0).await {
            // The program is about to end, and what it has is to be saved.
            Ok(Ok(Err(sqlx::Error::PoolClosed))) => false,
            Ok(Ok(done)) => return done,
            Ok(Err(_gone)) => false,
            Err(_) => true,
        };
        // Whoever has it does it.
        match taken(&job) {
            Some(job) => {
                tracing::debug!("the pool or its runtime is gone or blocked: a connection is made");
                let apart = self.apart();
                let done = match acquire(&apart).await {
                    Ok(lent) => transact(lent, job).await,
                    Err(error) => Err(error),
                };
                // What was done was done, whether or not the server says goodbye.
                let _ = timeout(PATIENCE, apart.close()).await;
                done
            }
            None if begun => (&mut work.0).await.unwrap_or_else(|_| Err(interrupted())),
            None => Err(interrupted()),
        }
    }

    /// A pool of one connection for the runtime that asks.
    pub(super) fn apart(&self) -> PgPool {
        let (_, pool) = self.home(Handle::current);
        let options = pool.options().clone();
        let options = options.min_connections(0).max_connections(1);
        options.connect_lazy_with((*self.options()).clone())
    }
}

/// The runtime has ended amid the work: nobody knows how far it came.
fn interrupted() -> sqlx::Error {
    io::Error::from(io::ErrorKind::Interrupted).into()
}

fn taken<T>(job: &Mutex<Option<T>>) -> Option<T> {
    lock(job).take()
}

async fn acquire(pool: &PgPool) -> Result<Lent, sqlx::Error> {
    match pool.acquire().await {
        Ok(acquired) => Ok(Lent(Some(acquired))),
        Err(sqlx::Error::PoolTimedOut) => Err(why_none(pool).await),
        Err(error) => Err(error),
    }
}

async fn transact<T>(mut lent: Lent, job: Job<T>) -> Result<T, sqlx::Error> {
    let Some(connection) = &mut lent.0 else {
        return Err(sqlx::Error::PoolClosed);
    };
    // In a transaction, because what is prepared and what is executed must meet
    // at the same server behind PgBouncer.
    let mut transaction = connection.begin().await?;
    step("statement");
    let done = job(&mut transaction).await?;
    step("commit");
    transaction.commit().await?;
    step("committed");
    // It is in order: back with it.
    lent.0.take();
    Ok(done)
}

/// Says what is about to be done: for tests that end the process right there.
fn step(step: &'static str) {
    tracing::trace!(step, "token store");
}

/// The pool tries until its time is up, and then no longer knows what was wrong.
async fn why_none(pool: &PgPool) -> sqlx::Error {
    if !is_full(pool) {
        let options = pool.connect_options();
        let connected = timeout(PATIENCE, PgConnection::connect_with(&options)).await;
        if let Ok(Err(why)) = connected {
            return why;
        }
    }
    sqlx::Error::PoolTimedOut
}

fn is_full(pool: &PgPool) -> bool {
    pool.size() >= pool.options().get_max_connections()
}

/// A connection that is closed unless it is known to be in order: one that
/// waits for an answer that never comes is of no use to anybody.
struct Lent(Option<PoolConnection<Postgres>>);

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}

/// Work that nobody waits for any more is given up.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
