//! What the history says of a write, without a secret.

use xoxoday_api::number::EpochMillis;

use crate::rotation::Document;
use crate::rotation::verdict::Verdict;

/// One row of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// With an answer worked in.
    pub(super) generation: i64,
    pub(super) event: &'static str,
    /// The `X-Request-Id` of an exchange.
    pub(super) attempt: Option<String>,
}

impl Event {
    /// What has happened when this document is written.
    pub(super) fn of(document: &Document, now: EpochMillis) -> Self {
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
            event,
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
