//! Keeps tokens fresh by the clock, for services that ask for it.

use std::sync::Weak;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::driver::Inner;

/// The wall clock is asked this often: a timer does not run while the machine
/// sleeps.
const GLANCE: Duration = Duration::from_secs(30);

/// Rotates whatever is due, on a thread of its own, until the client is gone.
pub(super) fn keep_fresh(mut closing: watch::Receiver<bool>, inner: Weak<Inner>) {
    let log = tracing::dispatcher::get_default(Clone::clone);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(async {
                while let Some(inner) = inner.upgrade() {
                    Inner::refresh_if_due(&inner).await;
                    drop(inner);
                    let closed = closing.wait_for(|closing| *closing);
                    if tokio::time::timeout(GLANCE, closed).await.is_ok() {
                        break;
                    }
                }
            }),
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
