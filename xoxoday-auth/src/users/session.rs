//! One user's token: minted when a call wants it, once for all who wait; again
//! beside a call when that is due, and when the server rejects it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use tracing::instrument::WithSubscriber as _;
use xoxoday_api::number::EpochMillis;

use super::minting::{OPERATION, UserTokens, mint};
use crate::email::Email;
use crate::errand::Errand;
use crate::error::{Error, ErrorKind};
use crate::lock::lock;
use crate::rotation::clock::{after, until};
use crate::rotation::pause::Pause;
use crate::rotation::policy::{Life, Policy};
use crate::rotation::protocol::Failure;
use crate::rotation::snapshot::{Live, Snapshot};
use crate::store::BoxFuture;
use crate::transport::{Authenticated, NoToken};

/// One user's session.
pub(crate) struct Session {
    user: Email,
    snapshot: Snapshot,
    /// The newest generation that the server has accepted.
    accepted: AtomicU64,
    minting: Mutex<Minting>,
}

/// What came of minting; all who waited are told the same.
type Minted = Result<Arc<Live>, Arc<Error>>;

#[derive(Default)]
struct Minting {
    /// The one that is under way, or the last one.
    last: Option<watch::Receiver<Option<Minted>>>,
    /// After a failure: none begins beside a token that may still be sent, and
    /// what Xoxoday has refused it is not asked again with every call.
    quiet: Option<Pause>,
    /// Of a generation that was minted because its predecessor was rejected:
    /// where it is rejected too, how long no third one is tried.
    instead: Option<(u64, Pause)>,
}

impl Session {
    pub(super) fn new(user: Email) -> Self {
        Self {
            user,
            snapshot: Snapshot::default(),
            accepted: AtomicU64::new(0),
            minting: Mutex::default(),
        }
    }

    /// Lends the token where nothing else is to be done.
    pub(crate) fn at_hand<T>(
        &self,
        now: EpochMillis,
        read: impl FnOnce(&Arc<Live>) -> T,
    ) -> Option<T> {
        self.snapshot.calm(now, read)
    }

    /// The server has accepted the token of a generation.
    pub(crate) fn accepted(&self, generation: u64) {
        if self.accepted.load(Ordering::Relaxed) < generation {
            self.accepted.fetch_max(generation, Ordering::Relaxed);
        }
    }

    /// A token that may be sent. Where there is one this does not wait; minting
    /// that is due begins beside it.
    pub(crate) async fn live(
        self: &Arc<Self>,
        transport: &Arc<Authenticated>,
    ) -> Result<Arc<Live>, NoToken> {
        let now = transport.clock.now();
        let newest = self.snapshot.newest();
        let seen = newest.as_ref().map_or(0, |live| live.generation);
        let Some(live) = newest.filter(|live| live.is_usable(now)) else {
            return self.newer_than(seen, Reason::Due, transport).await;
        };
        let quiet = lock(&self.minting).quiet;
        if live.is_due(now) && !quiet.is_some_and(|quiet| quiet.holds(now)) {
            drop(self.begin(seen, Reason::Due, transport));
        }
        Ok(live)
    }

    /// A token that is newer than the generation that was rejected.
    pub(crate) async fn replace(
        self: &Arc<Self>,
        rejected: u64,
        transport: &Arc<Authenticated>,
    ) -> Result<Arc<Live>, NoToken> {
        let now = transport.clock.now();
        let instead = lock(&self.minting).instead;
        let too_soon =
            instead.filter(|(generation, pause)| *generation == rejected && pause.holds(now));
        let Some((_, pause)) = too_soon else {
            return self.newer_than(rejected, Reason::Rejected, transport).await;
        };
        Err(match self.accepted.load(Ordering::Relaxed) < rejected {
            true => NoToken::Failed(Failure::Useless { until: pause.end() }),
            // Somebody else mints for this user, and ends what we have.
            false => {
                let why = "the last one was rejected soon after another had been";
                NoToken::Unminted(Arc::new(later(why, now, pause.end())))
            }
        })
    }

    async fn newer_than(
        self: &Arc<Self>,
        seen: u64,
        reason: Reason,
        transport: &Arc<Authenticated>,
    ) -> Result<Arc<Live>, NoToken> {
        // Twice, because the runtime that the first was begun on may be gone.
        for _ in 0..2 {
            let mut minting = match self.begin(seen, reason, transport) {
                Begun::Over(live) => return Ok(live),
                Begun::UnderWay(minting) => minting,
            };
            if let Ok(minted) = minting.wait_for(Option::is_some).await
                && let Some(minted) = minted.clone()
            {
                return minted.map_err(NoToken::Unminted);
            }
        }
        let message = "what minted the user's token was interrupted";
        let interrupted = Error::new(ErrorKind::Unavailable, message);
        Err(NoToken::Unminted(Arc::new(interrupted)))
    }

