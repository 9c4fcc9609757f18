//! Being told to stop. Once these signals are listened to, none of them ends
//! the process by itself.

use std::io;

/// Listens to SIGTERM and SIGINT, or to Ctrl-C where there are no signals.
pub(super) struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(not(unix))]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Stop {
    #[cfg(unix)]
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> io::Result<Self> {
        let interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(Self { interrupt })
    }

    /// Returns when the process is told to stop; again at each further time.
    pub(super) async fn asked(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        self.interrupt.recv().await;
    }

    /// Goes on to the end of `work`, however often the process is told to stop:
    /// an exchange that is cut off from its save costs the refresh token.
    pub(super) async fn only_after<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.asked() => eprintln!(
                    "xoxoday: an exchange may be under way; stopping once its answer is saved"
                ),
            }
        }
    }
}
