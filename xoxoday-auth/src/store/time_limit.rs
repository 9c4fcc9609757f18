//! How long a store is waited for.

use std::time::Duration;

use super::{StoreError, StoreErrorKind};

/// A store that does not answer is one that cannot be reached. The work is
/// dropped, and what it has begun may still be done.
pub(crate) async fn in_time<T, E: From<StoreError>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(E::from(StoreError::new(
            StoreErrorKind::Unavailable,
            format!("the token store did not answer within {limit:?}: can it be reached?"),
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::super::{BoxFuture, Stored, Swap, TokenStore, Version};
    use super::*;
    use crate::environment::Environment;
    use crate::error::ErrorKind;
    use crate::rotation::{Document, Seed};
    use crate::{StoredTokens, Xoxoday};

    const HOUR: Duration = Duration::from_secs(3600);

    /// Does not answer: to anything, or to a swap alone.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Hanging {
        Always,
        AtSwaps,
    }

    impl TokenStore for Hanging {
        fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
            match self {
                Self::Always => Box::pin(pending()),
                Self::AtSwaps => Box::pin(std::future::ready(Ok(None))),
            }
        }

        fn compare_and_swap<'a>(
            &'a self,
            _: Version,
            _: &'a Document,
        ) -> BoxFuture<'a, Result<Swap, StoreError>> {
            Box::pin(pending())
        }
    }

    fn assert_given_up_on<T>(ended: Option<Result<T, crate::Error>>, limit: &str) {
        let error = ended.expect("it does not end").err().expect("it fails");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.to_string().contains(limit), "{error}");
    }

    /// Of time that passes only while all wait.
    async fn within_an_hour<T>(work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(HOUR, work).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_hangs_holds_up_neither_a_start_nor_a_look_nor_an_import() {
        let directory = tempfile::tempdir().unwrap();
        let rescue = directory.path().join("rescue.json");
        let seed = Seed::new("refresh");
        for store in [Hanging::Always, Hanging::AtSwaps] {
            let built = Xoxoday::builder(Environment::Sandbox, "client", "secret")
                .seed(seed.clone())
                .store(store)
                .rescue_file(&rescue)
                .rotation_lease(Duration::from_secs(7))
                .build();
            assert_given_up_on(within_an_hour(built).await, "within 7s");
            let stored = StoredTokens::new(Environment::Sandbox, "client", store);
            let stored = stored.rescue_file(&rescue);
            let imported = within_an_hour(stored.import(&seed)).await;
            assert_given_up_on(imported, "within 60s");
            if store == Hanging::Always {
                assert_given_up_on(within_an_hour(stored.status()).await, "within 60s");
            }
        }
    }
}
