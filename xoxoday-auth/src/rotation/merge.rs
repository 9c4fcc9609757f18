//! Brings an answer together with what another writer has stored meanwhile.

use super::document::{Document, Origin};
use super::verdict::Verdict;
use crate::store::{Stored, Version};

/// What is to be done about an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Merge {
    /// Nothing: what it brought is stored.
    Stored(Stored),
    /// Swap this document in at this version.
    Save(Stored),
    /// Swap in their document with our brake, for this reason.
    Brake(Stored, String),
    /// Drop it: theirs counts.
    GiveWay(Option<Stored>),
}

/// Decides between an answer and the document that stands where it should go.
pub(super) fn merge(answer: Document, stored: Option<Stored>) -> Merge {
    let (ours, verdict) = answer.clone().settled();
    let holds_tokens = matches!(verdict, None | Some(Verdict::Granted(_)));
    let Some(stored) = stored else {
        // Somebody has removed the file: ours is all that is left.
        return match holds_tokens {
            true => Merge::Save(at(Version::EMPTY, ours)),
            false => Merge::GiveWay(None),
        };
    };
    if stored.document == answer {
        return Merge::Stored(stored);
    }
    let version = stored.version;
    if stored.document.0.staged.is_none()
        && stored.document.attempt().is_some()
        && stored.document.attempt() == answer.attempt()
    {
        return Merge::Save(at(version, answer));
    }
    let (theirs, _) = stored.document.clone().settled();
    match verdict {
        // A person has brought in tokens since: those ended ours.
        _ if !ours.0.seeds.starts_with(&theirs.0.seeds) => Merge::GiveWay(Some(stored)),
        _ if holds_tokens && theirs.0.refresh == ours.0.refresh => {
            Merge::Stored(at(version, theirs))
        }
        _ if holds_tokens && supersedes(&ours, &theirs) => {
            Merge::Save(at(version, over(ours, theirs)))
        }
        Some(Verdict::Limited { why, .. }) => {
            let mut document = theirs;
            ours.0.brake.into_iter().for_each(|it| document.brake(it));
            Merge::Brake(at(version, document), why)
        }
        _ => Merge::GiveWay(Some(stored)),
    }
}

/// Whether the store has lost what this process still holds: its file was
/// removed, or an older copy was put in its place. That copy may be a person's
/// cure for what no longer works.
pub(super) fn is_lost(held: &Document, stored: Option<&Stored>) -> bool {
    let Some(stored) = stored else {
        return true;
    };
    let (stored, _) = stored.document.clone().settled();
    stored.generation() < held.generation()
        && held.0.latch.is_none()
        && held.0.seeds.starts_with(&stored.0.seeds)
}

fn at(version: Version, document: Document) -> Stored {
    Stored { version, document }
}

/// Our tokens, with what theirs say of the account.
fn over(mut ours: Document, theirs: Document) -> Document {
    let next = theirs.generation().saturating_add(1);
    ours.0.generation = ours.0.generation.max(next);
    // They may have presented a token since, and been told to wait.
    ours.0.attempted_at = ours.0.attempted_at.max(theirs.0.attempted_at);
    theirs.0.brake.into_iter().for_each(|it| ours.brake(it));
    ours
}

/// Whether an answer is worth more than another that is left in its way.
pub(super) fn outranks(ours: &Document, theirs: &Document) -> bool {
    let successor = |answer: &Document| {
        let (document, verdict) = answer.clone().settled();
        matches!(verdict, None | Some(Verdict::Granted(_))).then_some(document)
    };
    match (successor(ours), successor(theirs)) {
        (Some(ours), Some(theirs)) => supersedes(&ours, &theirs),
        (ours, theirs) => ours.is_some() || theirs.is_none(),
    }
}

/// Whether our tokens are newer than those of another writer.
fn supersedes(ours: &Document, theirs: &Document) -> bool {
    // A person has brought in tokens that theirs know nothing of.
    if ours.0.seeds.len() > theirs.0.seeds.len() {
        return true;
    }
    let Some(origin) = &ours.0.origin else {
        return false;
    };
    let earlier =
        |other: &Origin| other.base == origin.base && other.presentation < origin.presentation;
    theirs.generation() <= origin.base
        || theirs.0.latch.is_some() && theirs.generation() <= ours.generation()
        || theirs.0.origin.as_ref().is_some_and(earlier)
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use xoxoday_api::number::EpochMillis;

    use super::super::document::{Account, Latch};
    use super::super::seed::Seed;
    use super::super::staged::Staged;
    use super::*;

    const NOW: EpochMillis = EpochMillis::new(1_000_000_000);

    /// Tokens that a presentation of a generation's refresh token has brought.
    fn brought(base: u64, presentation: u32) -> Document {
        let account = Account::new("sandbox".into(), "client".into());
        let mut document = Document::seeded(account, &Seed::new("r-1"), NOW);
        document.0.generation = base + 1;
        document.0.origin = Some(Origin::new(base, presentation));
        document
    }

    #[test]
    fn newer_is_what_a_later_presentation_of_the_same_token_has_brought() {
        let ours = brought(5, 2);
        for (base, presentation, newer) in [
            (5, 1, true),
            (5, 2, false),
            (5, 3, false),
            (6, 1, false),
            (4, 9, true),
        ] {
            let theirs = brought(base, presentation);
            assert_eq!(supersedes(&ours, &theirs), newer, "{base} {presentation}");
        }
    }

    #[test]
    fn whatever_lives_is_newer_than_what_was_rejected() {
        let mut theirs = brought(6, 1);
        theirs.0.latch = Some(Latch::new(NOW, "rejected".into()));
        assert!(supersedes(&brought(5, 2), &theirs));
    }

    #[test]
    fn what_a_person_has_brought_in_is_newer_than_what_knows_nothing_of_it() {
        let exchanged = brought(5, 2);
        let imported = exchanged.reseeded(&Seed::new("r-new"), NOW);
        assert!(supersedes(&imported, &exchanged));
        assert!(!supersedes(&exchanged, &imported));
        assert!(!supersedes(&imported, &imported));
    }

    #[test]
    fn what_a_person_has_brought_in_stands_whatever_ours_brought() {
        let theirs = brought(0, 1).reseeded(&Seed::new("r-new"), NOW);
        let theirs = at(Version::new(7), theirs);
        // The store was rolled back before they did, so that ours are ahead.
        let tokens = brought(5, 1);
        let mut limited = brought(0, 1);
        let status = StatusCode::TOO_MANY_REQUESTS;
        limited.0.staged = Some(Staged::new(status, &HeaderMap::new(), b"", NOW, NOW));
        for ours in [tokens, limited] {
            let merged = merge(ours, Some(theirs.clone()));
            assert_eq!(merged, Merge::GiveWay(Some(theirs.clone())));
        }
    }

    #[test]
    fn tokens_that_others_have_stored_for_us_are_not_written_over_theirs() {
        let ours = brought(5, 1);
        let mut theirs = at(Version::new(7), ours.clone());
        theirs.document.0.latch = Some(Latch::new(NOW, "rejected".into()));
        let merged = merge(ours, Some(theirs.clone()));
        assert_eq!(merged, Merge::Stored(theirs));
    }
}
