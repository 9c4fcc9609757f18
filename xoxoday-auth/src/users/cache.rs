//! The sessions of all users, so many at most.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use xoxoday_api::number::EpochMillis;

use super::session::Session;
use crate::email::Email;
use crate::limits::Limits;
use crate::rotation::pause::Pause;

/// Keeps the sessions that were used last. One that is put out ends with the
/// calls that use it; the next call for its user begins a new one.
pub(crate) struct Sessions {
    kept: Mutex<LruCache<Email, Arc<Session>>>,
    /// How long minting may take: not as long as one of those who wait has.
    pub(super) limits: Limits,
    /// Xoxoday limits how often tokens are minted, for all users together.
    brake: Mutex<Option<Pause>>,
}

impl Sessions {
    pub(crate) fn new(at_most: NonZeroUsize, limits: Limits) -> Self {
        Self {
            kept: Mutex::new(LruCache::new(at_most.get())),
            limits,
            brake: Mutex::new(None),
        }
    }

    /// A user's session: the one that is kept, or a new one.
    pub(crate) fn of(&self, user: &Email) -> Arc<Session> {
        let mut kept = lock(&self.kept);
        if let Some(session) = kept.get(user) {
            return Arc::clone(session);
        }
        let session = Arc::new(Session::new(user.clone()));
        kept.insert(user.clone(), Arc::clone(&session));
        session
    }

    pub(super) fn forget(&self, user: &Email) {
        lock(&self.kept).remove(user);
    }

    /// Until when nothing is minted.
    pub(super) fn braked_until(&self, now: EpochMillis) -> Option<EpochMillis> {
        let brake = lock(&self.brake).filter(|brake| brake.holds(now));
        brake.map(|brake| brake.end())
    }

    pub(super) fn brake(&self, brake: Pause) {
        *lock(&self.brake) = Some(brake);
    }
}

/// Not who they are.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("kept", &lock(&self.kept).len())
            .finish_non_exhaustive()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
