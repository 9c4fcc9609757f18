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

/// How late the clock by which leases are kept may be: see
/// [`TokenStore::now`](crate::TokenStore::now). A quarter of the shortest lease.
pub(crate) const DOUBT: Duration = Duration::from_millis(500);

impl Policy {
    /// A shorter lease would give up on answers that are on their way.
    pub(crate) const SHORTEST_LEASE: Duration = Duration::from_secs(2);

    /// How long an exchange may take that starts now: it must be over while
    /// the lease still runs. `None` where too little of the lease is left.
    pub(crate) fn exchange_deadline(&self, intent: &Intent, now: EpochMillis) -> Option<Duration> {
        let left = until(now, intent.lease_until).min(self.lease);
        (left > self.lease / 2 + DOUBT).then_some(self.lease / 2)
    }

    /// When a document is due to be rotated.
    pub(crate) fn due_at(&self, document: &Document) -> EpochMillis {
        match document.0.access {
            Some(_) => self.renewal_of(&Life::of(document)),
            None => document.0.obtained_at,
        }
    }

    /// Due after two thirds of the lifetime of either token, and after a week
    /// at the latest; jitter brings it up to a tenth forward.
    pub(crate) fn renewal_of(&self, life: &Life) -> EpochMillis {
        let two_thirds = |end| until(life.began_at, end) / 3 * 2;
        let ends = [life.access_ends_at, life.refresh_ends_at];
        let lives = ends.into_iter().flatten().map(two_thirds);
        let span = lives.fold(self.at_most, Duration::min);
        let jitter = span / 10_000 * u32::from(self.jitter.min(1000));
        after(life.began_at, span - jitter)
    }

    pub(crate) fn is_usable(&self, document: &Document, now: EpochMillis) -> bool {
        let end = Life::of(document).usable_until();
        document.0.access.is_some() && end.is_none_or(|end| now < end)
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

/// When a pair of tokens began to live, and when each ends, if that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) began_at: EpochMillis,
    pub(crate) access_ends_at: Option<EpochMillis>,
    pub(crate) refresh_ends_at: Option<EpochMillis>,
}

impl Life {
    pub(crate) fn of(document: &Document) -> Self {
        Self {
            began_at: document.0.obtained_at,
            access_ends_at: document.0.access_expires_at,
            refresh_ends_at: document.0.refresh_expires_at,
        }
    }

    /// A token is not sent in its last moments: it could end under way.
    pub(crate) fn usable_until(&self) -> Option<EpochMillis> {
        let lifetime = until(self.began_at, self.access_ends_at?);
        let margin = (lifetime / 20).min(Duration::from_secs(30));
        Some(after(self.began_at, lifetime.saturating_sub(margin)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::millis;
    use super::super::document::Brake;
    use super::super::{Account, Seed};
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const NOW: EpochMillis = EpochMillis::new(1_000_000_000);

    const MOMENT: Duration = Duration::from_millis(1);
    const SKEW: Duration = Duration::from_secs(300);

    fn document(life: Option<Duration>) -> Document {
        let account = Account::new("sandbox".into(), "client".into());
        let seed = Seed::new("r-1").access_token("a-1", life.map(|life| after(NOW, life)));
        Document::seeded(account, &seed, NOW)
    }

    fn due_after(access: Option<Duration>, refresh: Option<Duration>, jitter: u16) -> Duration {
        let mut document = document(access);
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

    #[test]
    fn a_clock_that_was_set_back_makes_it_due() {
        let policy = Policy::default();
        let document = document(None);
        let obtained_in = |ahead: Duration| EpochMillis::new(NOW.get() - millis(ahead));
        assert!(!policy.is_due(&document, obtained_in(SKEW)));
        assert!(policy.is_due(&document, obtained_in(SKEW + MOMENT)));
        assert!(!policy.is_due(&document, obtained_in(Duration::ZERO)));
        assert!(policy.is_due(&document, after(NOW, 7 * DAY)));
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let policy = Policy::default();
        let second = Duration::from_secs(1);
        for (life, used) in [(DAY, DAY - 30 * second), (200 * second, 190 * second)] {
            let document = document(Some(life));
            let end = after(NOW, used);
            assert_eq!(Life::of(&document).usable_until(), Some(end));
            let just_before = EpochMillis::new(end.get() - 1);
            assert!(policy.is_usable(&document, just_before));
            assert!(!policy.is_usable(&document, end));
        }
        let mut endless = document(None);
        assert!(policy.is_usable(&endless, after(NOW, 1000 * DAY)));
        endless.0.access = None;
        assert!(!policy.is_usable(&endless, NOW));
    }

    #[test]
    fn an_exchange_has_half_a_lease_and_begins_while_more_is_left() {
        let policy = Policy::default();
        let left = |left: Duration| {
            let intent = Intent::new("any".into(), NOW, after(NOW, left), 1);
            policy.exchange_deadline(&intent, NOW)
        };
        let half = policy.lease / 2;
        assert_eq!(left(half + DOUBT), None);
        for more in [half + DOUBT + MOMENT, policy.lease, DAY] {
            assert_eq!(left(more), Some(half));
        }
    }

    #[test]
    fn a_brake_that_only_a_wrong_clock_can_have_set_is_not_kept() {
        let policy = Policy::default();
        let braked = |document: &Document| policy.braked_until(document, NOW).map(|(end, _)| end);
        let [near, far] = [SKEW, SKEW + MOMENT].map(|ahead| after(NOW, ahead));
        let floor = after(near, policy.floor);

        let mut limited = document(None);
        let longest = after(near, DAY);
        limited.brake(Brake::new(longest, "limit".into()));
        assert_eq!(braked(&limited), Some(longest));
        limited.brake(Brake::new(after(far, DAY), "limit".into()));
        assert_eq!(braked(&limited), None);

        let mut attempted = document(None);
        attempted.0.attempted_at = Some(near);
        assert_eq!(braked(&attempted), Some(floor));
        attempted.0.attempted_at = Some(far);
        assert_eq!(braked(&attempted), None);

        let mut lost = document(None);
        lost.0.intent = Some(Intent::new("any".into(), near, near, 1));
        assert_eq!(braked(&lost), Some(floor));
        lost.0.intent = Some(Intent::new("any".into(), far, far, 1));
        assert_eq!(braked(&lost), None);
    }

    #[test]
    fn the_waits_after_lost_answers_grow_to_an_hour() {
        let policy = Policy::default();
        for (presentations, minutes) in [(1, 1), (2, 2), (6, 32), (7, 60), (u32::MAX, 60)] {
            let mut lost = document(None);
            lost.0.intent = Some(Intent::new("any".into(), NOW, NOW, presentations));
            let until = after(NOW, Duration::from_secs(60 * minutes));
            let braked = policy.braked_until(&lost, NOW).map(|(end, _)| end);
            assert_eq!(braked, Some(until), "{presentations}");
        }
    }
}
