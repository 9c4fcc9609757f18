//! Being told to stop.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

/// A future that tells a run to stop, asked about again and again.
pub(super) struct Stop<'a, F> {
    asked: Pin<&'a mut F>,
    is_asked: bool,
}

impl<'a, F: Future<Output = ()>> Stop<'a, F> {
    pub(super) fn new(asked: Pin<&'a mut F>) -> Self {
        let is_asked = false;
        Self { asked, is_asked }
    }

    /// Whether it was told to stop by now.
    pub(super) async fn is_asked(&mut self) -> bool {
        self.during(std::future::ready(())).await.is_none() || self.is_asked
    }

    /// Waits; `None` if it was told to stop meanwhile.
    pub(super) async fn wait(&mut self, time: Duration) -> Option<()> {
        self.during(tokio::time::sleep(time)).await
    }

    /// Gives a harmless work up when it is told to stop.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.is_asked = self.is_asked || self.asked.as_mut().poll(context).is_ready();
            match self.is_asked {
                true => Poll::Ready(None),
                false => work.as_mut().poll(context).map(Some),
            }
        })
        .await
    }
}
