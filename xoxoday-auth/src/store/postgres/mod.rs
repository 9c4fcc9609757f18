//! A store in PostgreSQL: one row for each account, for replicas that share it.
//!
//! - [`tables`]: the statements.
//! - [`access`]: connections, from whatever thread they are asked for.
//! - [`clock`]: the database's time; [`notice`]: the changes of others.
//! - [`trouble`]: what is wrong, and what to do.

mod access;
mod clock;
mod notice;
mod tables;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor as _, PgPool, Row as _};
use xoxoday_api::number::EpochMillis;
use zeroize::Zeroizing;

use self::access::{Access, Job};
use self::clock::DatabaseClock;
use self::tables::Tables;
use super::event::Event;
use super::{BoxFuture, StoreError, StoreErrorKind, Stored, Swap, TokenStore, Version};
use crate::environment::Environment;
use crate::rotation::{Account, Document};

/// Keeps an account's tokens in a row of PostgreSQL, on a pool of the program's
/// own (sqlx 0.8). Clones share the pool.
///
/// All times in the document are the database's: the clocks of the machines that
/// share it need not agree. No transaction and no connection is held while
/// tokens are exchanged, and no statement stays prepared, so PgBouncer may stand
/// between in transaction mode (with `ignore_startup_parameters =
/// extra_float_digits`, if it is older than 1.20).
///
/// # Tables
///
/// `xoxoday_tokens` holds a row for each account, and `xoxoday_tokens_history`
/// one for each write, without a secret: account, version, generation, what
/// happened (`imported`, `announced`, `rotated`, `rejected`, `limited`,
/// `refused`, `unclear`, `lost`, `settled`), the exchange's `X-Request-Id`, and
/// when. A rotation adds two, which makes some hundred a year for an account, and
/// while none succeeds each attempt adds two; nothing reads them again, and
/// whoever owns the table may delete them.
///
/// [`migrate`](Self::migrate) makes both, and may be called by every replica at
/// every start. Where the program's role may not make tables, their owner runs
/// [`schema`](Self::schema) and grants it no more than this:
///
/// ```sql
/// GRANT SELECT, INSERT, UPDATE ON xoxoday_tokens TO service;
/// GRANT INSERT ON xoxoday_tokens_history TO service;
/// ```
///
/// The tokens lie in the table in the clear, unless they are `Sealed` (feature
/// `seal`). Whoever may read it, or a copy of
/// the database, has them. A server that logs statements with their parameters
/// logs them too: set `log_parameter_max_length = 0` where `log_statement` or
/// `log_min_duration_statement` is set.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use xoxoday_auth::{Environment, Xoxoday, store::PostgresStore};
///
/// let pool = sqlx::PgPool::connect("postgres://service@db.internal/rewards").await?;
/// let store = PostgresStore::new(pool, &Environment::Production, "client-id");
/// store.migrate().await?;
/// let xoxoday = Xoxoday::builder(Environment::Production, "client-id", "client-secret")
///     .store(store)
///     .build()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    /// The key of the row. An environment's name has no spaces.
    account: Arc<str>,
    access: Access,
    tables: Arc<Tables>,
    clock: Arc<DatabaseClock>,
    listens: bool,
    makes_tables: bool,
}

/// A write, ready to be made more than once.
#[derive(Clone)]
struct Write {
    account: Arc<str>,
    expected: i64,
    document: Arc<Zeroizing<String>>,
    event: Event,
}

impl PostgresStore {
    /// The row of one account. The pool's connections live on the runtime where
    /// this is called. Where that is gone or blocked while tokens are rotated,
    /// they are saved by a connection beside the pool, with the same options.
    pub fn new(pool: PgPool, environment: &Environment, client_id: impl Into<String>) -> Self {
        let account = Account::new(environment.to_string(), client_id.into());
        Self::of(pool, &account)
    }

    pub(crate) fn of(pool: PgPool, account: &Account) -> Self {
        Self::with(Access::of(pool), account)
    }

