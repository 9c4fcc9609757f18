//! How a client is put together.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use xoxoday_api::Operation;
use xoxoday_api::secret::ClientSecret;

use crate::client::Xoxoday;
use crate::endpoints::Endpoints;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind};
use crate::exchange::TokenEndpoint;
use crate::http_clients::HttpSettings;
use crate::limits::Limits;
use crate::observe::{Attempt, Observer};
use crate::points::SendBody;
use crate::random;
use crate::retry::Retry;
use crate::rotation::clock::AccountClock;
use crate::rotation::driver::{Parts, Rotator};
use crate::rotation::policy::Policy;
use crate::rotation::rescue::Rescue;
use crate::rotation::{Account, AfterLostAnswer, Clock, Seed, SystemClock};
use crate::store::{Choice, Place, Seal, StoreName, TokenStore, state_file};
use crate::transport::Authenticated;
use crate::users::Sessions;
use crate::vars;

/// Puts an [`Xoxoday`] together: environment, credentials, and what differs
/// from the defaults.
#[must_use]
pub struct Builder {
    endpoints: Endpoints,
    client_id: String,
    client_secret: ClientSecret,
    seed: Option<Seed>,
    store: Place,
    http: HttpSettings,
    clock: Arc<dyn Clock>,
    policy: Policy,
    rescue_file: Option<PathBuf>,
    keep_fresh: bool,
    rotate_on_any_4xx: bool,
    limits: Limits,
    answer_limit: usize,
    observer: Observer,
    user_sessions: usize,
    send_body: SendBody,
    /// The first wrong input; said by `build`, so that calls can be chained.
    wrong: Option<Error>,
}

impl Builder {
    pub(crate) fn new(
        environment: Environment,
        client_id: String,
        client_secret: ClientSecret,
    ) -> Self {
        Self {
            endpoints: Endpoints::new(environment),
            client_id,
            client_secret,
            seed: None,
            store: Place::default(),
            http: HttpSettings::default(),
            clock: Arc::new(SystemClock),
            policy: Policy {
                jitter: (random::number() % 1000) as u16,
                ..Policy::default()
            },
            rescue_file: None,
            keep_fresh: false,
            rotate_on_any_4xx: false,
            limits: Limits::default(),
            answer_limit: 1024 * 1024,
            observer: Observer::default(),
            user_sessions: 1000,
            send_body: SendBody::default(),
            wrong: None,
        }
    }

    /// Reads the variables that Xoxoday's own tools use, and ours:
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `XOXODAY_ENV` | `sandbox`, `production`, `testing`, or an origin |
    /// | `XOXODAY_CLIENT_ID`, `XOXODAY_CLIENT_SECRET` | from the dashboard |
    /// | `XOXODAY_REFRESH_TOKEN` | the seed; needed while the store is empty |
    /// | `XOXODAY_ACCESS_TOKEN`, `XOXODAY_ACCESS_TOKEN_EXPIRY` | part of the seed; the expiry in epoch milliseconds |
    /// | `XOXODAY_TOKEN_STORE` | `file:PATH` or `postgres://…`, as in [`store_at`](Self::store_at); a file in the platform's state directory by default |
    /// | `XOXODAY_SEALING_KEYS` | seals them (feature `seal`): `NAME:KEY`, the key being 32 bytes in base64; others that open after a comma, and `unsealed` to take over tokens in the clear |
    /// | `XOXODAY_RESCUE_FILE` | see [`rescue_file`](Self::rescue_file) |
    /// | `XOXODAY_ROTATION_FLOOR`, `XOXODAY_ROTATION_LEASE` | durations such as `60s` |
    /// | `XOXODAY_AFTER_LOST_ANSWER` | `replay` or `halt`: see [`AfterLostAnswer`] |
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`], naming every variable that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        vars::builder(|name| std::env::var_os(name))
    }

    /// The tokens of the dashboard, with which an empty store starts. They are
    /// taken too in the place of tokens that no longer work, if they were not
    /// brought in before. A store that holds tokens which work leaves them alone.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Where the tokens survive. By default a file in the platform's state
    /// directory, named after environment and client id.
    pub fn store(mut self, store: impl TokenStore) -> Self {
        self.store.choose(Choice::Given(Arc::new(store)));
        self
    }

    /// The same in one string, as `XOXODAY_TOKEN_STORE` has it: `file:PATH`, or
    /// with the feature `postgres` `postgres://USER@HOST/DATABASE`. There the
    /// tokens are kept as a `PostgresStore` keeps them, by connections of its
    /// own, in tables that are made with the first tokens.
    pub fn store_at(mut self, name: &str) -> Self {
        match name.parse() {
            Ok(name) => self.named_store(name),
            Err(why) => {
                let wrong =
                    || Error::new(ErrorKind::InvalidInput, format!("the token store: {why}"));
                self.wrong.get_or_insert_with(wrong);
                self
            }
        }
    }

