//! What is looked at before the store opens a ledger.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::trouble;
use crate::error::Error;

/// Keeps other runs away until it is dropped. The lock lies in a file of its own:
/// it is there before the ledger is.
pub(super) fn lock(path: &Path) -> Result<File, Error> {
    let lock = private(&sibling(path, "lock"), OpenOptions::new().create(true));
    let lock = lock.map_err(|error| trouble::of_io(path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(trouble::locked(path)),
        Err(TryLockError::Error(error)) => Err(trouble::of_io(path, &error)),
    }
}

/// A file that only its owner can read: addresses and names are in it.
pub(super) fn private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.read(true).write(true).open(path)
}

/// A private file that nobody else has opened, in the place of what lay there.
pub(crate) fn fresh(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    private(path, OpenOptions::new().create_new(true))
}

pub(crate) fn sibling(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    path.with_file_name(name)
}

/// Makes a new name durable. Windows has no such call, and needs none.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = match path.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    match cfg!(unix) {
        true => File::open(directory)?.sync_all(),
        false => Ok(()),
    }
}

/// Whether a file is as long as its header says. The store panics where it is
/// not; the header's layout is that of redb's format 3, which it promises to keep:
/// magic number, flags, page size, then the regions' sizes and how many there are.
pub(super) fn is_whole(file: &mut File) -> io::Result<bool> {
    const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";
    const LENGTH: usize = 320;

    let mut header = [0; LENGTH];
    match file.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    let number = |at: usize| {
        let bytes = header.get(at..at + 4).and_then(|it| it.try_into().ok());
        u64::from(u32::from_le_bytes(bytes.unwrap_or_default()))
    };
    let [page, above, most, full, trailing] = [12, 16, 20, 24, 28].map(number);
    let in_last = match trailing {
        0 => 0,
        pages => above + pages,
    };
    let pages = (above + most)
        .checked_mul(full)
        .and_then(|pages| pages.checked_add(in_last + 1));
    let length = pages.and_then(|pages| pages.checked_mul(page));
    let known = header.starts_with(MAGIC) && page == 4096;
    let found = file.metadata()?.len();
    Ok(known && length.is_some_and(|length| length > page && found >= length))
}
