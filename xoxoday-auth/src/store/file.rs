//! The default store: one file.
//!
//! A swap holds a kernel lock on a file beside it, writes a temporary file in
//! the same directory (created 0600), syncs it, renames it over the old one
//! and syncs the directory. At every moment the path names a whole document,
//! and a crash leaves no lock behind.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{BoxFuture, StoreError, StoreErrorKind, Stored, Swap, TokenStore, Version};
use crate::rotation::Document;

/// Keeps the tokens in a file that only its owner can read.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

/// How long a swap waits for the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

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
        let path = path.into();
        // A program that changes its directory must not lose its tokens.
        let path = std::path::absolute(&path).unwrap_or(path);
        Self { path }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self) -> Result<Option<Stored>, StoreError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        self.refuse_if_others_can_read(&file)?;
        let mut bytes = Zeroizing::new(Vec::new());
        io::Read::read_to_end(&mut file, &mut bytes).map_err(|e| self.failed("read", &e))?;
        self.decode(&bytes).map(Some)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Stored, StoreError> {
        let unusable = |what: &dyn std::fmt::Display| {
            let advice = "it was left untouched; restore it from a copy, or move it away and bring in new tokens from the dashboard";
            StoreError::new(
                StoreErrorKind::Unusable,
                format!("cannot use {}: {what}; {advice}", self.path.display()),
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
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        Self { path: target }.swap_target(expected, document)
    }

    fn swap_target(&self, expected: Version, document: &Document) -> Result<Swap, StoreError> {
        let directory = self.directory();
        create_directory(directory).map_err(|e| self.failed("write", &e))?;
        // The lock lives in a file of its own because the rename replaces the
        // token file. The kernel drops it with the descriptor, however the
        // process ends.
        let lock = open_private(&self.sibling("lock"), OpenOptions::new().create(true))
            .map_err(|e| self.failed("lock", &e))?;
        lock_in_time(&lock).map_err(|e| self.failed("lock", &e))?;

        let current = self.read()?.map_or(Version::EMPTY, |stored| stored.version);
        if current != expected {
            return Ok(Swap::Conflict);
        }
        let version = expected.next();
        self.replace(version, document)
            .and_then(|()| sync_directory(directory))
            .map_err(|e| self.failed("write", &e))?;
        Ok(Swap::Done(version))
    }

    fn replace(&self, version: Version, document: &Document) -> io::Result<()> {
        let document = document.encode();
        let bytes = Zeroizing::new(serde_json::to_vec(&Envelope {
            version: version.get(),
            document: serde_json::from_slice(&document)?,
        })?);
        // Under the lock one name is enough; one left by a crash is removed.
        let temporary = self.sibling("tmp");
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = open_private(&temporary, OpenOptions::new().create_new(true))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }

    fn sibling(&self, extension: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(extension);
        self.path.with_file_name(name)
    }

    fn failed(&self, what: &str, error: &io::Error) -> StoreError {
        StoreError::new(
            StoreErrorKind::Unavailable,
            format!(
                "cannot {what} the token file {}: {error}",
                self.path.display()
            ),
        )
    }

    #[cfg(unix)]
    fn refuse_if_others_can_read(&self, file: &File) -> Result<(), StoreError> {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = file
            .metadata()
            .map_err(|e| self.failed("read", &e))?
            .permissions()
            .mode();
        if mode & 0o077 == 0 {
            return Ok(());
        }
        Err(StoreError::new(
            StoreErrorKind::Unusable,
            format!(
                "others can read the token file {path} (mode {mode:04o}): run chmod 600 {path}",
                path = self.path.display(),
                mode = mode & 0o7777
            ),
        ))
    }

    #[cfg(not(unix))]
    fn refuse_if_others_can_read(&self, _: &File) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Waits for the lock, but not for ever: its holder may be stopped.
fn lock_in_time(lock: &File) -> io::Result<()> {
    let give_up = Instant::now() + LOCK_PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => {
                // The kernel has no lock with a deadline; a swap takes milliseconds.
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another process has held it for 10 s: is one stopped?",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true).open(path)
}

/// Makes a rename durable. Windows has no such call, and needs none.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
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
        fs::write(store.sibling("tmp"), "half a doc").unwrap();
        fs::write(store.sibling("lock"), "").unwrap();
        assert_eq!(
            store.swap(Version::EMPTY, &document()),
            Ok(Swap::Done(Version::new(1)))
        );
        assert!(!store.sibling("tmp").exists());
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
