//! Where an answer survives that no store takes: a file of its own, written as
//! soon as saving fails, and picked up by the next rotation or the next start.

use std::io;
use std::path::{Path, PathBuf};

use super::document::{Account, Document};
use super::merge::outranks;
use crate::store::StoreError;
use crate::store::private_file::PrivateFile;

/// The rescue file of one account.
#[derive(Debug, Clone)]
pub(crate) struct Rescue {
    file: PrivateFile,
    account: Account,
}

impl Rescue {
    pub(crate) fn new(path: PathBuf, account: Account) -> Self {
        let file = PrivateFile::new(path);
        Self { file, account }
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// What was left there. A file that cannot be used is reported and left
    /// alone: it must not keep the store's own tokens from working.
    pub(crate) fn find(&self) -> Option<Document> {
        let path = self.path().display();
        let bytes = match self.file.read() {
            Ok(bytes) => bytes?,
            Err(error) => {
                tracing::error!(%path, %error, "the rescue file could not be read");
                return None;
            }
        };
        match Document::decode(&bytes) {
            Ok(document) if document.account().is(&self.account) => Some(document),
            Ok(_) => {
                tracing::error!(%path, "the rescue file belongs to another account");
                None
            }
            Err(error) => {
                tracing::error!(%path, %error, "the rescue file cannot be used");
                None
            }
        }
    }

    /// Leaves a document there, in the place of one that was taken over. What
    /// another process has left is not overwritten if it is worth more.
    pub(crate) fn keep(
        &self,
        document: &Document,
        taken_over: Option<&Document>,
    ) -> Result<(), StoreError> {
        self.file.make_directory()?;
        let _lock = self.file.lock()?;
        let found = self.find();
        if !gives_way(found.as_ref(), document, taken_over) {
            return Ok(());
        }
        self.file.replace(&document.encode())
    }

    /// Removes what has found its place, unless something else has been left
    /// there since.
    pub(crate) fn clear(&self, settled: &Document) {
        let Ok(_lock) = self.file.lock() else {
            return;
        };
        if self.find().as_ref() != Some(settled) {
            return;
        }
        match std::fs::remove_file(self.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let path = self.path().display();
                tracing::warn!(%path, %error, "a rescue file that is no longer needed could not be removed");
            }
            _ => {}
        }
    }
}

/// Whether what is found in the file may be overwritten with a document.
pub(super) fn gives_way(
    found: Option<&Document>,
    document: &Document,
    taken_over: Option<&Document>,
) -> bool {
    found.is_none_or(|found| Some(found) == taken_over || outranks(document, found))
}
