//! The sessions of all users, so many at most.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use lru::LruCache;
use tokio::sync::watch;
use xoxoday_api::number::EpochMillis;

use super::session::Session;
use crate::email::Email;
use crate::limits::Limits;
use crate::lock::lock;
use crate::rotation::pause::Pause;

/// Keeps the sessions that were used last. One that is put out ends with the
/// calls that use it; the next call for its user begins a new one.
pub(crate) struct Sessions {
    kept: Mutex<LruCache<Email, Arc<Session>>>,
    /// How long minting may take, however long a call that waits for it may.
    pub(super) limits: Limits,
    /// Xoxoday limits how often tokens are minted, for all users together.
    brake: Mutex<Option<Pause>>,
    /// How many are being minted.
    under_way: watch::Sender<usize>,
}

impl Sessions {
    pub(crate) fn new(at_most: NonZeroUsize, limits: Limits) -> Self {
        Self {
            kept: Mutex::new(LruCache::sparse(at_most)),
            limits,
            brake: Mutex::new(None),
            under_way: watch::Sender::new(0),
        }
    }

    /// A user's session: the one that is kept, or a new one.
    pub(crate) fn of(&self, user: &Email) -> Arc<Session> {
        let mut kept = lock(&self.kept);
        if let Some(session) = kept.get(user) {
            return Arc::clone(session);
        }
        let session = Arc::new(Session::new(user.clone()));
        kept.put(user.clone(), Arc::clone(&session));
        session
    }

    pub(super) fn forget(&self, user: &Email) {
        lock(&self.kept).pop(user);
    }

    /// Until when nothing is minted.
    pub(super) fn braked_until(&self, now: EpochMillis) -> Option<EpochMillis> {
        let brake = lock(&self.brake).filter(|brake| brake.holds(now));
        brake.map(|brake| brake.end())
    }

    /// Of two brakes the longer one holds.
    pub(super) fn brake(&self, brake: Pause, now: EpochMillis) {
        let mut held = lock(&self.brake);
        let longer = |held: &Pause| held.holds(now) && held.end() >= brake.end();
        if !held.as_ref().is_some_and(longer) {
            *held = Some(brake);
        }
    }

    /// Counts a minting until this is dropped.
    pub(super) fn begin(&self) -> UnderWay {
        self.under_way.send_modify(|number| *number += 1);
        UnderWay(self.under_way.clone())
    }

    /// Returns once none is under way.
    pub(crate) async fn settle(&self) {
        let mut under_way = self.under_way.subscribe();
        // The sender is ours: it cannot be gone.
        let _ = under_way.wait_for(|number| *number == 0).await;
    }
}

/// A minting under way.
pub(super) struct UnderWay(watch::Sender<usize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0
            .send_modify(|number| *number = number.saturating_sub(1));
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn of_two_brakes_the_longer_one_holds() {
        let moment = |seconds: i64| EpochMillis::new(1_000_000_000 + seconds * 1000);
        let brake = |since, seconds| Pause::new(moment(since), Duration::from_secs(seconds));
        let one = NonZeroUsize::MIN;
        let sessions = Sessions::new(one, Limits::default());
        assert_eq!(sessions.braked_until(moment(0)), None);
        for (since, seconds, end) in [(0, 90, 90), (10, 60, 90), (20, 100, 120), (121, 5, 126)] {
            sessions.brake(brake(since, seconds), moment(since));
            assert_eq!(sessions.braked_until(moment(since)), Some(moment(end)));
        }
        assert_eq!(sessions.braked_until(moment(126)), None);
    }
}
