//! The first document of a process: the store's, or the seed's where the store
//! has none that works.

use xoxoday_api::number::EpochMillis;

use super::document::{Account, Document};
use super::driver::Parts;
use super::protocol::Failure;
use super::rescue::Rescue;
use super::seed::Seed;
use crate::store::{StoreError, StoreErrorKind, Stored, Swap, TokenStore, Version};

/// The stored document, if it is this account's: another account's refresh
/// token must never be presented to this one's server.
pub(crate) async fn load(
    store: &dyn TokenStore,
    account: &Account,
) -> Result<Option<Stored>, StoreError> {
    let stored = store.load().await?;
    match &stored {
        Some(other) if !other.document.account().is(account) => Err(StoreError::new(
            StoreErrorKind::Unusable,
            format!(
                "the token store belongs to {}, not to {account}: give each account a store of its own",
                other.document.account()
            ),
        )),
        _ => Ok(stored),
    }
}

/// The document to start with, as it is stored from now on.
pub(super) async fn first_document(
    parts: &Parts,
    seed: Option<&Seed>,
    now: EpochMillis,
) -> Result<Document, Failure> {
    let store = &*parts.store;
    let stored = load(store, &parts.account).await.map_err(Failure::Store)?;
    let (version, document) = match stored {
        Some(stored) => {
            let (document, _) = stored.document.settled();
            // A seed that was brought in before is spent by now.
            let news = seed.filter(|seed| !document.0.seeds.contains(&seed.digest()));
            match (news, &document.0.latch) {
                (Some(seed), Some(_)) => (stored.version, document.reseeded(seed, now)),
                (Some(_), None) => {
                    tracing::warn!(
                        generation = document.generation(),
                        "the token store holds tokens that work: the different ones that were given were left alone"
                    );
                    return Ok(document);
                }
                (None, _) => return Ok(document),
            }
        }
        // A store that was lost with its disk: what was rescued is newer than any seed.
        None => match (parts.rescue.as_ref().and_then(Rescue::find), seed) {
            (Some(rescued), _) => (Version::EMPTY, rescued.settled().0),
            (None, Some(seed)) => {
                let account = parts.account.clone();
                (Version::EMPTY, Document::seeded(account, seed, now))
            }
            (None, None) => {
                return Err(Failure::LoginRequired {
                    why: "the token store is empty".into(),
                });
            }
        },
    };
    let swap = store.compare_and_swap(version, &document).await;
    match swap.map_err(Failure::Store)? {
        Swap::Done(_) => {
            if !store.is_durable() {
                tracing::warn!(
                    "tokens are kept in memory alone: after the first rotation, the end of this process means that a person must log in"
                );
            }
            Ok(document)
        }
        // Somebody else has just brought tokens in; theirs count as well as ours.
        Swap::Conflict => match load(store, &parts.account).await.map_err(Failure::Store)? {
            Some(stored) => Ok(stored.document.settled().0),
            None => Err(Failure::Unavailable {
                why: "the token store changed while it was opened: try again".into(),
            }),
        },
    }
}
