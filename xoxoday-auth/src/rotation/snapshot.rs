//! What callers read: a ready header and the generation it came from.

use std::iter;
use std::ops::Range;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use reqwest::header::HeaderValue;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::{AccessToken, RefreshToken};

use super::Document;
use super::clock::{before, until};
use super::herald::silent_until;
use super::policy::{Life, Policy, SKEW};

/// A live access token, ready to send.
#[derive(Debug)]
pub(crate) struct Live {
    /// `Bearer …`, marked sensitive so that its `Debug` shows nothing.
    pub(crate) header: HeaderValue,
    pub(crate) generation: u64,
    /// The pair itself, to be recognised where a server quotes it.
    access: AccessToken,
    refresh: Option<RefreshToken>,
    /// Not to be sent from here on; unknown ends are left to the server.
    usable_until: Option<EpochMillis>,
    /// To be renewed from here on.
    due_at: EpochMillis,
    obtained_at: EpochMillis,
    /// While the clock is in here there is nothing to do but to send the token:
    /// it is usable, not due, and nobody is to be warned of anything.
    calm: Range<EpochMillis>,
}

impl Live {
    /// The token of a document, if it has one that fits into a header.
    pub(crate) fn of(document: &Document, policy: &Policy) -> Option<Self> {
        let access = document.0.access.clone()?;
        let refresh = Some(document.0.refresh.clone());
        let generation = document.generation();
        let mut live = Self::new(access, refresh, generation, &Life::of(document), policy)?;
        live.calm.end = live.calm.end.min(silent_until(document));
        Some(live)
    }

    /// A token that fits into a header.
    pub(crate) fn new(
        access: AccessToken,
        refresh: Option<RefreshToken>,
        generation: u64,
        life: &Life,
        policy: &Policy,
    ) -> Option<Self> {
        let mut header = HeaderValue::try_from(format!("Bearer {}", access.expose())).ok()?;
        header.set_sensitive(true);
        let usable_until = life.usable_until();
        let due_at = policy.renewal_of(life);
        let calm_until = usable_until.map_or(due_at, |end| end.min(due_at));
        Some(Self {
            header,
            generation,
            access,
            refresh,
            usable_until,
            due_at,
            obtained_at: life.began_at,
            calm: before(life.began_at, SKEW)..calm_until,
        })
    }

    /// What no error may repeat.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let refresh = self.refresh.as_ref().map(RefreshToken::expose);
        iter::once(self.access.expose()).chain(refresh)
    }

    pub(crate) fn is_usable(&self, now: EpochMillis) -> bool {
        self.usable_until.is_none_or(|end| now < end)
    }

    pub(crate) fn is_due(&self, now: EpochMillis) -> bool {
        // Or it is not known when, because the clock was set back since.
        now >= self.due_at || until(now, self.obtained_at) > SKEW
    }
}

/// Holds the newest live token behind an atomic pointer: a reader takes no
/// lock and waits for no one.
#[derive(Debug, Default)]
pub(crate) struct Snapshot(ArcSwapOption<Live>);

impl Snapshot {
    pub(crate) fn publish(&self, live: Option<Arc<Live>>) {
        self.0.store(live);
    }

    /// Lends the token, if to send it is all there is to do now. To lend it writes
    /// nothing that another thread reads: to clone it would count references.
    pub(crate) fn calm<T>(
        &self,
        now: EpochMillis,
        read: impl FnOnce(&Arc<Live>) -> T,
    ) -> Option<T> {
        let newest = self.0.load();
        let calm = newest.as_ref().filter(|live| live.calm.contains(&now));
        calm.map(read)
    }

    /// The token, whether or not it may still be sent.
    pub(crate) fn newest(&self) -> Option<Arc<Live>> {
        self.0.load_full()
    }

    /// The token, if it may be sent now.
    pub(crate) fn usable(&self, now: EpochMillis) -> Option<Arc<Live>> {
        self.0.load_full().filter(|live| live.is_usable(now))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::clock::after;
    use super::super::{Account, Seed};
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const NOW: EpochMillis = EpochMillis::new(1_700_000_000_000);

    fn document(access: Option<Duration>, refresh: Option<Duration>) -> Document {
        let account = Account::new("sandbox".into(), "client".into());
        let seed = Seed::new("r-1").access_token("a-1", access.map(|life| after(NOW, life)));
        let mut document = Document::seeded(account, &seed, NOW);
        document.0.refresh_expires_at = refresh.map(|life| after(NOW, life));
        document
    }

    #[test]
    fn a_token_is_usable_until_its_end_and_told_to_those_who_hide_it() {
        let live = Live::of(&document(Some(DAY), None), &Policy::default()).unwrap();
        let end = live.usable_until.unwrap();
        assert!(live.is_usable(before(end, Duration::from_millis(1))));
        assert!(!live.is_usable(end));
        assert!(live.secrets().eq(["a-1", "r-1"]));
        let without_end = Live::of(&document(None, None), &Policy::default()).unwrap();
        assert!(without_end.is_usable(after(NOW, 1000 * DAY)));
    }

    #[test]
    fn calm_is_exactly_when_nothing_is_due_nor_ended_nor_to_be_told() {
        let lives = [None, Some(DAY / 1000), Some(18 * DAY), Some(60 * DAY)];
        let millisecond = Duration::from_millis(1);
        let mut seen = [0, 0];
        for (access, refresh) in lives
            .iter()
            .flat_map(|one| lives.map(|other| (*one, other)))
        {
            let document = document(access, refresh);
            let live = Live::of(&document, &Policy::default()).unwrap();
            let ends = [live.due_at, silent_until(&document)].into_iter();
            let edges = ends
                .chain(live.usable_until)
                .chain([before(NOW, SKEW), NOW]);
            for edge in edges.chain([before(NOW, 400 * DAY), after(NOW, 400 * DAY)]) {
                for now in [before(edge, millisecond), edge, after(edge, millisecond)] {
                    let silent = now < silent_until(&document);
                    let calm = live.is_usable(now) && !live.is_due(now) && silent;
                    let snapshot = Snapshot::default();
                    let live = Live::of(&document, &Policy::default());
                    snapshot.publish(live.map(Arc::new));
                    let lent = snapshot.calm(now, |live| live.generation);
                    assert_eq!(lent.is_some(), calm, "{access:?}, {refresh:?}, {now:?}");
                    seen[usize::from(calm)] += 1;
                }
            }
        }
        assert!(seen.iter().all(|times| *times > 20), "{seen:?}");
    }
}
