//! Seals what any store holds: it is encrypted and authenticated under a key of
//! the user's.
//!
//! - [`keys`]: the keys, and whom to ask for them.
//! - [`envelope`]: what lies in the store instead.

mod envelope;
mod keys;

pub(crate) use envelope::Envelope;
pub use keys::{SealingKey, SealingKeys};

use super::{BoxFuture, StoreError, StoreErrorKind, Stored, Swap, TokenStore, Version};
use crate::EpochMillis;
use crate::rotation::Document;

/// A store whose documents are sealed (XChaCha20-Poly1305) under a key of yours.
///
/// What lies in the store then tells the account, the generation, what last
/// happened and the name of the key. Whoever may read it learns no token, and
/// what was changed, or moved to another account, does not open. An older sealed
/// document in its place does: against that only the store's own rights help.
/// The [rescue file](crate::Builder::rescue_file) is sealed with the store where that
/// is asked of the [builder](crate::Builder::seal), and not where a `Sealed` is given
/// to it as its store.
///
/// | trouble | what is said |
/// | --- | --- |
/// | the key that is named was not given | which one is missing |
/// | another key was given under that name | that it is the wrong one |
/// | it was sealed for another account | for whom |
/// | a bit of it was changed | that it was changed |
/// | it is not sealed | that it is not, unless that is [allowed](Self::or_unsealed) |
///
/// ```no_run
/// # async fn run(new: [u8; 32], old: [u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
/// use xoxoday_auth::store::{FileStore, Sealed, SealingKeys};
///
/// // What is read with the old key is written with the new one.
/// let keys = SealingKeys::new("2026-11", new).or_opened_by("2025-11", old);
/// let store = Sealed::new(FileStore::new("/var/lib/service/tokens.json"), keys);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Sealed<S> {
    store: S,
    keys: SealingKeys,
    unsealed_too: bool,
}

impl<S: TokenStore> Sealed<S> {
    /// Seals what `store` holds from now on.
    pub fn new(store: S, keys: SealingKeys) -> Self {
        Self {
            store,
            keys,
            unsealed_too: false,
        }
    }

    /// Takes over what is not sealed yet; the next write seals it. For the time
    /// of a change, because whoever may write to the store could do the same.
    #[must_use]
    pub fn or_unsealed(mut self) -> Self {
        self.unsealed_too = true;
        self
    }

    async fn open(&self, document: Document) -> Result<Document, StoreError> {
        let place = self.store.location();
        let unusable = |what: String| {
            let message = format!("cannot open the tokens in {place}: {what}");
            StoreError::new(StoreErrorKind::Unusable, message)
        };
        let Some(envelope) = document.envelope() else {
            return match self.unsealed_too {
                true => Ok(document),
                false => Err(unusable(
                    "they are not sealed; if that is meant to be, allow it with Sealed::or_unsealed".into(),
                )),
            };
        };
        let Some(key) = self.keys.named(&envelope.key).await? else {
            return Err(unusable(format!(
                "they are sealed with the key {:?}, which was not given: add it to those that open",
                envelope.key
            )));
        };
        let opened = envelope.open(&key, &document);
        if opened.is_err() {
            // Whoever was asked for the key may give the right one the next time.
            self.keys.ask_again(&envelope.key);
        }
        opened.map_err(unusable)
    }
}

impl<S: TokenStore> TokenStore for Sealed<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        Box::pin(async move {
            // For what is to be sealed beside the store: see `Seal::sealed`.
            drop(self.keys.current().await);
            Ok(match self.store.load().await? {
                Some(stored) => Some(Stored {
                    version: stored.version,
                    document: self.open(stored.document).await?,
                }),
                None => None,
            })
        })
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            let (name, key) = self.keys.current().await?;
            let sealed = Envelope::seal(document, name, &key, self.store.now())?;
            self.store.compare_and_swap(expected, &sealed).await
        })
    }

    fn now(&self) -> Option<EpochMillis> {
        self.store.now()
    }

    fn changed(&self, known: Version) -> BoxFuture<'_, ()> {
        self.store.changed(known)
    }

    fn is_durable(&self) -> bool {
        self.store.is_durable()
    }

    fn location(&self) -> String {
        format!("{}, sealed", self.store.location())
    }
}

#[cfg(test)]
mod tests;