    /// Begins to mint, unless that is under way or was done since `seen`. It goes
    /// on without those who wait for it: what was minted is kept.
    fn begin(self: &Arc<Self>, seen: u64, reason: Reason, transport: &Arc<Authenticated>) -> Begun {
        let mut minting = lock(&self.minting);
        if let Some(newer) = self.snapshot.newest().filter(|live| live.generation > seen) {
            return Begun::Over(newer);
        }
        let is_quiet = minting
            .quiet
            .is_some_and(|quiet| quiet.holds(transport.clock.now()));
        let serves = |last: &watch::Receiver<Option<Minted>>| match &*last.borrow() {
            Some(minted) => is_quiet && minted.as_ref().is_err_and(|error| is_final(error)),
            // A closed channel without an outcome is a task that is gone.
            None => last.has_changed().is_ok(),
        };
        if let Some(last) = minting.last.as_ref().filter(|last| serves(last)) {
            return Begun::UnderWay(last.clone());
        }
        let (tell, last) = watch::channel(None);
        minting.last = Some(last.clone());
        let under_way = transport.sessions.begin();
        let minted = Arc::clone(self).mint(seen + 1, reason, Arc::clone(transport));
        let told = async move {
            let minted = minted.await;
            // Perhaps nobody waits.
            tell.send_replace(Some(minted));
            drop(under_way);
        };
        // Its span is its own: that of the call which began it ends with the call.
        drop(tokio::spawn(told.with_current_subscriber()));
        Begun::UnderWay(last)
    }

    /// In a box, because minting is a call, and a call may mint.
    fn mint(
        self: Arc<Self>,
        generation: u64,
        reason: Reason,
        transport: Arc<Authenticated>,
    ) -> BoxFuture<'static, Minted> {
        Box::pin(async move {
            let sessions = &transport.sessions;
            let policy = transport.rotator.policy();
            let asked_at = transport.clock.now();
            let minted = match sessions.braked_until(asked_at) {
                Some(end) => Err(later(
                    "Xoxoday limits how often one is minted",
                    asked_at,
                    end,
                )),
                None => {
                    let errand = Errand::of(OPERATION).repeatable();
                    mint(&transport, &sessions.limits, errand, self.user.clone()).await
                }
            };
            let live = minted.and_then(|tokens| {
                live(tokens, generation, asked_at, policy)
                    .ok_or_else(|| Error::new(ErrorKind::Unexpected, "the token cannot be sent"))
            });
            let now = transport.clock.now();
            let mut minting = lock(&self.minting);
            match live {
                Ok(live) => {
                    minting.quiet = None;
                    minting.instead = (reason == Reason::Rejected)
                        .then(|| (generation, Pause::new(now, policy.floor)));
                    let live = Arc::new(live);
                    self.snapshot.publish(Some(Arc::clone(&live)));
                    Ok(live)
                }
                Err(error) => {
                    minting.quiet = Some(Pause::new(now, policy.floor));
                    // Of an answer: what the company's token waits for is not this.
                    if let (Some(_), Some(wait)) = (error.status(), error.wait()) {
                        sessions.brake(Pause::new(now, wait), now);
                    }
                    Err(Arc::new(error))
                }
            }
        })
    }
}

/// Why a token is minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// There is none, or it nears its end.
    Due,
    /// The server rejected the last one.
    Rejected,
}

enum Begun {
    /// There is a newer token already.
    Over(Arc<Live>),
    UnderWay(watch::Receiver<Option<Minted>>),
}

/// The token of an answer to a request of `asked_at`.
fn live(
    tokens: UserTokens,
    generation: u64,
    asked_at: EpochMillis,
    policy: &Policy,
) -> Option<Live> {
    // The lifetime counts by our own clock, so it comes first. A token that was
    // just minted has not ended: such an end is a mistake.
    let ends = [
        tokens.expires_in.map(|life| after(asked_at, life)),
        tokens.access_expires_at,
    ];
    let life = Life {
        began_at: asked_at,
        access_ends_at: ends.into_iter().flatten().find(|end| *end > asked_at),
        refresh_ends_at: None,
    };
    Live::new(
        tokens.access_token,
        tokens.refresh_token,
        generation,
        &life,
        policy,
    )
}

/// Whether to ask again at once would bring the same.
fn is_final(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Refused | ErrorKind::Unexpected)
}

fn later(why: &str, now: EpochMillis, end: EpochMillis) -> Error {
    Error::later(ErrorKind::Unavailable, why, until(now, end))
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rotation::clock::before;

    const NOW: EpochMillis = EpochMillis::new(1_700_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    /// How long a token may be sent that came with such ends.
    fn usable_for(expires_in: Option<Duration>, ends_at: Option<EpochMillis>) -> Option<Duration> {
        let tokens = UserTokens {
            user: "boss@company.example".parse().unwrap(),
            access_token: "a".into(),
            refresh_token: None,
            expires_in,
            access_expires_at: ends_at,
            refresh_expires_at: None,
        };
        let live = live(tokens, 1, NOW, &Policy::default()).unwrap();
        let usable = |hours: &u32| live.is_usable(after(NOW, HOUR * *hours));
        let hours = (0..1000).take_while(usable).count();
        (hours < 1000).then(|| HOUR * u32::try_from(hours).unwrap())
    }

    #[test]
    fn a_lifetime_comes_before_an_end_and_what_has_passed_is_no_end() {
        let soon = Some(after(NOW, 10 * HOUR));
        assert_eq!(usable_for(Some(20 * HOUR), soon), Some(20 * HOUR));
        assert_eq!(usable_for(None, soon), Some(10 * HOUR));
        assert_eq!(usable_for(Some(Duration::ZERO), soon), Some(10 * HOUR));
        for passed in [None, Some(NOW), Some(before(NOW, HOUR))] {
            assert_eq!(usable_for(None, passed), None);
        }
    }
}
