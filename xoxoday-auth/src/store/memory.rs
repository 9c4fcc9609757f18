//! A store for tests. What it holds is gone with the process.

use std::sync::{Arc, Mutex};

use super::{BoxFuture, StoreError, Stored, Swap, TokenStore, Version};
use crate::lock::lock;
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
        let mut held = lock(&self.0);
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
        let held = lock(&self.0).clone();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotation::{Account, Seed};
    use xoxoday_api::number::EpochMillis;

    #[tokio::test]
    async fn clones_share_what_they_hold_and_a_stale_writer_is_told() {
        let account = Account::new("sandbox".into(), "client".into());
        let document = Document::seeded(account, &Seed::new("refresh"), EpochMillis::new(5));
        let store = MemoryStore::new();
        let other = store.clone();
        assert_eq!(other.load().await, Ok(None));
        let version = Version::EMPTY.next();
        for swap in [Swap::Done(version), Swap::Conflict] {
            let swapped = store.compare_and_swap(Version::EMPTY, &document).await;
            assert_eq!(swapped, Ok(swap));
        }
        assert_eq!(other.load().await, Ok(Some(Stored { version, document })));
    }

    #[test]
    fn it_does_not_pretend_to_outlive_the_process() {
        let store = MemoryStore::new();
        assert!(!store.is_durable());
        assert_eq!(store.location(), "memory");
    }
}
