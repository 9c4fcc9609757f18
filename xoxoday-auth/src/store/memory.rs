//! A store for tests. What it holds is gone with the process.

use std::sync::{Arc, Mutex, PoisonError};

use super::{BoxFuture, StoreError, Stored, Swap, TokenStore, Version};
use crate::rotation::Document;

/// Keeps the tokens in memory. Clones share what they hold.
///
/// Not for a service: after the first rotation the only usable refresh token
/// is in here, and when the process ends a person must log in.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Option<Stored>>>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn swap(&self, expected: Version, document: &Document) -> Swap {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = held
            .as_ref()
            .map_or(Version::EMPTY, |stored| stored.version);
        if current != expected {
            return Swap::Conflict;
        }
        let version = expected.next();
        *held = Some(Stored {
            version,
            document: document.clone(),
        });
        Swap::Done(version)
    }
}

impl TokenStore for MemoryStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        let held = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Box::pin(std::future::ready(Ok(held)))
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        Box::pin(std::future::ready(Ok(self.swap(expected, document))))
    }

    fn is_durable(&self) -> bool {
        false
    }

    fn location(&self) -> String {
        "memory".into()
    }
}
