//! Where an answer survives that no store takes: a file of its own, picked up by
//! the next rotation or the next start.
//!
//! What lies there and cannot be used may be somebody's last tokens: it is left
//! alone, and ours go into a file beside it, `FILE.1` or one of the next.

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::document::{Account, Document};
use super::merge::outranks;
use crate::store::private_file::PrivateFile;
use crate::store::{Seal, StoreError, StoreErrorKind};

/// How many files there may be beside the one that was named.
const BESIDE: usize = 4;

/// The rescue file of one account.
#[derive(Debug, Clone)]
pub(crate) struct Rescue {
    file: PrivateFile,
    account: Account,
    /// What it is sealed with, if the store is.
    seal: Option<Seal>,
    /// What the last look had to complain of: it is said once.
    complaints: Arc<Mutex<Vec<String>>>,
}

/// What lies in a place.
enum Found {
    Nothing,
    Left(Document),
    /// None of our business, or beyond us; and why.
    Unusable(String),
}

impl Rescue {
    pub(crate) fn new(path: PathBuf, account: Account) -> Self {
        let file = PrivateFile::new(path);
        let complaints = Arc::default();
        Self {
            file,
            account,
            seal: None,
            complaints,
        }
    }

    /// Sealed as the store is.
    pub(crate) fn sealed_by(mut self, seal: Option<Seal>) -> Self {
        self.seal = seal;
        self
    }

    /// What was left there. A file that cannot be used is reported and left
    /// alone: it must not keep the store's own tokens from working.
    pub(crate) fn find(&self) -> Option<Document> {
        self.newest().map(|(_, document)| document)
    }

    /// The same, with its place. What is older has its turn when that is settled.
    pub(crate) fn newest(&self) -> Option<(PrivateFile, Document)> {
        let mut newest: Option<(PrivateFile, Document)> = None;
        let mut complaints = Vec::new();
        for place in self.places() {
            match self.look(&place) {
                Found::Nothing => {}
                Found::Left(document) => {
                    let before = newest.as_ref().map(|(_, document)| document);
                    if before.is_none_or(|before| outranks(&document, before)) {
                        newest = Some((place, document));
                    }
                }
                Found::Unusable(why) => complaints.push(why),
            }
        }
        self.complain(complaints);
        newest
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
        let newest = self.newest();
        let found = newest.as_ref().map(|(_, found)| found);
        if !gives_way(found, document, taken_over) {
            return Ok(());
        }
        let place = match newest {
            Some((place, _)) => place,
            None => self.free_place()?,
        };
        let sealed = self.seal.as_ref().map(|seal| seal.sealed(document));
        match sealed {
            Some(Some(sealed)) => place.replace(&sealed.encode()),
            Some(None) => {
                tracing::error!("the rescue file is written in the clear: there is no key at hand");
                place.replace(&document.encode())
            }
            None => place.replace(&document.encode()),
        }
    }

    /// Removes what has found its place, unless something else has been left
    /// there since.
    pub(crate) fn clear(&self, settled: &Document) {
        let _lock = match self.file.lock() {
            Ok(lock) => lock,
            Err(error) => {
                tracing::warn!(%error, "a rescue file that is no longer needed could not be removed");
                return;
            }
        };
        for place in self.places() {
            if !matches!(self.look(&place), Found::Left(found) if found == *settled) {
                continue;
            }
            if let Err(error) = std::fs::remove_file(place.path()) {
                let path = place.path().display();
                tracing::warn!(%path, %error, "a rescue file that is no longer needed could not be removed");
            }
        }
    }

    /// The file that was named, and those beside it.
    fn places(&self) -> impl Iterator<Item = PrivateFile> {
        let beside = (1..=BESIDE).map(|number| self.file.sibling(&number.to_string()));
        [self.file.clone()]
            .into_iter()
            .chain(beside.map(PrivateFile::new))
    }

