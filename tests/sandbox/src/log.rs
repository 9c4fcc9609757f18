use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::record::{Call, Delivery};

/// What the program does with a request that is over.
pub(crate) type Observer = Box<dyn Fn(&Call) + Send + Sync>;

/// The growing list of requests, and a bell that rings when it changes.
pub(crate) struct Log {
    calls: Mutex<Vec<Call>>,
    changes: watch::Sender<u64>,
    observer: Option<Observer>,
}

impl Log {
    pub(crate) fn new(observer: Option<Observer>) -> Self {
        Self {
            calls: Mutex::new(Vec::new()),
            changes: watch::Sender::new(0),
            observer,
        }
    }

    pub(crate) fn snapshot(&self) -> Vec<Call> {
        self.calls().clone()
    }

    /// Takes a request in, and gives it its number.
    pub(crate) fn arrived(&self, mut call: Call) -> u64 {
        let sequence = {
            let mut calls = self.calls();
            call.sequence = calls.len() as u64 + 1;
            let sequence = call.sequence;
            calls.push(call);
            sequence
        };
        self.ring();
        sequence
    }

    pub(crate) fn update(&self, sequence: u64, change: impl FnOnce(&mut Call)) {
        self.update_while(sequence, change);
    }

    /// The same, with something to bring back. No one can look at the record until
    /// `change` is through. `None`: there is no such request.
    pub(crate) fn update_while<T>(
        &self,
        sequence: u64,
        change: impl FnOnce(&mut Call) -> T,
    ) -> Option<T> {
        let (brought, over) = {
            let mut calls = self.calls();
            let call = calls.get_mut(index(sequence)?)?;
            let was_over = call.is_over();
            let brought = change(call);
            (brought, (!was_over && call.is_over()).then(|| call.clone()))
        };
        if let (Some(call), Some(observer)) = (over, &self.observer) {
            observer(&call);
        }
        self.ring();
        Some(brought)
    }

    /// The connection that a request came on has ended.
    pub(crate) fn ended(&self, sequence: u64) {
        self.update(sequence, |call| {
            if call.delivery == Delivery::UnderWay {
                call.delivery = Delivery::Incomplete;
            }
        });
    }

    /// Waits for the `count`th request for which `wanted` holds, and returns it.
    pub(crate) async fn wait_for(&self, count: usize, wanted: impl Fn(&Call) -> bool) -> Call {
        let mut changes = self.changes.subscribe();
        loop {
            let found = self
                .calls()
                .iter()
                .filter(|call| wanted(call))
                .nth(count.saturating_sub(1))
                .cloned();
            if let Some(call) = found {
                return call;
            }
            // The sender is ours: it cannot be gone.
            let _ = changes.changed().await;
        }
    }

    fn ring(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn index(sequence: u64) -> Option<usize> {
    usize::try_from(sequence).ok()?.checked_sub(1)
}
