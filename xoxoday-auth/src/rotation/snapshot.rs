//! What callers read: a ready header and the generation it came from.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use reqwest::header::HeaderValue;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::{AccessToken, RefreshToken};

use super::Document;
use super::clock::until;
use super::policy::{Policy, SKEW};

/// A live access token, ready to send.
#[derive(Debug)]
pub(crate) struct Live {
    /// `Bearer …`, marked sensitive so that its `Debug` shows nothing.
    pub(crate) header: HeaderValue,
    pub(crate) generation: u64,
    /// The pair itself, to be recognised where a server quotes it.
    access: AccessToken,
    refresh: RefreshToken,
    /// Not to be sent from here on; unknown ends are left to the server.
    usable_until: Option<EpochMillis>,
    /// To be rotated from here on.
    due_at: EpochMillis,
    obtained_at: EpochMillis,
}

impl Live {
    /// The token of a document, if it has one that fits into a header.
    pub(crate) fn of(document: &Document, policy: &Policy) -> Option<Self> {
        let access = document.0.access.as_ref()?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", access.expose())).ok()?;
        header.set_sensitive(true);
        Some(Self {
            header,
            generation: document.generation(),
            access: access.clone(),
            refresh: document.0.refresh.clone(),
            usable_until: policy.usable_until(document),
            due_at: policy.due_at(document),
            obtained_at: document.0.obtained_at,
        })
    }

    /// What no error may repeat.
    pub(crate) fn secrets(&self) -> [&str; 2] {
        [self.access.expose(), self.refresh.expose()]
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
    pub(crate) fn publish(&self, live: Option<Live>) {
        self.0.store(live.map(Arc::new));
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
