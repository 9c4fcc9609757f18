//! When to rotate, and how often at most.

use std::time::Duration;

use xoxoday_api::number::EpochMillis;

use super::clock::{after, until};
use super::document::{Brake, Document};

#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// The least time between two exchanges.
    pub(crate) floor: Duration,
    /// How long one holder may take over an exchange.
    pub(crate) lease: Duration,
    /// The most time between two exchanges.
    pub(crate) at_most: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            floor: Duration::from_secs(60),
            lease: Duration::from_secs(60),
            at_most: Duration::from_secs(7 * 24 * 60 * 60),
        }
    }
}

impl Policy {
    /// A shorter lease would give up on answers that are on their way.
    pub(crate) const SHORTEST_LEASE: Duration = Duration::from_secs(2);

    /// An exchange must be over while the lease still runs.
    pub(crate) fn exchange_deadline(&self) -> Duration {
        self.lease / 2
    }

    /// Due after two thirds of the lifetime, and after a week at the latest.
    pub(crate) fn due_at(&self, document: &Document) -> EpochMillis {
        let tokens = &document.0;
        let latest = after(tokens.obtained_at, self.at_most);
        match tokens.access_expires_at {
            _ if tokens.access.is_none() => tokens.obtained_at,
            Some(end) => {
                let lifetime = until(tokens.obtained_at, end);
                latest.min(after(tokens.obtained_at, lifetime * 2 / 3))
            }
            None => latest,
        }
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

    /// When the next exchange may be, and why not before. `brake` and
    /// `last_attempt` are what this process knows beyond the document.
    pub(crate) fn braked_until(
        &self,
        document: &Document,
        brake: Option<&Brake>,
        last_attempt: Option<EpochMillis>,
    ) -> Option<(EpochMillis, String)> {
        let exchanged = document.0.exchanged.then_some(document.0.obtained_at);
        let floors = [exchanged, last_attempt]
            .into_iter()
            .flatten()
            .map(|exchange| {
                let why = "the last exchange was just now".to_owned();
                (after(exchange, self.floor), why)
            });
        let brakes = [brake, document.0.brake.as_ref()]
            .into_iter()
            .flatten()
            .map(|brake| (brake.until, brake.why.clone()));
        floors.chain(brakes).max_by_key(|(until, _)| *until)
    }
}
