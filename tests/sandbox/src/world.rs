use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::clock::Clock;
use crate::log::Log;
use crate::record::Record;
use crate::trouble::Troubles;

/// Everything that the handle and the server share.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    account: Mutex<Account>,
    troubles: Mutex<Troubles>,
}

impl World {
    pub(crate) fn new(account: Account, clock: Clock, log: Log) -> Self {
        Self {
            clock,
            log,
            account: Mutex::new(account),
            troubles: Mutex::new(Troubles::default()),
        }
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn troubles(&self) -> MutexGuard<'_, Troubles> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account is locked first, as it is while work is done and noted: what the
    /// calls say and what the tokens say agree.
    pub(crate) fn record(&self) -> Record {
        let account = self.account();
        Record {
            calls: self.log.snapshot(),
            pairs: account.sessions.pairs().to_vec(),
        }
    }
}
