//! Keeps tokens fresh by the clock, for services that ask for it, and takes over
//! what others have brought where the store tells of it.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::driver::{Inner, wait};
use super::protocol::Reason;
use crate::store::{BoxFuture, TokenStore, Version};

/// The wall clock is asked this often: a timer does not run while the machine
/// sleeps.
const GLANCE: Duration = Duration::from_secs(30);

/// Rotates whatever is due, on a thread of its own, until the client is gone.
pub(super) fn keep_fresh(closing: watch::Receiver<bool>, inner: Weak<Inner>) {
    let log = tracing::dispatcher::get_default(Clone::clone);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(keep(closing, inner)),
            Err(error) => tracing::error!(%error, "tokens are not kept fresh in the background"),
        }
    };
    let spawned = thread::Builder::new()
        .name("xoxoday-keeper".into())
        .spawn(move || tracing::dispatcher::with_default(&log, work));
    if let Err(error) = spawned {
        tracing::error!(%error, "tokens are not kept fresh in the background");
    }
}

/// Why the keeper wakes.
#[derive(PartialEq)]
enum Woken {
    Closed,
    Changed,
    ByTheClock,
}

async fn keep(mut closing: watch::Receiver<bool>, inner: Weak<Inner>) {
    let Some(store) = inner.upgrade().map(|inner| Arc::clone(&inner.parts.store)) else {
        return;
    };
    // It goes on from glance to glance.
    let mut changed: Option<BoxFuture<'static, ()>> = None;
    let mut woken = Woken::ByTheClock;
    while let Some(inner) = inner.upgrade() {
        let looked = match woken {
            Woken::Closed => return,
            Woken::Changed => wait(Inner::start(&inner, Reason::Due)).await.is_ok(),
            Woken::ByTheClock => {
                Inner::refresh_if_due(&inner).await;
                true
            }
        };
        if looked && changed.is_none() {
            let seen = Version::new(inner.seen.load(Ordering::Relaxed));
            changed = Some(Box::pin(changed_since(Arc::clone(&store), seen)));
        }
        drop(inner);
        woken = next(&mut closing, &mut changed).await;
    }
}

/// A store that panics has told its last.
async fn changed_since(store: Arc<dyn TokenStore>, seen: Version) {
    let changed = tokio::spawn(async move { store.changed(seen).await });
    if changed.await.is_err() {
        tracing::error!("the token store panicked: what others bring is found when it is due");
        pending::<()>().await;
    }
}

async fn next(
    closing: &mut watch::Receiver<bool>,
    changed: &mut Option<BoxFuture<'static, ()>>,
) -> Woken {
    let mut closed = pin!(closing.wait_for(|closing| *closing));
    let woken = poll_fn(|context| {
        if closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Woken::Closed);
        }
        match changed.as_mut().map(|it| it.as_mut().poll(context)) {
            Some(Poll::Ready(())) => Poll::Ready(Woken::Changed),
            _ => Poll::Pending,
        }
    });
    let woken = timeout(GLANCE, woken).await.unwrap_or(Woken::ByTheClock);
    if woken == Woken::Changed {
        *changed = None;
    }
    woken
}