    fn look(&self, place: &PrivateFile) -> Found {
        let path = place.path().display();
        let bytes = match place.read() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Found::Nothing,
            Err(error) => return Found::Unusable(error.to_string()),
        };
        let unusable = |why: &dyn Display| Found::Unusable(format!("{path}: {why}"));
        match Document::decode(&bytes) {
            Ok(document) if !document.account().is(&self.account) => {
                unusable(&"it belongs to another account")
            }
            Ok(document) => match (&self.seal, document.is_sealed()) {
                (Some(seal), _) => match seal.opened(document) {
                    Ok(document) => Found::Left(document),
                    Err(why) => unusable(&why),
                },
                (None, true) => unusable(&"it is sealed, and no key was given"),
                (None, false) => Found::Left(document),
            },
            Err(error) => unusable(&error),
        }
    }

    fn free_place(&self) -> Result<PrivateFile, StoreError> {
        let free = |place: &PrivateFile| matches!(self.look(place), Found::Nothing);
        self.places().find(free).ok_or_else(|| {
            StoreError::new(
                StoreErrorKind::Unusable,
                format!(
                    "the rescue file {} and all places beside it are taken by files that cannot be used: move them away",
                    self.file.path().display()
                ),
            )
        })
    }

    /// Says what was not said at the last look: somebody who waits looks often.
    fn complain(&self, complaints: Vec<String>) {
        let said = self.complaints.lock();
        let mut said = said.unwrap_or_else(PoisonError::into_inner);
        for why in complaints.iter().filter(|why| !said.contains(why)) {
            tracing::error!(%why, "a rescue file cannot be used and was left alone");
        }
        *said = complaints;
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use xoxoday_api::number::EpochMillis;

    use super::super::document::Origin;
    use super::super::seed::Seed;
    use super::*;

    fn account() -> Account {
        Account::new("sandbox".into(), "client".into())
    }

    /// What an exchange of the generation before has brought.
    fn successor(generation: u64) -> Document {
        let seed = Seed::new(format!("refresh-{generation}"));
        let mut document = Document::seeded(account(), &seed, EpochMillis::new(5));
        document.0.generation = generation;
        document.0.origin = Some(Origin::new(generation - 1, 1));
        document
    }

    fn rescue() -> (tempfile::TempDir, Rescue) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rescue.json");
        (directory, Rescue::new(path, account()))
    }

    /// What a rescue file may hold that this program must not touch.
    fn unusable() -> [(Vec<u8>, u32); 4] {
        let theirs = Account::new("sandbox".into(), "another".into());
        let theirs = Document::seeded(theirs, &Seed::new("theirs"), EpochMillis::new(5));
        [
            (theirs.encode().to_vec(), 0o600),
            (b"{\"schema\":99}".to_vec(), 0o600),
            (b"{\"schema\":1,".to_vec(), 0o600),
            (successor(2).encode().to_vec(), 0o644),
        ]
    }

    fn put(path: &Path, content: &[u8], mode: u32) {
        fs::write(path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_worth_more_gives_way_only_to_whoever_has_taken_it_over() {
        let (older, newer) = (successor(2), successor(3));
        assert!(gives_way(None, &older, None));
        assert!(gives_way(Some(&older), &newer, None));
        assert!(!gives_way(Some(&newer), &older, None));
        assert!(!gives_way(Some(&newer), &older, Some(&older)));
        assert!(gives_way(Some(&newer), &older, Some(&newer)));
    }

    #[test]
    fn g4_what_cannot_be_used_is_left_alone_and_ours_is_found_beside_it() {
        for (content, mode) in unusable() {
            let (_directory, rescue) = rescue();
            put(rescue.file.path(), &content, mode);
            rescue.keep(&successor(3), None).unwrap();
            assert_eq!(fs::read(rescue.file.path()).unwrap(), content);
            assert_eq!(rescue.find(), Some(successor(3)));
            // Whoever keeps the next one has taken this one over.
            rescue.keep(&successor(4), Some(&successor(3))).unwrap();
            assert_eq!(rescue.find(), Some(successor(4)));
            // The same process, started again.
            let rescue = Rescue::new(rescue.file.path().into(), account());
            assert_eq!(rescue.find(), Some(successor(4)));
            rescue.clear(&successor(4));
            assert_eq!(rescue.find(), None);
            assert_eq!(fs::read(rescue.file.path()).unwrap(), content);
        }
    }

    #[test]
    fn where_no_place_is_left_nothing_is_overwritten() {
        let (_directory, rescue) = rescue();
        let places: Vec<_> = rescue.places().collect();
        for place in &places {
            put(place.path(), b"not ours", 0o600);
        }
        let refused = rescue.keep(&successor(3), None).unwrap_err();
        assert!(refused.to_string().contains("move them away"), "{refused}");
        for place in &places {
            assert_eq!(fs::read(place.path()).unwrap(), b"not ours");
        }
    }

    #[test]
    fn of_several_the_newest_is_found_first() {
        for generations in [[2, 3], [3, 2]] {
            let (_directory, rescue) = rescue();
            for (place, generation) in rescue.places().zip(generations) {
                put(place.path(), &successor(generation).encode(), 0o600);
            }
            assert_eq!(rescue.find(), Some(successor(3)));
            rescue.clear(&successor(3));
            assert_eq!(rescue.find(), Some(successor(2)));
        }
    }

    #[cfg(feature = "seal")]
    #[test]
    fn a_sealed_one_opens_with_its_key_alone_and_is_left_alone_without() {
        use crate::store::SealingKeys;

        let (_directory, plain) = rescue();
        let with = |keys| plain.clone().sealed_by(Some(Seal::with(keys)));
        let sealed = with(SealingKeys::new("new", [7; 32]));
        sealed.keep(&successor(2), None).unwrap();
        let lies_there = fs::read_to_string(plain.file.path()).unwrap();
        assert!(!lies_there.contains("refresh-2"), "{lies_there}");
        assert_eq!(sealed.find(), Some(successor(2)));
        for stranger in [plain.clone(), with(SealingKeys::new("other", [3; 32]))] {
            assert_eq!(stranger.find(), None);
            stranger.keep(&successor(3), None).unwrap();
            assert_eq!(stranger.find(), Some(successor(3)));
            stranger.clear(&successor(3));
        }
        assert_eq!(fs::read_to_string(plain.file.path()).unwrap(), lies_there);
        // What lay there in the clear before is taken over.
        plain.keep(&successor(4), None).unwrap();
        assert_eq!(sealed.find(), Some(successor(4)));
    }
}
