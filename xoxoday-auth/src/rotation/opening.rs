//! The first document of a process: the store's, or the seed's where the store
//! has none that works.

use super::clock::{AccountClock, Clock as _};
use super::document::{Account, Document};
use super::driver::Parts;
use super::protocol::Failure;
use super::rescue::Rescue;
use super::safekeeping;
use super::seed::Seed;
use crate::store::{StoreError, StoreErrorKind, Stored, Swap, TokenStore, Version};

/// A store that is written this often meanwhile is left to the others.
pub(super) const MOST_CONFLICTS: usize = 10;

/// The stored document, if it is this account's: another account's refresh
/// token must never be presented to this one's server. The clock follows the
/// store's.
pub(crate) async fn load(
    store: &dyn TokenStore,
    account: &Account,
    clock: &AccountClock,
) -> Result<Option<Stored>, StoreError> {
    let stored = store.load().await?;
    clock.follow(store);
    match &stored {
        Some(other) if !other.document.account().is(account) => Err(StoreError::new(
            StoreErrorKind::Unusable,
            format!(
                "the token store belongs to {}, not to {account}: give each account a store of its own",
                other.document.account()
            ),
        )),
        Some(sealed) if sealed.document.is_sealed() => Err(StoreError::new(
            StoreErrorKind::Unusable,
            format!(
                "the tokens in {} are sealed: open them with store::Sealed and its keys",
                store.location()
            ),
        )),
        _ => Ok(stored),
    }
}

/// What an account goes on with, and the version to replace: what is stored or,
/// where the store was lost with its disk, what was rescued.
pub(super) async fn at_hand(
    store: &dyn TokenStore,
    rescue: Option<&Rescue>,
    account: &Account,
    clock: &AccountClock,
) -> Result<(Version, Option<Document>), StoreError> {
    let (version, document) = match load(store, account, clock).await? {
        Some(stored) => (stored.version, Some(stored.document)),
        None => (Version::EMPTY, safekeeping::find(rescue).await),
    };
    Ok((version, document.map(|document| document.settled().0)))
}

/// The document to start with, as it is stored from now on.
pub(super) async fn first_document(
    parts: &Parts,
    seed: Option<&Seed>,
) -> Result<Document, Failure> {
    let (store, account, clock) = (&*parts.store, &parts.account, &*parts.clock);
    for _ in 0..MOST_CONFLICTS {
        let (version, held) = at_hand(store, parts.rescue.as_ref(), account, clock).await?;
        let now = clock.now();
        let document = match (held, seed) {
            (Some(held), seed) => match seed.filter(|seed| !held.knows(seed)) {
                Some(seed) if !held.works(now) => held.reseeded(seed, now),
                news => {
                    if news.is_some() {
                        tracing::warn!(
                            generation = held.generation(),
                            "the token store holds tokens that work: the different ones that were given were left alone"
                        );
                    }
                    if version != Version::EMPTY {
                        return Ok(held);
                    }
                    held
                }
            },
            (None, Some(seed)) => Document::seeded(account.clone(), seed, now),
            (None, None) => {
                return Err(Failure::LoginRequired {
                    why: "the token store is empty".into(),
                });
            }
        };
        // Where somebody else was faster, theirs count as well as ours.
        if let Swap::Done(_) = store.compare_and_swap(version, &document).await? {
            if !store.is_durable() {
                tracing::warn!(
                    "tokens are kept in memory alone: after the first rotation, the end of this process means that a person must log in"
                );
            }
            return Ok(document);
        }
    }
    Err(Failure::Unavailable {
        why: "the token store kept changing while it was opened: try again".into(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use xoxoday_api::number::EpochMillis;

    use super::super::document::Latch;
    use super::super::driver::{Exchange, Report};
    use super::super::policy::Policy;
    use super::super::protocol::{Exchanged, Presentation};
    use super::*;
    use crate::store::{BoxFuture, MemoryStore};

    const NOW: EpochMillis = EpochMillis::new(1_000_000);

    #[derive(Debug)]
    struct Unreachable;

    impl Exchange for Unreachable {
        fn exchange(&self, _: Presentation) -> BoxFuture<'_, (Exchanged, Report<'_>)> {
            let exchanged = Exchanged::NotSent(String::new());
            Box::pin(async { (exchanged, Box::new(()) as Report<'_>) })
        }
    }

    fn account() -> Account {
        Account::new("sandbox".into(), "client".into())
    }

    /// The document of a seed, and what became of it since.
    fn held(change: fn(&mut Document)) -> Document {
        let mut document = Document::seeded(account(), &Seed::new("one"), NOW);
        change(&mut document);
        document
    }

    const LATCHED: fn(&mut Document) =
        |document| document.0.latch = Some(Latch::new(NOW, "rejected".into()));
    const ENDED: fn(&mut Document) = |document| document.0.refresh_expires_at = Some(NOW);
    const WORKS: fn(&mut Document) =
        |document| document.0.refresh_expires_at = Some(EpochMillis::new(NOW.get() + 1));

    /// Where the tokens are at a start.
    #[derive(Debug, Clone, Copy)]
    enum Held {
        InTheStore,
        InTheRescueFile,
    }

    /// Starts with a seed, and returns what is stored then.
    async fn started(at: Held, document: &Document, seed: &str) -> Document {
        let directory = tempfile::tempdir().unwrap();
        let rescue = Rescue::new(directory.path().join("rescue.json"), account());
        let store = MemoryStore::new();
        match at {
            Held::InTheStore => {
                let swap = store.compare_and_swap(Version::EMPTY, document).await;
                assert!(matches!(swap, Ok(Swap::Done(_))));
            }
            Held::InTheRescueFile => rescue.keep(document, None).unwrap(),
        }
        let parts = Parts {
            account: account(),
            store: Arc::new(store.clone()),
            exchange: Arc::new(Unreachable),
            clock: Arc::new(AccountClock::stopped(NOW)),
            policy: Policy::default(),
            rescue: Some(rescue),
        };
        let first = first_document(&parts, Some(&Seed::new(seed))).await;
        let stored = store.load().await.unwrap().unwrap().document;
        assert_eq!(first.unwrap(), stored, "{at:?}");
        stored
    }

    #[tokio::test]
    async fn tokens_that_no_longer_work_give_way_to_a_fresh_seed_and_to_no_other() {
        for at in [Held::InTheStore, Held::InTheRescueFile] {
            for stopped in [LATCHED, ENDED] {
                let held = held(stopped);
                let fresh = started(at, &held, "two").await;
                assert_eq!(fresh, held.reseeded(&Seed::new("two"), NOW), "{at:?}");
                let stale = started(at, &held, "one").await;
                assert_eq!(stale, held, "{at:?}");
            }
            let held = held(WORKS);
            assert_eq!(started(at, &held, "two").await, held, "{at:?}");
        }
    }
}
