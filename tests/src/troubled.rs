//! A clock and a store that do as they are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;
use xoxoday_auth::store::{BoxFuture, StoreError, StoreErrorKind, Stored, Swap, Version};
use xoxoday_auth::{Clock, Document, EpochMillis, MemoryStore, SystemClock, TokenStore};

/// The machine's clock, moved. Clones move together.
#[derive(Debug, Clone, Default)]
pub struct Moved(Arc<AtomicI64>);

impl Moved {
    /// Moves the clock forward.
    pub fn forward(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
    }

    /// Sets the clock back.
    pub fn back(&self, by: Duration) {
        self.0.fetch_sub(by.as_millis() as i64, Ordering::SeqCst);
    }
}

impl Clock for Moved {
    fn now(&self) -> EpochMillis {
        EpochMillis::new(SystemClock.now().get() + self.0.load(Ordering::SeqCst))
    }
}

/// A store whose swaps wait for leave, and fail on request. Clones share all.
#[derive(Debug, Clone)]
pub struct Watched<S = MemoryStore> {
    store: S,
    leave: Arc<Semaphore>,
    asked: Arc<Semaphore>,
    writable: Arc<AtomicI64>,
}

impl Watched {
    /// An empty store that gives leave for so many swaps.
    pub fn new(leave: usize) -> Self {
        Self::over(MemoryStore::new(), leave)
    }
}

impl<S: TokenStore> Watched<S> {
    /// Watches another store.
    pub fn over(store: S, leave: usize) -> Self {
        Self {
            store,
            leave: Arc::new(Semaphore::new(leave)),
            asked: Arc::new(Semaphore::new(0)),
            writable: Arc::new(AtomicI64::new(i64::MAX)),
        }
    }

    /// Returns once another swap was asked for.
    pub async fn asked(&self) {
        let asked = self.asked.acquire().await;
        asked.expect("it is never closed").forget();
    }

    /// Forgets what was asked for so far.
    pub fn forget_what_was_asked(&self) {
        self.asked.forget_permits(usize::MAX);
    }

    /// Lets one more swap pass.
    pub fn give_leave(&self) {
        self.leave.add_permits(1);
    }

    /// After so many more swaps, all others fail as on a full disk.
    pub fn break_after(&self, swaps: i64) {
        self.writable.store(swaps, Ordering::SeqCst);
    }

    /// Mends the store.
    pub fn mend(&self) {
        self.break_after(i64::MAX);
    }

    /// The document as it lies there.
    pub async fn stored(&self) -> Value {
        let stored = self.store.load().await.expect("it can be read");
        let document = stored.expect("there is a document").document;
        serde_json::from_slice(&document.encode()).expect("it is JSON")
    }
}

impl<S: TokenStore> TokenStore for Watched<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        self.store.load()
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            self.asked.add_permits(1);
            let leave = self.leave.acquire().await;
            leave.expect("it is never closed").forget();
            if self.writable.fetch_sub(1, Ordering::SeqCst) <= 0 {
                return Err(StoreError::new(StoreErrorKind::Unavailable, "disk full"));
            }
            self.store.compare_and_swap(expected, document).await
        })
    }
}
