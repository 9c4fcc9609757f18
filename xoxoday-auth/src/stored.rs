//! One account's tokens where they are stored, looked at and brought in from
//! outside: no client secret is needed, and nothing is sent.

use std::path::PathBuf;
use std::sync::Arc;

use xoxoday_api::number::EpochMillis;

use crate::environment::Environment;
use crate::error::{Error, ErrorKind};
pub use crate::rotation::Import;
use crate::rotation::clock::AccountClock;
use crate::rotation::importing::{Working, import};
use crate::rotation::opening;
use crate::rotation::policy::Policy;
use crate::rotation::protocol::Failure;
use crate::rotation::rescue::Rescue;
use crate::rotation::{Account, Clock, Seed, SystemClock};
use crate::store::{Seal, TokenStore, in_time, state_file};
use crate::tokens::Status;
use crate::vars;

/// One account's stored tokens.
///
/// A store that does not answer within 60 s counts as one that cannot be
/// reached.
#[derive(Debug, Clone)]
pub struct StoredTokens {
    account: Account,
    store: Arc<dyn TokenStore>,
    seal: Option<Seal>,
    rescue: Option<Rescue>,
    clock: Arc<AccountClock>,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatus {
    /// The tokens, with a staged answer worked in. `None` where the store is
    /// empty.
    pub tokens: Option<Status>,
    /// The last exchange's answer, as long as it is stored as it came.
    pub staged: Option<StagedAnswer>,
    /// Tokens that wait in the rescue file for the store to be mended.
    pub rescued: Option<Rescued>,
}

/// The answer to an exchange, saved before anybody looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StagedAnswer {
    /// Its HTTP status.
    pub status: u16,
    /// When it had come.
    pub answered_at: EpochMillis,
}

/// What the rescue file holds. The next rotation, or the next start, brings it
/// into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rescued {
    /// The file: the one that was named or, where something lies there that
    /// cannot be used, one beside it.
    pub path: PathBuf,
    /// The generation of its tokens.
    pub generation: u64,
}

impl StoredTokens {
    /// The tokens of an account in a store. The rescue file is the default one
    /// of [`Builder::rescue_file`](crate::Builder::rescue_file).
    pub fn new(
        environment: Environment,
        client_id: impl Into<String>,
        store: impl TokenStore,
    ) -> Self {
        let account = Account::new(environment.to_string(), client_id.into());
        Self::of(account, Arc::new(store), None, None)
    }

    /// Reads `XOXODAY_ENV`, `XOXODAY_CLIENT_ID`, `XOXODAY_TOKEN_STORE`,
    /// `XOXODAY_SEALING_KEYS` and `XOXODAY_RESCUE_FILE`, as [`Builder::from_env`](crate::Builder::from_env)
    /// does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`], naming every variable that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        vars::stored_tokens(|name| std::env::var_os(name))
    }

    pub(crate) fn of(
        account: Account,
        store: Arc<dyn TokenStore>,
        rescue_file: Option<PathBuf>,
        seal: Option<Seal>,
    ) -> Self {
        let rescue_file = rescue_file.or_else(|| state_file(&account, "rescue.json").ok());
        Self {
            rescue: rescue_file
                .map(|path| Rescue::new(path, account.clone()).sealed_by(seal.clone())),
            account,
            store,
            seal,
            clock: Arc::new(AccountClock::new(Arc::new(SystemClock))),
        }
    }

    /// Another rescue file than the default one.
    #[must_use]
    pub fn rescue_file(mut self, path: impl Into<PathBuf>) -> Self {
        let rescue = Rescue::new(path.into(), self.account.clone());
        self.rescue = Some(rescue.sealed_by(self.seal.clone()));
        self
    }

    /// A clock of your own, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(AccountClock::new(Arc::new(clock)));
        self
    }

    /// Whose tokens these are.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Where they are stored, for people: [`TokenStore::location`].
    pub fn location(&self) -> String {
        self.store.location()
    }

    /// What is stored. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] for a store that cannot be read now,
    /// [`ErrorKind::InvalidInput`] for one that must not be used as it is.
    pub async fn status(&self) -> Result<StoreStatus, Error> {
        let policy = Policy::default();
        let stored = opening::load(&*self.store, &self.account, &self.clock);
        let stored = in_time(policy.lease, stored).await;
        let stored = stored.map_err(|error| self.failed(Failure::Store(error)))?;
        let document = stored.map(|stored| stored.document);
        let staged = document
            .as_ref()
            .and_then(|document| document.0.staged.as_ref());
        let staged = staged.map(|staged| StagedAnswer {
            status: staged.status,
            answered_at: staged.answered_at,
        });
        Ok(StoreStatus {
            tokens: document.map(|document| Status::of(&document.settled().0, &policy)),
            staged,
            rescued: self.rescued(),
        })
    }

    /// What the rescue file holds, whatever became of the store.
    pub fn rescued(&self) -> Option<Rescued> {
        let (file, document) = self.rescue.as_ref()?.newest()?;
        Some(Rescued {
            generation: document.settled().0.generation(),
            path: file.path().to_owned(),
        })
    }

    /// Brings in tokens that a person took from the dashboard: into an empty
    /// store, or in the place of tokens that no longer work. Tokens that work
    /// are [left alone](Import::LeftAlone).
    ///
    /// A process that runs on this store takes them over by itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a seed that is no pair of tokens or has
    /// ended, [`ErrorKind::LoginRequired`] for one that was brought in before
    /// and no longer works, and those of [`status`](Self::status). A store that
    /// did not answer in time may still take the tokens: to import them again
    /// does no harm.
    pub async fn import(&self, seed: &Seed) -> Result<Import, Error> {
        self.bring_in(seed, Working::Stay).await
    }

    /// Brings in tokens even in the place of tokens that work. Those are lost.
    ///
    /// # Errors
    ///
    /// Those of [`import`](Self::import).
    pub async fn replace(&self, seed: &Seed) -> Result<Import, Error> {
        self.bring_in(seed, Working::GiveWay).await
    }

    async fn bring_in(&self, seed: &Seed, working: Working) -> Result<Import, Error> {
        let now = self.clock.now();
        seed.check()
            .map_err(|error| Error::input("a token of the seed", error))?;
        if seed.refresh_expires_at.is_some_and(|end| end <= now) {
            let message = "this refresh token has ended: take new tokens from the dashboard";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let rescue = self.rescue.as_ref();
        let (store, clock) = (&*self.store, &self.clock);
        let import = import(store, rescue, &self.account, seed, working, clock);
        in_time(Policy::default().lease, import)
            .await
            .map_err(|failure| self.failed(failure))
    }

    fn failed(&self, failure: Failure) -> Error {
        Error::of_rotation(failure, self.clock.now())
    }
}
