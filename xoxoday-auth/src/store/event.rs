//! What a write tells of a document, without a secret.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use xoxoday_api::number::EpochMillis;

use crate::rotation::verdict::Verdict;
use crate::rotation::{Clock as _, Document, SystemClock};

/// What has happened when a document is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// With an answer worked in.
    pub(crate) generation: i64,
    pub(crate) event: Cow<'static, str>,
    /// The `X-Request-Id` of an exchange.
    pub(crate) attempt: Option<String>,
}

impl Event {
    /// By the store's clock, if it has one.
    pub(crate) fn of(document: &Document, now: Option<EpochMillis>) -> Self {
        #[cfg(feature = "seal")]
        if let Some(envelope) = document.envelope() {
            return envelope.event.clone();
        }
        let now = now.unwrap_or_else(|| SystemClock.now());
        let attempt = document.attempt().map(str::to_owned);
        let (settled, verdict) = document.clone().settled();
        let event = match verdict {
            Some(Verdict::Granted(_)) => "rotated",
            Some(Verdict::Rejected(_)) => "rejected",
            Some(Verdict::Limited { .. }) => "limited",
            Some(Verdict::Denied(_)) => "refused",
            Some(Verdict::Unclear { .. }) => "unclear",
            None => without_answer(&settled, now),
        };
        Self {
            // Checked when it was read: there is a next one.
            generation: i64::try_from(settled.generation()).unwrap_or(i64::MAX),
            event: event.into(),
            attempt,
        }
    }
}

fn without_answer(document: &Document, now: EpochMillis) -> &'static str {
    let tokens = &document.0;
    match &tokens.intent {
        Some(intent) if now < intent.lease_until => "announced",
        Some(_) => "lost",
        None if tokens.origin.is_none() && tokens.attempted_at.is_none() => "imported",
        None => "settled",
    }
}
