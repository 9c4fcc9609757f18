use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// Where a request waits until a test lets it go on.
///
/// This is what tests use where they would otherwise sleep: an answer is held
/// at the gate, the test looks at what happens meanwhile, and opens it.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    passes: Semaphore,
    arrived: watch::Sender<usize>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            passes: Semaphore::new(0),
            arrived: watch::Sender::new(0),
        }))
    }

    /// Lets all pass, those who wait and those who come later.
    pub fn open(&self) {
        self.0.passes.close();
    }

    /// Lets one pass, and stays closed for the others.
    pub fn let_one_pass(&self) {
        self.0.passes.add_permits(1);
    }

    /// How many requests have come to the gate so far, passed or waiting.
    pub fn arrived(&self) -> usize {
        *self.0.arrived.borrow()
    }

    /// Waits until `count` requests have come to the gate.
    pub async fn wait_for(&self, count: usize) {
        // An error means that the sender is gone, and it is ours.
        let _ = self
            .0
            .arrived
            .subscribe()
            .wait_for(|arrived| *arrived >= count)
            .await;
    }

    pub(crate) async fn pass(&self) {
        self.0.arrived.send_modify(|arrived| *arrived += 1);
        // An error means closed, and a semaphore that is closed is a gate
        // that is open.
        if let Ok(permit) = self.0.passes.acquire().await {
            permit.forget();
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