    pub(crate) fn named_store(mut self, name: StoreName) -> Self {
        self.store.choose(Choice::Named(name));
        self
    }

    /// Keeps the tokens in PostgreSQL, in this account's row: see
    /// [`PostgresStore`](crate::store::PostgresStore), whose
    /// [`migrate`](crate::store::PostgresStore::migrate) must have made the table.
    #[cfg(feature = "postgres")]
    pub fn store_in(mut self, pool: sqlx::PgPool) -> Self {
        self.store.choose(Choice::Pool(pool));
        self
    }

    /// Seals what the store holds, whichever it is, and the [rescue
    /// file](Self::rescue_file) under keys of yours: see
    /// [`Sealed`](crate::store::Sealed). A store that holds tokens in the clear is
    /// refused; to take them over once, give [`store`](Self::store) a `Sealed` that
    /// [may](crate::store::Sealed::or_unsealed).
    #[cfg(feature = "seal")]
    pub fn seal(self, keys: crate::store::SealingKeys) -> Self {
        self.sealed_by(Seal::with(keys))
    }

    pub(crate) fn sealed_by(mut self, seal: Seal) -> Self {
        self.store.seal_with(seal);
        self
    }

    /// Allows an operation that has no server in the chosen environment to go
    /// to another one. The token goes there with it. Where the chosen
    /// environment has a server for the operation, nothing changes.
    pub fn allow_crossing(mut self, operation: Operation, into: Environment) -> Self {
        if let Err(error) = self.endpoints.allow_crossing(operation, into) {
            self.wrong
                .get_or_insert(Error::input("the crossing", error));
        }
        self
    }

    /// Gives an operation an address of your own: HTTPS, or HTTP on loopback.
    pub fn endpoint(mut self, operation: Operation, url: &str) -> Self {
        if let Err(error) = self.endpoints.set(operation, url) {
            let what = format!("the endpoint of {operation}");
            self.wrong.get_or_insert(Error::input(what, error));
        }
        self
    }

    /// Keeps the suffix of virtual paths (`…/api/sendPoints`), as the curl
    /// lines of Xoxoday's playground show them. The document says that the
    /// suffix is not real, so it is stripped by default.
    pub fn keep_virtual_suffix(mut self, keep: bool) -> Self {
        self.endpoints.keep_virtual_suffix(keep);
        self
    }

    /// Sends `variables.recipients_data.{…}`, as Xoxoday's quick-start guide
    /// does, instead of the document's `variables.{…}`.
    pub fn wrap_send_variables(mut self, wrap: bool) -> Self {
        self.send_body = if wrap {
            SendBody::Wrapped
        } else {
            SendBody::AsDocumented
        };
        self
    }

    /// The least time between two exchanges of the refresh token; 60 s by
    /// default. Xoxoday invalidates tokens that are refreshed too often. Of a
    /// [user's session](Xoxoday::user_session) it is the least time between two
    /// tokens where the first was refused or rejected.
    pub fn rotation_floor(mut self, floor: Duration) -> Self {
        self.policy.floor = floor;
        self
    }

