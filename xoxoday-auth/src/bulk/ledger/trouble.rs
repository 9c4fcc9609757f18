//! What is wrong with a ledger, in words that say what to do.

use std::io::{self, ErrorKind as Io};
use std::path::Path;

use crate::error::{Error, ErrorKind};

/// Says what went wrong in the store of a ledger.
pub(super) fn of_store(path: &Path, error: &redb::Error) -> Error {
    match error {
        redb::Error::DatabaseAlreadyOpen => locked(path),
        redb::Error::Io(error) => of_io(path, error),
        redb::Error::PreviousIo | redb::Error::DatabaseClosed => {
            let path = path.display();
            Error::new(
                ErrorKind::Unavailable,
                format!("the ledger {path} could not be written before: open it again"),
            )
        }
        other => damaged(path, &other.to_string()),
    }
}

pub(super) fn of_io(path: &Path, error: &io::Error) -> Error {
    let advice = match error.kind() {
        Io::InvalidData | Io::UnexpectedEof => return damaged(path, &error.to_string()),
        Io::PermissionDenied => "; this user must be able to read and write it and its directory",
        Io::ReadOnlyFilesystem => "; it must be on a file system that can be written",
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => "; make room for it",
        _ => "",
    };
    let path = path.display();
    Error::new(
        ErrorKind::Unavailable,
        format!("cannot read or write the ledger {path}: {error}{advice}"),
    )
}

pub(super) fn locked(path: &Path) -> Error {
    let path = path.display();
    Error::new(
        ErrorKind::Unavailable,
        format!("another run holds the ledger {path}: wait until it has ended, or end it"),
    )
}

/// Somebody was faster.
pub(super) fn changed(path: &Path, row: u64) -> Error {
    let path = path.display();
    Error::new(
        ErrorKind::Unavailable,
        format!(
            "row {row} of the ledger {path} has changed meanwhile: nothing was written; open it again"
        ),
    )
}

/// At some damage the store panics.
pub(super) fn contradictory(path: &Path) -> Error {
    damaged(path, "it contradicts itself")
}

/// No ledger, or what is left of one.
pub(super) fn damaged(path: &Path, how: &str) -> Error {
    let path = path.display();
    Error::new(
        ErrorKind::InvalidInput,
        format!(
            "{path} is no ledger, or a damaged one ({how}); nothing more is sent. Keep it as it \
             is, and look at the balances before these rows are sent with another: an older copy \
             does not know what was sent since"
        ),
    )
}

pub(super) fn newer(path: &Path, version: u64) -> Error {
    let path = path.display();
    Error::new(
        ErrorKind::InvalidInput,
        format!(
            "the ledger {path} was written by a newer version of this program (format {version}); \
             nothing was sent: use that version"
        ),
    )
}

pub(super) fn another(path: &Path, what: &str, theirs: &str, ours: &str) -> Error {
    let path = path.display();
    Error::new(
        ErrorKind::InvalidInput,
        format!(
            "the ledger {path} belongs to another send: {what} there is {theirs}, here {ours}; \
             nothing was sent. Take another ledger, or what this one belongs to"
        ),
    )
}
