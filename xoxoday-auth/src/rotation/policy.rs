//! When to rotate, and how often at most.

use std::time::Duration;

use xoxoday_api::number::EpochMillis;

use super::clock::{after, until};
use super::document::{Document, Intent};

/// What to do when nobody knows whether a refresh token is spent: its answer
/// was lost, or said nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AfterLostAnswer {
    /// Present it again: after the floor at first, then after growing waits of
    /// up to an hour. If it was not spent it works. If it was, Xoxoday's
    /// documentation grants it six more hours; and if it does not, the token
    /// is no loss.
    #[default]
    Replay,
    /// Present it again only when somebody asks for a rotation. For accounts
    /// where the second use of a token is punished.
    Halt,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Policy {
    /// The least time between two exchanges.
    pub(crate) floor: Duration,
    /// How long one holder may take over an exchange.
    pub(crate) lease: Duration,
    /// The most time between two exchanges.
    pub(crate) at_most: Duration,
    pub(crate) after_lost_answer: AfterLostAnswer,
    /// This process's share of the jitter, in thousandths: processes that
    /// share an account do not all wake at once.
    pub(crate) jitter: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            floor: Duration::from_secs(60),
            lease: Duration::from_secs(60),
            at_most: Duration::from_secs(7 * 24 * 60 * 60),
            after_lost_answer: AfterLostAnswer::default(),
            jitter: 0,
        }
    }
}

/// The longest wait between two presentations of one token.
const LONGEST_REPLAY_WAIT: Duration = Duration::from_secs(60 * 60);
/// The longest brake that anybody writes.
const LONGEST_BRAKE: Duration = Duration::from_secs(24 * 60 * 60);
/// What was done further ahead than this was done by a clock that has been set
/// back since: nothing is known of when it was.
pub(super) const SKEW: Duration = Duration::from_secs(5 * 60);

impl Policy {
    /// A shorter lease would give up on answers that are on their way.
    pub(crate) const SHORTEST_LEASE: Duration = Duration::from_secs(2);

    /// How long an exchange may take that starts now: it must be over while
    /// the lease still runs. `None` where too little of the lease is left.
    pub(crate) fn exchange_deadline(&self, intent: &Intent, now: EpochMillis) -> Option<Duration> {
        let left = until(now, intent.lease_until).min(self.lease);
        (left > self.lease / 2).then_some(self.lease / 2)
    }

    /// Due after two thirds of the lifetime of either token, and after a week
    /// at the latest; jitter brings it up to a tenth forward.
    pub(crate) fn due_at(&self, document: &Document) -> EpochMillis {
        let tokens = &document.0;
        let two_thirds = |end| until(tokens.obtained_at, end) / 3 * 2;
        let ends = [tokens.access_expires_at, tokens.refresh_expires_at];
        let lives = ends.into_iter().flatten().map(two_thirds);
        let span = match tokens.access {
            Some(_) => lives.fold(self.at_most, Duration::min),
            None => Duration::ZERO,
        };
        let jitter = span / 10_000 * u32::from(self.jitter.min(1000));
        after(tokens.obtained_at, span - jitter)
    }

    /// A token is not sent in its last moments: it could end under way.
    pub(crate) fn usable_until(&self, document: &Document) -> Option<EpochMillis> {
        let tokens = &document.0;
        let lifetime = until(tokens.obtained_at, tokens.access_expires_at?);
        let margin = (lifetime / 20).min(Duration::from_secs(30));
        Some(after(tokens.obtained_at, lifetime.saturating_sub(margin)))
    }

    pub(crate) fn is_usable(&self, document: &Document, now: EpochMillis) -> bool {
        let ended = self.usable_until(document).is_some_and(|end| now >= end);
        document.0.access.is_some() && !ended
    }

    /// When the next exchange may be, and why not before: a rate limit, the
    /// floor, or an earlier attempt whose end nobody knows.
    pub(crate) fn braked_until(
        &self,
        document: &Document,
        now: EpochMillis,
    ) -> Option<(EpochMillis, String)> {
        let tokens = &document.0;
        let known = |moment: EpochMillis| until(now, moment) <= SKEW;
        let brake = tokens
            .brake
            .as_ref()
            .filter(|brake| until(now, brake.until) <= LONGEST_BRAKE + SKEW)
            .map(|brake| (brake.until, brake.why.clone()));
        let floor = tokens.attempted_at.filter(|it| known(*it)).map(|attempt| {
            let why = "the last exchange was just now".to_owned();
            (after(attempt, self.floor), why)
        });
        let open = tokens.intent.as_ref();
        let replay = open.filter(|it| known(it.started_at)).map(|intent| {
            let why = "the answer to the last exchange was lost".to_owned();
            let times = 1 << (intent.presentations.clamp(1, 16) - 1);
            let wait = self.floor.saturating_mul(times).min(LONGEST_REPLAY_WAIT);
            (after(intent.started_at, wait.max(self.floor)), why)
        });
        [brake, floor, replay]
            .into_iter()
            .flatten()
            .filter(|(until, _)| now < *until)
            .max_by_key(|(until, _)| *until)
    }

    /// Whether a document is due to be rotated.
    pub(crate) fn is_due(&self, document: &Document, now: EpochMillis) -> bool {
        now >= self.due_at(document) || until(now, document.0.obtained_at) > SKEW
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Account, Seed};
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const NOW: EpochMillis = EpochMillis::new(1_000_000_000);

    fn due_after(access: Option<Duration>, refresh: Option<Duration>, jitter: u16) -> Duration {
        let account = Account::new("sandbox".into(), "client".into());
        let seed = Seed::new("r-1").access_token("a-1", access.map(|life| after(NOW, life)));
        let mut document = Document::seeded(account, &seed, NOW);
        document.0.refresh_expires_at = refresh.map(|life| after(NOW, life));
        let policy = Policy {
            jitter,
            ..Policy::default()
        };
        until(NOW, policy.due_at(&document))
    }

    #[test]
    fn due_after_two_thirds_of_the_shorter_life_and_after_a_week_at_the_latest() {
        assert_eq!(due_after(Some(3 * DAY), Some(60 * DAY), 0), 2 * DAY);
        assert_eq!(due_after(Some(30 * DAY), Some(3 * DAY), 0), 2 * DAY);
        assert_eq!(due_after(Some(30 * DAY), Some(60 * DAY), 0), 7 * DAY);
        assert_eq!(due_after(None, None, 0), 7 * DAY);
    }

    #[test]
    fn jitter_brings_it_up_to_a_tenth_forward() {
        assert_eq!(due_after(Some(15 * DAY), None, 1000), 7 * DAY / 10 * 9);
        assert_eq!(due_after(Some(15 * DAY), None, 500), 7 * DAY / 20 * 19);
    }
}
