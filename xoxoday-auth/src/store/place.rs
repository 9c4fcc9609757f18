//! Where an account's tokens are to survive, before it is known whose they are.

use std::sync::Arc;

#[cfg(feature = "postgres")]
use super::PostgresStore;
use super::{Seal, StoreName, TokenStore, default_store};
use crate::error::Error;
use crate::rotation::Account;

/// A store, perhaps sealed.
#[derive(Debug, Default)]
pub(crate) struct Place {
    choice: Choice,
    seal: Option<Seal>,
}

/// Which store.
#[derive(Debug, Default)]
pub(crate) enum Choice {
    /// A file in the platform's state directory.
    #[default]
    Home,
    Given(Arc<dyn TokenStore>),
    Named(StoreName),
    #[cfg(feature = "postgres")]
    Pool(sqlx::PgPool),
}

impl Place {
    pub(crate) fn choose(&mut self, choice: Choice) {
        self.choice = choice;
    }

    pub(crate) fn seal_with(&mut self, seal: Seal) {
        self.seal = Some(seal);
    }

    /// With what it is sealed, and what lies beside it is to be.
    pub(crate) fn seal(&self) -> Option<Seal> {
        self.seal.clone()
    }

    /// The store, for one account. Nothing is read yet.
    pub(crate) fn open(self, account: &Account) -> Result<Arc<dyn TokenStore>, Error> {
        let store: Arc<dyn TokenStore> = match self.choice {
            Choice::Home => Arc::new(default_store(account)?),
            Choice::Given(store) => store,
            Choice::Named(name) => name.open(account),
            #[cfg(feature = "postgres")]
            Choice::Pool(pool) => Arc::new(PostgresStore::of(pool, account)),
        };
        Ok(match self.seal {
            Some(seal) => seal.around(store),
            None => store,
        })
    }
}
