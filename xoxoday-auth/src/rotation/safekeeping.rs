//! Sees to it that an answer lies on a disk: in the store or, while that fails
//! or takes long, in the rescue file, which it leaves when it has found its place.
//!
//! The rescue file is read and written on other threads than the rotation's: a
//! disk that hangs must not hold up the save.

use std::pin::pin;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::document::Document;
use super::rescue::Rescue;
use crate::store::{StoreError, StoreErrorKind};

/// How long a save may take before the rescue file is written as well.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is in the rescue file.
pub(super) async fn find(rescue: Option<&Rescue>) -> Option<Document> {
    let rescue = rescue?.clone();
    spawn_blocking(move || rescue.find()).await.ok().flatten()
}

/// Writes the rescue file; returns what now lies there in safety.
pub(super) fn keep(
    rescue: &Rescue,
    unsaved: Document,
    instead_of: Option<&Document>,
) -> Option<Document> {
    match rescue.keep(&unsaved, instead_of) {
        Ok(()) => Some(unsaved),
        Err(error) => {
            complain(&error);
            None
        }
    }
}

fn complain(error: &StoreError) {
    tracing::error!(%error, "the rescue file could not be written either: if this process ends before the token store is mended, a person must log in");
}

/// The safety of what one rotation brings.
#[derive(Debug)]
pub(super) struct Safekeeping {
    rescue: Option<Rescue>,
    /// What this rotation has put into the rescue file.
    kept: Option<Document>,
    /// It is being put there.
    keeping: Option<JoinHandle<Option<Document>>>,
}

impl Safekeeping {
    pub(super) fn new(rescue: Option<&Rescue>) -> Self {
        Self {
            rescue: rescue.cloned(),
            kept: None,
            keeping: None,
        }
    }

    /// Waits for a save. If it takes long, what it saves is rescued beside it:
    /// the process may end before it is known whether the save has failed.
    pub(super) async fn beside<T>(
        &mut self,
        save: impl Future<Output = T>,
        unsaved: impl FnOnce() -> Option<Document>,
    ) -> T {
        let mut save = pin!(save);
        if let Ok(saved) = timeout(PATIENCE, &mut save).await {
            return saved;
        }
        if let (Some(rescue), Some(unsaved)) = (self.rescue.clone(), unsaved()) {
            self.catch_up(Duration::ZERO).await;
            if self.kept.as_ref() != Some(&unsaved) {
                tracing::warn!("the token store is slow to save the answer to an exchange");
                let instead_of = self.kept.take();
                let keep = move || keep(&rescue, unsaved, instead_of.as_ref());
                self.keeping = Some(spawn_blocking(keep));
            }
        }
        save.await
    }

    /// Takes note of what was kept, if that is done in time. If it is not, it is
    /// found and settled by the next rotation.
    async fn catch_up(&mut self, limit: Duration) {
        if let Some(keeping) = self.keeping.take()
            && let Ok(Ok(kept)) = timeout(limit, keeping).await
        {
            self.kept = kept;
        }
    }

    /// At the end of the rotation: what no store holds goes to the rescue file,
    /// and what has found its place leaves it. `limit` is for a disk that hangs.
    pub(super) async fn settle(
        mut self,
        unsaved: Option<Document>,
        taken_over: Option<Document>,
        limit: Duration,
    ) {
        self.catch_up(PATIENCE).await;
        let Some(rescue) = self.rescue else {
            return;
        };
        let there: Vec<_> = [taken_over, self.kept].into_iter().flatten().collect();
        let work = match unsaved {
            Some(unsaved) if there.last() == Some(&unsaved) => return,
            Some(unsaved) => {
                let last = there.into_iter().next_back();
                spawn_blocking(move || drop(keep(&rescue, unsaved, last.as_ref())))
            }
            None if there.is_empty() => return,
            None => spawn_blocking(move || there.iter().for_each(|it| rescue.clear(it))),
        };
        if timeout(limit, work).await.is_err() {
            let what = "it does not answer";
            complain(&StoreError::new(StoreErrorKind::Unavailable, what));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;
    use xoxoday_api::number::EpochMillis;

    use super::super::document::{Account, Origin};
    use super::super::seed::Seed;
    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn account() -> Account {
        Account::new("sandbox".into(), "client".into())
    }

    fn successor(generation: u64) -> Document {
        let seed = Seed::new(format!("refresh-{generation}"));
        let mut document = Document::seeded(account(), &seed, EpochMillis::new(5));
        document.0.generation = generation;
        document.0.seeds.truncate(0);
        document.0.origin = Some(Origin::new(generation - 1, 1));
        document
    }

    #[tokio::test(start_paused = true)]
    async fn g4_each_answer_that_is_long_in_being_saved_is_rescued() {
        let directory = tempfile::tempdir().unwrap();
        let rescue = Rescue::new(directory.path().join("rescue"), account());
        let mut safekeeping = Safekeeping::new(Some(&rescue));
        safekeeping.beside(sleep(LONG), || None).await;
        assert_eq!(rescue.find(), None);
        for generation in [2, 3] {
            let unsaved = successor(generation);
            let save = sleep(LONG);
            safekeeping.beside(save, || Some(unsaved.clone())).await;
            assert_eq!(rescue.find(), Some(unsaved));
        }
        safekeeping.settle(None, None, LONG).await;
        assert_eq!(rescue.find(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn g4_a_rescue_that_failed_is_tried_again_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("taken");
        std::fs::write(&place, "by a file").unwrap();
        let rescue = Rescue::new(place.join("rescue"), account());
        let mut safekeeping = Safekeeping::new(Some(&rescue));
        let unsaved = Some(successor(2));
        let save = sleep(LONG);
        safekeeping.beside(save, || unsaved.clone()).await;
        assert_eq!(rescue.find(), None);
        std::fs::remove_file(&place).unwrap();
        safekeeping.settle(unsaved.clone(), None, LONG).await;
        assert_eq!(rescue.find(), unsaved);
    }
}
