//! A file that only its owner can read, replaced whole or not at all.
//!
//! A new content is written to a temporary file in the same directory (created
//! 0600), synced, renamed over the old one, and the directory is synced. At
//! every moment the path names a whole content, and a crash loses none that was
//! reported as written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{StoreError, StoreErrorKind};

/// How long to wait for the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// A secret's file. Every step is told to `tracing` at its finest level.
#[derive(Debug, Clone)]
pub(crate) struct PrivateFile {
    path: PathBuf,
}

impl PrivateFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // A program that changes its directory must not lose its tokens.
        let path = std::path::absolute(&path).unwrap_or(path);
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The same file, with links followed: a link stays a link.
    pub(crate) fn target(&self) -> Self {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        Self { path }
    }

    /// The content, or `None` where there is no file.
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        self.refuse_if_others_can_read(&file)?;
        let mut bytes = Zeroizing::new(Vec::new());
        let read = file.read_to_end(&mut bytes);
        read.map_err(|error| self.failed("read", &error))?;
        Ok(Some(bytes))
    }

    /// Makes the directory, if it is not there, durably and for this user alone.
    pub(crate) fn make_directory(&self) -> Result<(), StoreError> {
        make_directory(directory_of(&self.path)).map_err(|error| self.failed("write", &error))
    }

    /// Replaces the content, durably. Two who do so at once need a lock.
    pub(crate) fn replace(&self, content: &[u8]) -> Result<(), StoreError> {
        self.make_directory()?;
        self.replace_in_place(content)
            .map_err(|error| self.failed("write", &error))
    }

    fn replace_in_place(&self, content: &[u8]) -> io::Result<()> {
        // One name is enough under a lock; one left by a crash is removed.
        let temporary = self.sibling("tmp");
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        step("create");
        let mut file = open_private(&temporary, OpenOptions::new().create_new(true))?;
        step("write");
        file.write_all(content)?;
        step("sync");
        file.sync_all()?;
        step("rename");
        fs::rename(&temporary, &self.path)?;
        step("sync directory");
        sync_directory(directory_of(&self.path))?;
        step("replaced");
        Ok(())
    }

    /// Keeps others who ask for it away until what is returned is dropped.
    ///
    /// The lock lives in a file of its own because a rename replaces this one.
    /// The kernel drops it with the descriptor, however the process ends.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        step("lock");
        let path = self.sibling("lock");
        let lock = open_private(&path, OpenOptions::new().create(true));
        lock.and_then(|lock| lock_in_time(&lock, LOCK_PATIENCE).map(|()| lock))
            .map_err(|error| self.failed("lock", &error))
    }

    pub(crate) fn failed(&self, what: &str, error: &io::Error) -> StoreError {
        let advice = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "; the user of this program must be able to read and write the file and its directory"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                "; it must be on a file system that can be written"
            }
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => "; make room for it",
            _ => "",
        };
        let path = self.path.display();
        StoreError::new(
            StoreErrorKind::Unavailable,
            format!("cannot {what} the token file {path}: {error}{advice}"),
        )
    }

    pub(crate) fn sibling(&self, extension: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(extension);
        self.path.with_file_name(name)
    }

    #[cfg(unix)]
    fn refuse_if_others_can_read(&self, file: &File) -> Result<(), StoreError> {
        use std::os::unix::fs::PermissionsExt as _;

        let metadata = file.metadata();
        let mode = metadata
            .map_err(|error| self.failed("read", &error))?
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

/// Says what is about to be done: for those who look for where time goes, and
/// for tests that end the process right there.
pub(super) fn step(step: &'static str) {
    tracing::trace!(step, "token file");
}

/// Waits for the lock, but not for ever: its holder may be stopped.
fn lock_in_time(lock: &File, patience: Duration) -> io::Result<()> {
    let give_up = Instant::now() + patience;
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

/// The directory that a path's last part lies in.
fn directory_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Makes a directory, and those above it. Each that is new is synced into its
/// own: else a loss of power could take it, and all that was saved in it.
fn make_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = directory_of(path);
    // Above that there is nothing to be made.
    if above != Path::new(".") {
        make_directory(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // Another process was faster, and may not have synced it yet.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        created => created?,
    }
    step("sync directory above");
    sync_directory(above)
}

/// Makes a rename durable. Windows has no such call, and needs none.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, PrivateFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = PrivateFile::new(directory.path().join("made/on/demand/tokens.json"));
        (directory, file)
    }

    fn read(file: &PrivateFile) -> Option<Vec<u8>> {
        let content = file.read().unwrap();
        content.map(|content| content.to_vec())
    }

    #[test]
    fn what_is_written_is_read_and_replaced_whole() {
        let (_directory, file) = file();
        assert_eq!(read(&file), None);
        for content in [&b"the first, a long one"[..], b"short", b""] {
            file.replace(content).unwrap();
            assert_eq!(read(&file).as_deref(), Some(content));
        }
        assert!(!file.sibling("tmp").exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_file_or_look_into_a_directory_that_was_made() {
        use std::os::unix::fs::PermissionsExt as _;

        let (_directory, file) = file();
        file.replace(b"secret").unwrap();
        drop(file.lock().unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(file.path()), 0o600);
        assert_eq!(mode(&file.sibling("lock")), 0o600);
        assert_eq!(mode(directory_of(file.path())), 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_way_out() {
        use std::os::unix::fs::PermissionsExt as _;

        let (_directory, file) = file();
        file.replace(b"secret").unwrap();
        for mode in [0o601, 0o610, 0o640, 0o604, 0o777] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            let refused = file.read().unwrap_err();
            assert_eq!(refused.kind(), StoreErrorKind::Unusable);
            let told = format!("(mode {mode:04o}): run chmod 600");
            assert!(refused.to_string().contains(&told), "{refused}");
        }
    }

    #[test]
    fn of_many_who_make_a_directory_at_once_all_find_it_made() {
        let directory = tempfile::tempdir().unwrap();
        for round in 0..32 {
            let path = directory.path().join(format!("{round}/made/on/demand"));
            let start = std::sync::Barrier::new(8);
            std::thread::scope(|scope| {
                let makers: Vec<_> = (0..8)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            make_directory(&path)
                        })
                    })
                    .collect();
                for maker in makers {
                    maker.join().unwrap().unwrap();
                }
            });
        }
    }

    #[test]
    fn a_file_in_the_place_of_a_directory_is_in_the_way() {
        let (_directory, file) = file();
        file.replace(b"no directory").unwrap();
        let error = make_directory(file.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_is_not_taken_for_absent() {
        let (_directory, file) = file();
        file.replace(b"no directory").unwrap();
        let below = PrivateFile::new(file.path().join("tokens.json"));
        let error = below.read().unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    }

    #[test]
    fn what_stands_in_the_way_of_a_write_is_named() {
        let (_directory, file) = file();
        fs::create_dir_all(file.sibling("tmp")).unwrap();
        let error = file.replace_in_place(b"content").unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::AlreadyExists, "{error}");
    }

    #[test]
    fn a_failure_says_what_to_do_about_it() {
        let (_directory, file) = file();
        for (kind, advice) in [
            (io::ErrorKind::PermissionDenied, "the user of this program"),
            (io::ErrorKind::ReadOnlyFilesystem, "that can be written"),
            (io::ErrorKind::StorageFull, "make room"),
            (io::ErrorKind::QuotaExceeded, "make room"),
            (io::ErrorKind::FileTooLarge, "make room"),
        ] {
            let failed = file.failed("write", &kind.into());
            assert_eq!(failed.kind(), StoreErrorKind::Unavailable);
            assert!(failed.to_string().contains(advice), "{failed}");
        }
    }

    #[test]
    fn a_lock_keeps_others_out_until_it_is_dropped_and_is_not_waited_for_for_ever() {
        let (_directory, file) = file();
        file.make_directory().unwrap();
        let other = || open_private(&file.sibling("lock"), OpenOptions::new().create(true));
        let held = file.lock().unwrap();
        let (started, patience) = (Instant::now(), Duration::from_millis(20));
        let late = lock_in_time(&other().unwrap(), patience).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() >= patience);

        drop(held);
        lock_in_time(&other().unwrap(), patience).unwrap();
    }
}
