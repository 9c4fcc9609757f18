//! Where the server rejects even a token that was bought because its
//! predecessor was rejected, buying more would only wear the account out. How
//! many were bought like that stands in the document, for all processes.

use std::time::Duration;

use xoxoday_api::number::EpochMillis;

use super::clock::until;
use super::document::Document;
use super::pause::Pause;
use super::protocol::Reason;

/// How long to hold back after the first such token; doubles with each.
const PAUSE: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The number of the token that is bought next, for a reason: an attempt that is
/// open goes on with its own. One that was `accepted` was not bought in vain.
pub(super) fn next(document: &Document, reason: Reason, accepted: u64, now: EpochMillis) -> u32 {
    match (&document.0.intent, reason) {
        (Some(open), _) => return open.rejections,
        (None, Reason::Rejected(_)) => {}
        (None, _) => return 0,
    }
    // Nor was one that is rejected so much later.
    let recent = until(document.0.obtained_at, now) < 2 * LONGEST;
    match recent && accepted < document.generation() {
        true => number(document).saturating_add(1),
        false => 1,
    }
}

/// Until when nothing is bought because this document's token was rejected, if
/// nobody here has seen it accepted.
pub(super) fn hold(document: &Document, now: EpochMillis) -> Option<EpochMillis> {
    let doublings = number(document).checked_sub(1)?;
    let length = PAUSE.saturating_mul(1 << doublings.min(16)).min(LONGEST);
    let pause = Pause::new(document.0.obtained_at, length);
    pause.holds(now).then(|| pause.end())
}

fn number(document: &Document) -> u32 {
    document.0.origin.as_ref().map_or(0, |it| it.rejections)
}

#[cfg(test)]
mod tests {
    use super::super::clock::after;
    use super::super::document::{Account, Intent, Origin};
    use super::super::seed::Seed;
    use super::*;

    const NOW: EpochMillis = EpochMillis::new(1_000_000_000);

    fn bought(rejections: u32) -> Document {
        let account = Account::new("sandbox".into(), "client".into());
        let mut document = Document::seeded(account, &Seed::new("r"), NOW);
        let mut origin = Origin::new(1, 1);
        origin.rejections = rejections;
        document.0.origin = Some(origin);
        document
    }

    #[test]
    fn a_token_bought_in_vain_holds_the_next_purchase_back_and_each_for_longer() {
        assert_eq!(hold(&bought(0), NOW), None);
        for (number, pauses) in [(1, 1), (2, 2), (5, 16), (8, 96), (u32::MAX, 96)] {
            let end = after(NOW, PAUSE * pauses);
            assert_eq!(hold(&bought(number), NOW), Some(end));
            assert_eq!(hold(&bought(number), end), None);
        }
    }

    #[test]
    fn purchases_in_vain_are_counted_until_one_has_lived() {
        let next = |number, accepted, now| {
            let mut document = bought(number);
            document.0.generation = 2;
            next(&document, Reason::Rejected(2), accepted, now)
        };
        assert_eq!(next(0, 0, NOW), 1);
        assert_eq!(next(3, 1, after(NOW, LONGEST)), 4);
        assert_eq!(next(3, 1, after(NOW, 2 * LONGEST)), 1);
        assert_eq!(next(3, 2, NOW), 1);
    }

    #[test]
    fn an_attempt_that_is_made_again_counts_once() {
        let mut open = bought(3);
        assert_eq!(next(&open, Reason::Due, 0, NOW), 0);
        let mut intent = Intent::new("any".into(), NOW, NOW, 1);
        intent.rejections = 4;
        open.0.intent = Some(intent);
        assert_eq!(next(&open, Reason::Due, 0, NOW), 4);
        assert_eq!(next(&open, Reason::Rejected(2), 0, NOW), 4);
    }
}
