//! Where the tokens survive.
//!
//! A store keeps one account's [`Document`] and does two things: load it, and
//! swap it for a new one if nobody else has in the meantime. Everything else
//! is above it. [`FileStore`] is the default; [`MemoryStore`] is for tests; and
//! `PostgresStore` (feature `postgres`) is for replicas that share an account.

#[cfg(any(feature = "postgres", feature = "seal"))]
mod event;
mod file;
mod home;
mod memory;
mod name;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod private_file;
#[cfg(feature = "seal")]
mod seal;
mod seal_choice;
mod time_limit;

use std::fmt;
use std::sync::Arc;

use xoxoday_api::number::EpochMillis;

pub use file::FileStore;
pub(crate) use home::{default_store, state_file};
pub use memory::MemoryStore;
pub(crate) use name::StoreName;
pub(crate) use place::{Choice, Place};
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "seal")]
pub(crate) use seal::Envelope;
#[cfg(feature = "seal")]
pub use seal::{Sealed, SealingKey, SealingKeys};
pub(crate) use seal_choice::Seal;
pub(crate) use time_limit::in_time;
pub use xoxoday_api::transport::BoxFuture;

use crate::rotation::Document;

/// Keeps one account's token document.
///
/// What an implementation must reckon with:
///
/// - **Several runtimes.** A client opens its store on the caller's runtime; each
///   rotation has a thread and a current-thread runtime of its own, gone when it
///   is over. A pool of connections whose tasks live on one runtime must do its
///   work there, and not take the caller's for it.
/// - **A time limit.** A future is dropped when the
///   [lease](crate::Builder::rotation_lease) has passed without an answer; a
///   store that blocks the thread cannot be given up on, so slow work belongs
///   elsewhere. The work may go on: a swap that was given up on may still
///   succeed. Whoever asked reads the store again before it acts.
/// - **A panic** in a rotation ends that rotation, and nothing else.
///
/// To drop the last client waits for a rotation under way, so it blocks its
/// thread while an exchange is saved: a store must not need that very thread.
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// The document as it is now, or `None` where there is none yet.
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>>;

    /// Replaces the document of version `expected` durably, or reports that
    /// another one stands there. When this returns [`Swap::Done`], the document
    /// survives the loss of power.
    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>>;

    /// The time by a clock of the store's own, as the last load has shown it.
    /// Whoever shares such a store tells and keeps every moment in the document
    /// by that clock, so that their machines' clocks need not agree. By default
    /// a store has none, and each goes by its machine's.
    ///
    /// Asked for right after a load and after a swap: it must go on by a clock that
    /// nobody sets, whatever the machine's shows. It may be late, by less than
    /// half a second, and must not be early.
    fn now(&self) -> Option<EpochMillis> {
        None
    }

    /// Returns when the store holds another version than `known`, as soon as it
    /// learns of it: so a client that [keeps its tokens
    /// fresh](crate::Builder::keep_fresh) takes over what others have brought.
    /// By default it never returns, and others' tokens are found when ours are
    /// rejected or due.
    fn changed(&self, known: Version) -> BoxFuture<'_, ()> {
        let _ = known;
        Box::pin(std::future::pending())
    }

    /// Whether what is stored here outlives the process.
    fn is_durable(&self) -> bool {
        true
    }

    /// Where it is, for people: `file:/var/lib/…`. No password of a database.
    fn location(&self) -> String {
        "a store of another kind".into()
    }
}

/// A store that is shared.
impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        (**self).load()
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        (**self).compare_and_swap(expected, document)
    }

    fn now(&self) -> Option<EpochMillis> {
        (**self).now()
    }

    fn changed(&self, known: Version) -> BoxFuture<'_, ()> {
        (**self).changed(known)
    }

    fn is_durable(&self) -> bool {
        (**self).is_durable()
    }

    fn location(&self) -> String {
        (**self).location()
    }
}

/// A document and the version under which it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Hash))]
pub struct Stored {
    /// The version to expect at the next swap.
    pub version: Version,
    /// The document.
    pub document: Document,
}

/// Counts the writes to a store, whatever they changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a store that holds nothing.
    pub const EMPTY: Self = Self(0);

    /// A version out of the store's own record of it.
    pub const fn new(version: u64) -> Self {
        Self(version)
    }

    /// The number that the store records.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// How a swap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Swap {
    /// The document is stored, durably, under this version.
    Done(Version),
    /// Another document stands there; nothing was written.
    Conflict,
}

/// A store that could not be read or written. Says where and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Hash))]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
}

/// What kind of trouble a store is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Hash))]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It cannot be reached, read or written now: worth trying again.
    Unavailable,
    /// What it holds must not be used as it is: a person must look.
    Unusable,
}

impl StoreError {
    /// An error of a store of your own. The message must not hold a secret.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store of somebody else's that says no more than it must.
    #[derive(Debug)]
    struct Terse;

    impl TokenStore for Terse {
        fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
            Box::pin(std::future::ready(Ok(None)))
        }

        fn compare_and_swap<'a>(
            &'a self,
            expected: Version,
            _: &'a Document,
        ) -> BoxFuture<'a, Result<Swap, StoreError>> {
            Box::pin(std::future::ready(Ok(Swap::Done(expected.next()))))
        }
    }

    #[test]
    fn a_store_counts_as_durable_and_of_another_kind_unless_it_says_otherwise() {
        assert!(Terse.is_durable());
        assert!(Terse.location().contains("another kind"));
    }

    #[test]
    fn an_error_keeps_its_kind_and_shows_its_message() {
        for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Unusable] {
            let error = StoreError::new(kind, "the database is down");
            assert_eq!(error.kind(), kind);
            assert_eq!(error.to_string(), "the database is down");
        }
    }
}
