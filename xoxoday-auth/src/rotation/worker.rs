//! One rotation, on a thread and a runtime of its own: neither a caller that
//! goes away nor the end of the program's runtime can cut an exchange off from
//! its save. It comes once in days, and there is no thread in between.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::driver::{Inner, wait};
use super::protocol::{Failure, Outcome, Reason};

/// One rotation, on its thread.
pub(super) struct Rotation {
    pub(super) inner: Arc<Inner>,
    pub(super) reason: Reason,
    /// The span of whoever asked for it.
    pub(super) cause: tracing::Span,
    pub(super) outcome: watch::Sender<Option<Outcome>>,
    /// Dropped when the thread ends.
    pub(super) _alive: mpsc::Sender<()>,
}

impl Drop for Rotation {
    fn drop(&mut self) {
        self.inner.under_way.store(false, Ordering::Relaxed);
    }
}

impl Rotation {
    /// Begins it. What goes wrong is its outcome.
    pub(super) fn begin(self) {
        let (inner, outcome) = (Arc::clone(&self.inner), self.outcome.clone());
        let log = tracing::dispatcher::get_default(Clone::clone);
        let spawned = thread::Builder::new()
            .name("xoxoday-rotation".into())
            .spawn(move || tracing::dispatcher::with_default(&log, || self.run()));
        if let Err(error) = spawned {
            let why = format!("no thread for the rotation: {error}");
            let failed = Err(Failure::Unavailable { why });
            inner.end(&failed, None);
            outcome.send_replace(Some(failed));
        }
    }

    fn run(mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                let why = format!("no runtime for the rotation: {error}");
                let failed = Err(Failure::Unavailable { why });
                self.inner.end(&failed, None);
                self.outcome.send_replace(Some(failed));
                return;
            }
        };
        let inner = Arc::clone(&self.inner);
        // Held no longer than the rotation takes: the span of a call ends with it.
        let cause = std::mem::replace(&mut self.cause, tracing::Span::none());
        let reason = self.reason;
        // In a task, so that a panic of a store ends here.
        let rotation = async move { inner.run_traced(reason, cause).await };
        let outcome = runtime.block_on(runtime.spawn(rotation));
        let outcome = outcome.unwrap_or_else(|_| {
            self.inner.rescue();
            let why = "the rotation panicked: is the token store sound?".into();
            let failed = Err(Failure::Unavailable { why });
            self.inner.end(&failed, None);
            failed
        });
        self.outcome.send_replace(Some(outcome));
        runtime.block_on(self.save_later());
        runtime.shutdown_background();
    }

    /// Sees to an answer that could not be saved, until it is.
    async fn save_later(&self) {
        const LONGEST: Duration = Duration::from_secs(30);
        let inner = &self.inner;
        let mut closing = inner.closing.subscribe();
        // Once more each time, in case another was left while we were leaving.
        while inner.machine().unsaved().is_some()
            && !inner.saving_later.swap(true, Ordering::SeqCst)
        {
            let mut pause = Duration::from_secs(1);
            while inner.machine().unsaved().is_some() {
                let closed = closing.wait_for(|closing| *closing);
                if tokio::time::timeout(pause, closed).await.is_ok() {
                    return;
                }
                pause = (pause * 2).min(LONGEST);
                drop(wait(Inner::start(inner, Reason::Due)).await);
            }
            inner.saving_later.store(false, Ordering::SeqCst);
        }
    }
}
