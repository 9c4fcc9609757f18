//! Brings a person's tokens into a store that may hold others.

use xoxoday_api::number::EpochMillis;

use super::clock::{AccountClock, Clock as _};
use super::document::{Account, Document};
use super::opening::{MOST_CONFLICTS, at_hand};
use super::protocol::Failure;
use super::rescue::Rescue;
use super::seed::Seed;
use crate::store::{Swap, TokenStore};

/// What came of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum Import {
    /// The store holds the new tokens.
    Taken {
        /// Their generation.
        generation: u64,
    },
    /// These tokens were brought in before. The store holds them, or what they
    /// were exchanged for.
    AlreadyThere {
        /// The generation that the store holds.
        generation: u64,
    },
    /// The store holds other tokens, which work. Nothing was changed.
    LeftAlone {
        /// Their generation.
        generation: u64,
    },
}

/// Whether tokens that work give way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Working {
    Stay,
    GiveWay,
}

/// Takes the seed if the store is empty, if its tokens no longer work, or if
/// they are to give way. Nothing is deleted: which seeds there were stays known.
pub(crate) async fn import(
    store: &dyn TokenStore,
    rescue: Option<&Rescue>,
    account: &Account,
    seed: &Seed,
    working: Working,
    clock: &AccountClock,
) -> Result<Import, Failure> {
    for _ in 0..MOST_CONFLICTS {
        let (version, held) = at_hand(store, rescue, account, clock).await?;
        let now = clock.now();
        let next = match held {
            None => Document::seeded(account.clone(), seed, now),
            Some(held) => match decide(&held, seed, working, now)? {
                Some(done) => return Ok(done),
                None => held.reseeded(seed, now),
            },
        };
        if let Swap::Done(_) = store.compare_and_swap(version, &next).await? {
            let generation = next.generation();
            return Ok(Import::Taken { generation });
        }
    }
    Err(Failure::Unavailable {
        why: "the token store kept changing during the import: try again".into(),
    })
}

/// How the import ends without a write, if it does.
fn decide(
    held: &Document,
    seed: &Seed,
    working: Working,
    now: EpochMillis,
) -> Result<Option<Import>, Failure> {
    let generation = held.generation();
    // To go back to a seed that is spent is the classic way to be locked out.
    match (held.knows(seed), held.works(now)) {
        (true, true) => Ok(Some(Import::AlreadyThere { generation })),
        (true, false) => Err(Failure::LoginRequired {
            why: "these tokens were brought in before, and no longer work".into(),
        }),
        (false, true) if working == Working::Stay => Ok(Some(Import::LeftAlone { generation })),
        (false, _) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Latch;
    use super::*;
    use crate::store::MemoryStore;

    const NOW: EpochMillis = EpochMillis::new(1_000_000);

    fn account() -> Account {
        Account::new("sandbox".into(), "client".into())
    }

    async fn take(store: &MemoryStore, token: &str, working: Working) -> Result<Import, Failure> {
        let (clock, seed) = (AccountClock::stopped(NOW), Seed::new(token));
        import(store, None, &account(), &seed, working, &clock).await
    }

    async fn change(store: &MemoryStore, change: impl FnOnce(&mut Document)) {
        let mut stored = store.load().await.unwrap().unwrap();
        change(&mut stored.document);
        let swap = store.compare_and_swap(stored.version, &stored.document);
        assert!(matches!(swap.await.unwrap(), Swap::Done(_)));
    }

    #[tokio::test]
    async fn an_empty_store_takes_tokens_and_one_that_works_leaves_others_alone() {
        let store = MemoryStore::new();
        let taken = take(&store, "one", Working::Stay).await;
        assert_eq!(taken, Ok(Import::Taken { generation: 1 }));
        let again = take(&store, " one\n", Working::GiveWay).await;
        assert_eq!(again, Ok(Import::AlreadyThere { generation: 1 }));
        let other = take(&store, "two", Working::Stay).await;
        assert_eq!(other, Ok(Import::LeftAlone { generation: 1 }));
        let other = take(&store, "two", Working::GiveWay).await;
        assert_eq!(other, Ok(Import::Taken { generation: 2 }));
        // The first one is as stale as before.
        let stale = take(&store, "one", Working::GiveWay).await;
        assert_eq!(stale, Ok(Import::AlreadyThere { generation: 2 }));
    }

    #[tokio::test]
    async fn tokens_that_no_longer_work_give_way_to_new_ones_and_not_to_themselves() {
        let latch = |document: &mut Document| {
            document.0.latch = Some(Latch::new(NOW, "rejected".into()));
        };
        let end = |document: &mut Document| document.0.refresh_expires_at = Some(NOW);
        for stop_working in [latch as fn(&mut Document), end] {
            let store = MemoryStore::new();
            let _ = take(&store, "one", Working::Stay).await.unwrap();
            change(&store, stop_working).await;
            let stale = take(&store, "one", Working::GiveWay).await;
            assert!(matches!(stale, Err(Failure::LoginRequired { .. })));
            let fresh = take(&store, "two", Working::Stay).await;
            assert_eq!(fresh, Ok(Import::Taken { generation: 2 }));
        }
    }

    #[tokio::test]
    async fn a_store_of_another_account_is_not_touched() {
        let store = MemoryStore::new();
        let _ = take(&store, "one", Working::Stay).await.unwrap();
        let other = Account::new("sandbox".into(), "other".into());
        let seed = Seed::new("two");
        let clock = AccountClock::stopped(NOW);
        let refused = import(&store, None, &other, &seed, Working::GiveWay, &clock).await;
        assert!(matches!(refused, Err(Failure::Store(_))), "{refused:?}");
        assert_eq!(store.load().await.unwrap().unwrap().version.get(), 1);
    }
}
