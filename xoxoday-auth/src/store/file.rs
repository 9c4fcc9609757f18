//! The default store: one file.
//!
//! A swap holds a kernel lock on a file beside it, so that a crash leaves no
//! lock behind, and [replaces](PrivateFile::replace) the file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::private_file::{PrivateFile, step};
use super::{BoxFuture, StoreError, StoreErrorKind, Stored, Swap, TokenStore, Version};
use crate::rotation::Document;

/// Keeps the tokens in a file that only its owner can read.
#[derive(Debug, Clone)]
pub struct FileStore {
    file: PrivateFile,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    version: u64,
    #[serde(borrow)]
    document: &'a RawValue,
}

impl FileStore {
    /// A store in the file at `path`. The file and its directory are made at
    /// the first write.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let file = PrivateFile::new(path);
        Self { file }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    fn read(&self) -> Result<Option<Stored>, StoreError> {
        match self.file.read()? {
            Some(bytes) => self.decode(&bytes).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<Stored, StoreError> {
        let unusable = |what: &dyn std::fmt::Display| {
            let advice = "it was left untouched; restore it from a copy, or move it away and bring in new tokens from the dashboard";
            StoreError::new(
                StoreErrorKind::Unusable,
                format!("cannot use {}: {what}; {advice}", self.path().display()),
            )
        };
        if bytes.is_empty() {
            return Err(unusable(&"it is empty"));
        }
        let envelope: Envelope<'_> = serde_json::from_slice(bytes).map_err(|error| {
            unusable(&format_args!(
                "it is no token file (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        let document =
            Document::decode(envelope.document.get().as_bytes()).map_err(|e| unusable(&e))?;
        if envelope.version == 0 || envelope.version == u64::MAX {
            return Err(unusable(&"its version is none that this program writes"));
        }
        Ok(Stored {
            version: Version::new(envelope.version),
            document,
        })
    }

    fn swap(&self, expected: Version, document: &Document) -> Result<Swap, StoreError> {
        let file = self.file.target();
        file.make_directory()?;
        let _lock = file.lock()?;
        step("compare");
        let current = Self { file: file.clone() }.read()?;
        if current.map_or(Version::EMPTY, |stored| stored.version) != expected {
            return Ok(Swap::Conflict);
        }
        let version = expected.next();
        let content = envelope(version, document);
        file.replace(&content.map_err(|error| file.failed("write", &error.into()))?)?;
        Ok(Swap::Done(version))
    }
}

fn envelope(version: Version, document: &Document) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    let document = document.encode();
    let envelope = Envelope {
        version: version.get(),
        document: serde_json::from_slice(&document)?,
    };
    serde_json::to_vec(&envelope).map(Zeroizing::new)
}

impl TokenStore for FileStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        let store = self.clone();
        blocking(move || store.read())
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        let store = self.clone();
        let document = document.clone();
        blocking(move || store.swap(expected, &document))
    }

    fn location(&self) -> String {
        format!("file:{}", self.path().display())
    }
}

/// Disk work, off the threads that drive the program.
fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> BoxFuture<'static, Result<T, StoreError>> {
    Box::pin(async move {
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
            Err(StoreError::new(
                StoreErrorKind::Unavailable,
                "work on the token file was interrupted because the program is shutting down",
            ))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rotation::{Account, Seed};
    use xoxoday_api::number::EpochMillis;

    fn document() -> Document {
        let account = Account::new("sandbox".into(), "client".into());
        Document::seeded(account, &Seed::new("refresh"), EpochMillis::new(5))
    }

    fn store() -> (tempfile::TempDir, FileStore) {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::new(directory.path().join("tokens.json"));
        (directory, store)
    }

    #[test]
    fn of_many_writers_of_one_version_one_wins() {
        let (_directory, store) = store();
        let start = std::sync::Barrier::new(8);
        let done = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        store.swap(Version::EMPTY, &document()).unwrap()
                    })
                })
                .collect();
            let swaps = writers.into_iter().map(|writer| writer.join().unwrap());
            swaps.filter(|swap| *swap != Swap::Conflict).count()
        });
        assert_eq!(done, 1);
        let stored = store.read().unwrap().unwrap();
        assert_eq!(
            (stored.version, stored.document),
            (Version::new(1), document())
        );
    }

    #[test]
    fn what_a_crash_left_behind_does_not_stand_in_the_way() {
        let (_directory, store) = store();
        fs::write(store.file.sibling("tmp"), "half a doc").unwrap();
        fs::write(store.file.sibling("lock"), "").unwrap();
        assert_eq!(
            store.swap(Version::EMPTY, &document()),
            Ok(Swap::Done(Version::new(1)))
        );
        assert!(!store.file.sibling("tmp").exists());
    }

    #[tokio::test]
    async fn what_is_swapped_in_is_what_another_handle_loads() {
        let (_directory, store) = store();
        let other = FileStore::new(store.path());
        assert_eq!(other.load().await, Ok(None));
        let first = Version::EMPTY.next();
        for (expected, swap) in [
            (first, Swap::Conflict),
            (Version::EMPTY, Swap::Done(first)),
            (Version::EMPTY, Swap::Conflict),
        ] {
            let swapped = store.compare_and_swap(expected, &document()).await;
            assert_eq!(swapped, Ok(swap));
        }
        let stored = Stored {
            version: first,
            document: document(),
        };
        assert_eq!(other.load().await, Ok(Some(stored)));
    }

    #[test]
    fn a_store_says_where_it_is() {
        let (_directory, store) = store();
        assert!(store.path().ends_with("tokens.json"));
        let path = store.path().display();
        assert_eq!(store.location(), format!("file:{path}"));
        assert!(store.is_durable());
    }

    #[test]
    fn a_version_that_no_swap_writes_is_refused() {
        let (_directory, store) = store();
        let decoded = |version: u64| {
            let bytes = envelope(Version::new(version), &document()).unwrap();
            store.decode(&bytes).map(|stored| stored.version.get())
        };
        for version in [1, 2, u64::MAX - 1] {
            assert_eq!(decoded(version), Ok(version));
        }
        for version in [0, u64::MAX] {
            let refused = decoded(version).unwrap_err();
            assert_eq!(refused.kind(), StoreErrorKind::Unusable);
            assert!(refused.to_string().contains("its version"), "{refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let (directory, store) = store();
        let _ = store.swap(Version::EMPTY, &document()).unwrap();
        let link = directory.path().join("link.json");
        std::os::unix::fs::symlink(store.path(), &link).unwrap();
        let linked = FileStore::new(&link);
        let _ = linked.swap(Version::new(1), &document()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(store.read().unwrap().unwrap().version, Version::new(2));
    }
}