    /// How long one holder may take over an exchange; 60 s by default. The
    /// exchange's own deadline is half of it. At least 2 s. A store that takes
    /// longer, be it in a rotation or in [`build`](Self::build), counts as one
    /// that cannot be reached.
    pub fn rotation_lease(mut self, lease: Duration) -> Self {
        self.policy.lease = lease;
        self
    }

    /// The most time between two rotations; 7 days by default. What is due
    /// earlier, after two thirds of the access token's life, stays due then. The
    /// same holds for the tokens of users' sessions.
    pub fn rotation_at_most(mut self, age: Duration) -> Self {
        self.policy.at_most = age;
        self
    }

    /// What to do when the answer to an exchange was lost, so that nobody knows
    /// whether the refresh token is spent. By default it is presented again.
    pub fn after_lost_answer(mut self, policy: AfterLostAnswer) -> Self {
        self.policy.after_lost_answer = policy;
        self
    }

    /// Where new tokens go that the store does not take, until it does: a file
    /// on another disk than the store. By default one in the platform's state
    /// directory, named after environment and client id: beside the store, if
    /// that is the default one too. Where something lies there that cannot be
    /// used, it is left alone, and the file is one beside it: `FILE.1` to `FILE.4`.
    pub fn rescue_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.rescue_file = Some(path.into());
        self
    }

    /// Rotates by the clock, on a thread of its own, for as long as the client
    /// lives, and takes over what others have brought where the store
    /// [tells](TokenStore::changed) of it. Without this a rotation that is due waits
    /// for the next call.
    pub fn keep_fresh(mut self) -> Self {
        self.keep_fresh = true;
        self
    }

    /// Takes every 4xx answer without a code of Xoxoday's for a token rejection,
    /// as one of Xoxoday's pages advises. Another warns that unusual numbers of
    /// refreshes invalidate tokens, so by default only rejections count. Floor
    /// and brake hold either way, and what must not be done twice is not.
    pub fn rotate_on_any_4xx(mut self, rotate: bool) -> Self {
        self.rotate_on_any_4xx = rotate;
        self
    }

    /// How long a connection may take to be made; 10 s by default. A single call
    /// cannot have another: connections are shared.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.configure_http(move |http| http.connect_timeout(timeout))
    }

    /// How long one request may take, to its answer's last byte; 30 s by
    /// default. A single call can have another: [`Xoxoday::with_request_timeout`].
    /// An exchange of the refresh token has half the lease instead.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.limits.request = timeout;
        self
    }

    /// How long a whole call may take: waiting for a token, requests, and the
    /// waits between them; 60 s by default. A single call can have another:
    /// [`Xoxoday::with_timeout`].
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.limits.total = timeout;
        self
    }

    /// How calls that are safe to repeat are repeated. Sending, creating user
    /// tokens for use elsewhere and the exchange of the refresh token never are.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.limits.retry = retry;
        self
    }

    /// The longest answer that is read, in bytes; 1 MiB by default. Of an answer
    /// to the refresh token, which must not be lost, 256 KiB are read either way.
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        self.answer_limit = bytes;
        self
    }

    /// How many [users' sessions](Xoxoday::user_session) are kept in memory; 1000
    /// by default. Beyond that the one that was used longest ago is forgotten, and
    /// the next call for its user mints anew.
    pub fn user_sessions_at_most(mut self, sessions: usize) -> Self {
        self.user_sessions = sessions;
        self
    }

    /// Is told of every request with what came of it, for metrics and traces.
    /// Called where the call runs: it must not block. If it panics, the call
    /// goes on.
    pub fn observe(mut self, observe: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observe);
        self
    }

    /// Changes the HTTP client: a proxy, certificates of your own. Called twice at once,
    /// because the exchange of the refresh token has connections of its own.
    ///
    /// Whatever is set here, no redirect is followed, nothing is retried behind
    /// this library's back, plain HTTP is spoken on loopback alone and never
    /// through a proxy, and no bytes are logged: each of these would send a
    /// secret where it does not belong.
    ///
    /// A [`reqwest::Client`] that exists already cannot be given for the same
    /// reason: what it was built with can neither be seen nor changed, so none
    /// of this could be promised of it.
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http.add(configure);
        self
    }

    /// A clock of your own, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn check(&mut self) -> Result<(), Error> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        if self.client_id.is_empty() || self.client_secret.expose().is_empty() {
            let message = "client id and client secret must not be empty";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        if self.policy.lease < Policy::SHORTEST_LEASE {
            let message = "the rotation lease: give at least 2 s, or answers are given up on";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        match &self.seed {
            Some(seed) => seed
                .check()
                .map_err(|error| Error::input("a token of the seed", error)),
            None => Ok(()),
        }
    }

    /// Whose tokens the client will use.
    #[cfg(feature = "cli")]
    pub(crate) fn account(&self) -> Account {
        let environment = self.endpoints.environment().to_string();
        Account::new(environment, self.client_id.clone())
    }

    /// Due to the minute: for one who wakes by the clock, and once.
    #[cfg(feature = "cli")]
    pub(crate) fn without_jitter(mut self) -> Self {
        self.policy.jitter = 0;
        self
    }

    /// Opens the store, brings the seed in if the store holds no tokens that
    /// work, and returns the client. Nothing is sent to Xoxoday yet, unless new
    /// tokens wait in the [rescue file](Self::rescue_file): then a rotation brings
    /// them into the store beside the first calls, and goes on if it is due.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for wrong input or a store that must not be
    /// used as it is, [`ErrorKind::LoginRequired`] where neither store nor seed
    /// has tokens, [`ErrorKind::Unavailable`] for a store that cannot be reached,
    /// or does not answer within the [lease](Self::rotation_lease).
    pub async fn build(mut self) -> Result<Xoxoday, Error> {
        self.check()?;
        let user_sessions = NonZeroUsize::new(self.user_sessions).ok_or_else(|| {
            let message = "the user sessions: keep at least 1";
            Error::new(ErrorKind::InvalidInput, message)
        })?;
        let environment = self.endpoints.environment().to_string();
        let account = Account::new(environment, self.client_id.clone());
        let seal = self.store.seal();
        let store = self.store.open(&account)?;
        let rescue_file = match self.rescue_file {
            Some(path) => Some(path),
            None => state_file(&account, "rescue.json").ok(),
        };
        let clock = Arc::new(AccountClock::new(self.clock));
        let https_only = self.endpoints.https_only();
        let http = self.http.build(self.limits.request, https_only)?;
        let endpoints = Arc::new(self.endpoints.settled());
        let exchange = TokenEndpoint {
            http: http.exchanges,
            endpoints: Arc::clone(&endpoints),
            client_id: self.client_id,
            client_secret: self.client_secret.clone(),
            clock: clock.clone(),
            observer: self.observer.clone(),
        };
        let parts = Parts {
            rescue: rescue_file.map(|path| Rescue::new(path, account.clone()).sealed_by(seal)),
            account,
            store,
            exchange: Arc::new(exchange),
            clock: Arc::clone(&clock),
            policy: self.policy,
        };
        let rotator = Rotator::open(parts, self.seed)
            .await
            .map_err(|failure| Error::of_rotation(failure, clock.now()))?;
        if self.keep_fresh {
            rotator.keep_fresh();
        }
        Ok(Xoxoday::new(
            Authenticated {
                http: http.calls,
                endpoints,
                rotator,
                sessions: Sessions::new(user_sessions, self.limits.clone()),
                clock,
                observer: self.observer,
                rotate_on_any_4xx: self.rotate_on_any_4xx,
                client_secret: self.client_secret,
                answer_limit: self.answer_limit,
            },
            self.limits,
            self.send_body,
        ))
    }
}

/// What the HTTP client was told is not shown: default headers may be keys, and
/// a proxy's address has its password.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("environment", self.endpoints.environment())
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("seed", &self.seed)
            .field("store", &self.store)
            .field("rescue_file", &self.rescue_file)
            .field("keep_fresh", &self.keep_fresh)
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .field("answer_limit", &self.answer_limit)
            .field("user_sessions", &self.user_sessions)
            .field("wrong", &self.wrong)
            .finish_non_exhaustive()
    }
}