    /// At an address, with a pool of its own. Makes its tables at the first
    /// write, as a file is made.
    pub(crate) fn at(options: PgConnectOptions, account: &Account) -> Self {
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("xoxoday"),
        };
        // An older PgBouncer would refuse to be told of it.
        let options = options.extra_float_digits(None);
        Self {
            makes_tables: true,
            ..Self::with(Access::at(options), account)
        }
    }

    fn with(access: Access, account: &Account) -> Self {
        Self {
            account: format!("{} {}", account.environment, account.client_id).into(),
            access,
            tables: Arc::default(),
            clock: Arc::default(),
            listens: false,
            makes_tables: false,
        }
    }

    /// Another table than `xoxoday_tokens`, perhaps in another schema than the
    /// role's own: `rewards.tokens`. Its history is `rewards.tokens_history`.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Unusable`] for what is no plain name in small letters.
    pub fn table(mut self, name: &str) -> Result<Self, StoreError> {
        self.tables = Arc::new(Tables::named(name)?);
        Ok(self)
    }

    /// Has clients that [keep their tokens fresh](crate::Builder::keep_fresh)
    /// hear of another replica's rotation at once, by `LISTEN`. This takes one
    /// connection more for as long as they live, and it must lead to the server
    /// itself: PgBouncer passes nothing on in transaction mode. Without it they
    /// look every 30 s.
    #[must_use]
    pub fn listen(mut self) -> Self {
        self.listens = true;
        self
    }

    /// Makes the tables where they are not there. Safe to be called by all
    /// replicas at once, and by a role that may not make tables if they are there.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Unavailable`] for a server that cannot be reached, or
    /// does not let this role make tables.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        /// Any number that nobody else locks.
        const LOCK: i64 = 0x0078_6f78_6f64_6179;
        let tables = Arc::clone(&self.tables);
        let job: Job<()> = Box::new(move |connection| {
            Box::pin(async move {
                let there = sqlx::query_scalar(&tables.are_there).persistent(false);
                if there.fetch_one(&mut *connection).await? {
                    return Ok(());
                }
                // Two who make one table at once stand in each other's way.
                let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
                lock.persistent(false).execute(&mut *connection).await?;
                connection.execute(&*tables.make).await?;
                Ok(())
            })
        });
        let made = self.access.perform(job).await;
        made.map_err(|error| self.failed("make", &error))
    }

    /// The statements that [`migrate`](Self::migrate) makes.
    pub fn schema(&self) -> &str {
        &self.tables.make
    }

    fn failed(&self, doing: &str, error: &sqlx::Error) -> StoreError {
        trouble::explained(doing, &self.location(), error, self.access.is_full())
    }

    async fn read(&self) -> Result<Option<Stored>, StoreError> {
        let mut is_there = true;
        // The time in an answer that was long under way is of no use.
        for _ in 0..5 {
            let row = match self.row(is_there).await {
                Err(error) if trouble::has_no_table(&error) && self.makes_tables => {
                    is_there = false;
                    self.row(is_there).await
                }
                row => row,
            };
            let (row, is_prompt) = row.map_err(|error| self.failed("read", &error))?;
            if is_prompt {
                return row
                    .map(|(version, text)| self.decode(version, &text))
                    .transpose();
            }
        }
        Err(StoreError::new(
            StoreErrorKind::Unavailable,
            format!(
                "{} takes longer than {:?} to answer: that is too slow to keep a lease by its clock",
                self.location(),
                clock::PROMPT
            ),
        ))
    }

    /// The row, if there is a table, and whether the answer came promptly.
    async fn row(
        &self,
        is_there: bool,
    ) -> Result<(Option<(i64, Zeroizing<String>)>, bool), sqlx::Error> {
        let (account, tables) = (Arc::clone(&self.account), Arc::clone(&self.tables));
        let clock = Arc::clone(&self.clock);
        self.access
            .perform(Box::new(move |connection| {
                Box::pin(async move {
                    let asked = Instant::now();
                    let load = match is_there {
                        true => &tables.load,
                        false => &tables.load_nothing,
                    };
                    let query = sqlx::query(load).bind(&*account).persistent(false);
                    let row = query.fetch_one(connection).await?;
                    let now = EpochMillis::new(row.try_get("now")?);
                    let is_prompt = clock.is_told(now, asked);
                    let version: Option<i64> = row.try_get("version")?;
                    let text: Option<String> = row.try_get("document")?;
                    Ok((version.zip(text.map(Zeroizing::new)), is_prompt))
                })
            }))
            .await
    }

    fn decode(&self, version: i64, text: &str) -> Result<Stored, StoreError> {
        let unusable = |what: &dyn fmt::Display| {
            let place = self.location();
            let advice = "it was left untouched; restore it from a backup, or delete it and bring in new tokens from the dashboard";
            let message = format!("cannot use {} in {place}: {what}; {advice}", self.whose());
            StoreError::new(StoreErrorKind::Unusable, message)
        };
        let document = Document::decode(text.as_bytes()).map_err(|error| unusable(&error))?;
        match u64::try_from(version) {
            Ok(number) if number > 0 && version < i64::MAX => Ok(Stored {
                version: Version::new(number),
                document,
            }),
            _ => Err(unusable(&"its version is none that this program writes")),
        }
    }

    fn whose(&self) -> String {
        format!("the row of {:?}", self.account)
    }

    async fn swap(&self, expected: Version, document: &Document) -> Result<Swap, StoreError> {
        // A version that no row can have.
        let Ok(number) = i64::try_from(expected.get()) else {
            return Ok(Swap::Conflict);
        };
        let Ok(text) = String::from_utf8(document.encode().to_vec()) else {
            let why = "the token document is no text";
            return Err(StoreError::new(StoreErrorKind::Unusable, why.to_owned()));
        };
        let write = Write {
            account: Arc::clone(&self.account),
            expected: number,
            document: Arc::new(Zeroizing::new(text)),
            event: Event::of(document, self.clock.now()),
        };
        let swap = match self.write(write.clone()).await {
            Err(error) if trouble::has_no_table(&error) && self.makes_tables => {
                self.migrate().await?;
                self.write(write).await
            }
            Err(error) if trouble::is_ambiguous(&error) => self.write_again(write).await,
            done => done,
        };
        match swap {
            Ok(true) => Ok(Swap::Done(expected.next())),
            Ok(false) => Ok(Swap::Conflict),
            // Only to others: a conflict is what it is.
            Err(error) if trouble::lost_a_race(&error) => Ok(Swap::Conflict),
            Err(error) => Err(self.failed("write", &error)),
        }
    }

    /// Whether it was this write that was made.
    async fn write(&self, write: Write) -> Result<bool, sqlx::Error> {
        let tables = Arc::clone(&self.tables);
        self.access
            .perform(Box::new(move |connection| {
                Box::pin(async move {
                    // Whoever is gone amid a write must not hold the row, and who waits
                    // for it must not wait for ever.
                    let guard = sqlx::query(tables::GUARD).persistent(false);
                    guard.execute(&mut *connection).await?;
                    let first = write.expected == 0;
                    let query = sqlx::query(if first {
                        &tables.insert
                    } else {
                        &tables.update
                    })
                    .bind(&*write.account)
                    .bind(&**write.document)
                    .bind(write.event.generation)
                    .bind(&*write.event.event)
                    .bind(&write.event.attempt);
                    let query = match first {
                        true => query,
                        false => query.bind(write.expected),
                    };
                    let row = query.persistent(false).fetch_optional(connection).await?;
                    Ok(row.is_some())
                })
            }))
            .await
    }

    /// The connection was cut before the answer came. If the write was made
    /// after all, this one finds another version, and its own document there.
    async fn write_again(&self, write: Write) -> Result<bool, sqlx::Error> {
        tracing::warn!("the answer to a write of the tokens was lost: it is made again");
        match self.write(write.clone()).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // To the first attempt, perhaps.
            Err(error) if trouble::lost_a_race(&error) => {}
            Err(error) => return Err(error),
        }
        let (row, _) = self.row(true).await?;
        Ok(row.is_some_and(|(version, text)| {
            version == write.expected + 1 && *text == **write.document
        }))
    }
}

impl TokenStore for PostgresStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        Box::pin(self.read())
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        Box::pin(self.swap(expected, document))
    }

    fn now(&self) -> Option<EpochMillis> {
        self.clock.now()
    }

    fn changed(&self, known: Version) -> BoxFuture<'_, ()> {
        Box::pin(notice::changed(self, known))
    }

    fn location(&self) -> String {
        let options = self.access.options();
        let host = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => options.get_host().to_owned(),
        };
        let database = options.get_database().unwrap_or(options.get_username());
        let (port, table) = (options.get_port(), &self.tables.name);
        format!("postgres://{host}:{port}/{database} (table {table})")
    }
}

/// The pool's options hold a password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("account", &self.account)
            .field("location", &self.location())
            .field("listens", &self.listens)
            .finish_non_exhaustive()
    }
}
