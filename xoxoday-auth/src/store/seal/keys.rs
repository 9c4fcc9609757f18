//! The keys, and whom to ask for them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use crate::lock::lock;
use crate::store::{BoxFuture, StoreError, StoreErrorKind};

/// 256 bits that nobody else has. Overwritten when they are dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for SealingKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey")
    }
}

/// Gives a key by its name.
type Ask = dyn Fn(String) -> BoxFuture<'static, Result<SealingKey, StoreError>> + Send + Sync;

/// The key that seals, those that open besides, and their names, which are no
/// secret.
#[derive(Clone)]
pub struct SealingKeys {
    current: String,
    known: Arc<Mutex<HashMap<String, SealingKey>>>,
    ask: Option<Arc<Ask>>,
}

impl SealingKeys {
    /// What is written from now on is sealed with this key.
    pub fn new(name: impl Into<String>, key: impl Into<SealingKey>) -> Self {
        let current = name.into();
        let keys = Self {
            current: current.clone(),
            known: Arc::default(),
            ask: None,
        };
        keys.or_opened_by(current, key)
    }

    /// What is written from now on is sealed with the key of this name. Each key
    /// is asked for when it is first needed, of a key management service perhaps,
    /// and kept in memory. One that cannot be had now is
    /// [`StoreErrorKind::Unavailable`], one that does not exist
    /// [`StoreErrorKind::Unusable`].
    ///
    /// A rotation asks on a runtime of its own: see [`TokenStore`](crate::TokenStore).
    pub fn asked_for<F>(
        name: impl Into<String>,
        ask: impl Fn(String) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<SealingKey, StoreError>> + Send + 'static,
    {
        Self {
            current: name.into(),
            known: Arc::default(),
            ask: Some(Arc::new(move |name| Box::pin(ask(name)))),
        }
    }

    /// What was sealed with this key opens too.
    #[must_use]
    pub fn or_opened_by(mut self, name: impl Into<String>, key: impl Into<SealingKey>) -> Self {
        // Clones keep what they know.
        let known = {
            let known = lock(&self.known);
            known.clone()
        };
        self.known = Arc::new(Mutex::new(known));
        self.keep(name.into(), key.into());
        self
    }

    fn keep(&self, name: String, key: SealingKey) {
        let mut known = lock(&self.known);
        known.insert(name, key);
    }

    /// Forgets a key that did not open, if there is somebody to ask for it.
    pub(super) fn ask_again(&self, name: &str) {
        if self.ask.is_some() {
            let mut known = lock(&self.known);
            known.remove(name);
        }
    }

    /// The key of a name, if nobody has to be asked for it.
    pub(crate) fn at_hand(&self, name: &str) -> Option<SealingKey> {
        lock(&self.known).get(name).cloned()
    }

    /// The key that seals, if nobody has to be asked for it.
    pub(crate) fn current_at_hand(&self) -> Option<(&str, SealingKey)> {
        let key = self.at_hand(&self.current)?;
        Some((&self.current, key))
    }

    /// The key of a name, or `None` if nobody has it.
    pub(super) async fn named(&self, name: &str) -> Result<Option<SealingKey>, StoreError> {
        let known = self.at_hand(name);
        let (None, Some(ask)) = (&known, &self.ask) else {
            return Ok(known);
        };
        let key = ask(name.to_owned()).await?;
        self.keep(name.to_owned(), key.clone());
        Ok(Some(key))
    }

    /// The key that seals.
    pub(super) async fn current(&self) -> Result<(&str, SealingKey), StoreError> {
        match self.named(&self.current).await? {
            Some(key) => Ok((&self.current, key)),
            None => Err(StoreError::new(
                StoreErrorKind::Unusable,
                "there is no key to seal the tokens with",
            )),
        }
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}
