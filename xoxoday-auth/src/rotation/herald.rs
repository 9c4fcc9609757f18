//! Tells the log and the subscribers what happens to the tokens: each thing
//! once, however many callers meet it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use xoxoday_api::number::EpochMillis;

use super::clock::{after, before, until};
use super::document::Document;
use super::pause::Pause;
use super::protocol::{Failure, Outcome, Success};
use crate::events::{Event, Events, Publisher};
use crate::lock::lock;

#[derive(Debug)]
pub(crate) struct Herald {
    events: Publisher,
    /// The last thing that was told.
    last: Mutex<Option<Event>>,
    /// Whether it was told that new tokens are not saved.
    unsaved: AtomicBool,
    /// When to warn (again) that the refresh token itself ends.
    no_warning: ArcSwapOption<Pause>,
}

/// How long before its end the refresh token is first warned of.
const FIRST: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Until when nobody need be warned of the end of a document's refresh token.
pub(crate) fn silent_until(document: &Document) -> EpochMillis {
    let end = document.0.refresh_expires_at;
    end.map_or(EpochMillis::new(i64::MAX), |end| before(end, FIRST))
}

impl Default for Herald {
    fn default() -> Self {
        Self {
            events: Publisher::default(),
            last: Mutex::new(None),
            unsaved: AtomicBool::new(false),
            no_warning: ArcSwapOption::empty(),
        }
    }
}

impl Herald {
    pub(crate) fn subscribe(&self) -> Events {
        self.events.subscribe()
    }

    /// New tokens have another end.
    pub(crate) fn tokens_changed(&self) {
        self.no_warning.store(None);
    }

    /// Tells how a rotation ended, unless the last one ended the same way.
    pub(crate) fn tell(&self, outcome: &Outcome, generation: u64) {
        let Some(event) = event(outcome, generation) else {
            return;
        };
        let mut last = lock(&self.last);
        if last.as_ref() == Some(&event) {
            return;
        }
        match outcome {
            Ok(success) => tracing::info!(generation, ?success, "a rotation ended"),
            Err(Failure::Unsaved(error)) => {
                self.unsaved.store(true, Ordering::Relaxed);
                tracing::error!(
                    generation,
                    %error,
                    "new tokens could not be saved: they are in use, and are saved as soon as the store can be written"
                );
            }
            Err(failure) => tracing::warn!(generation, ?failure, "tokens were not rotated"),
        }
        *last = Some(event.clone());
        self.events.publish(event);
    }

    /// Nothing is left that no store holds: tells it where the opposite was told.
    pub(crate) fn all_is_saved(&self, generation: u64) {
        if self.unsaved.swap(false, Ordering::Relaxed) {
            tracing::info!(generation, "the tokens that could not be saved are saved");
            self.events.publish(Event::SuccessorSaved { generation });
        }
    }

    /// Warns that the refresh token ends, from two weeks before, and again
    /// whenever half of what was left has passed.
    pub(crate) fn warn_of_the_end(&self, document: impl FnOnce() -> Document, now: EpochMillis) {
        const OFTEN: Duration = Duration::from_secs(60 * 60);

        let before = self.no_warning.load();
        if before.as_ref().is_some_and(|it| it.holds(now)) {
            return;
        }
        let ends_at = document().0.refresh_expires_at;
        let left = ends_at.map(|end| until(now, end));
        let next = match left {
            None => EpochMillis::new(i64::MAX),
            Some(left) if left > FIRST => after(now, left - FIRST),
            Some(left) => after(now, (left / 2).max(OFTEN)),
        };
        // Of several callers one warns.
        let next = Some(Arc::new(Pause::until(now, next)));
        let found = self.no_warning.compare_and_swap(&before, next);
        let warns = match (&*found, &*before) {
            (Some(found), Some(before)) => Arc::ptr_eq(found, before),
            (found, before) => found.is_none() && before.is_none(),
        };
        let (true, Some(ends_at), Some(left)) = (warns, ends_at, left) else {
            return;
        };
        if left > FIRST {
            return;
        }
        let hours = left.as_secs() / 3600;
        if left.is_zero() {
            tracing::error!(
                "the refresh token has ended: a person must take new tokens from the dashboard"
            );
        } else {
            tracing::warn!(
                hours,
                "the refresh token itself ends soon: if it is not rotated before, a person must log in"
            );
        }
        self.events.publish(Event::RefreshTokenEnding { ends_at });
    }
}

/// The word that stands in the `outcome` field of a span.
pub(crate) fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Ok(Success::Rotated) => "rotated",
        Ok(Success::Adopted) => "adopted",
        Ok(Success::StillFresh) => "still_fresh",
        Err(Failure::LoginRequired { .. }) => "login_required",
        Err(Failure::Braked { .. }) => "braked",
        Err(Failure::Busy { .. }) => "busy",
        Err(Failure::Halted) => "halted",
        Err(Failure::Useless { .. }) => "useless",
        Err(Failure::Denied(_)) => "denied",
        Err(Failure::Unavailable { .. }) => "unavailable",
        Err(Failure::Store(_)) => "store_trouble",
        Err(Failure::Unsaved(_)) => "unsaved",
    }
}

/// What subscribers hear of a rotation; nothing where nothing happened.
fn event(outcome: &Outcome, generation: u64) -> Option<Event> {
    Some(match outcome {
        Ok(Success::Rotated) => Event::Rotated { generation },
        Ok(Success::Adopted) => Event::Adopted { generation },
        Ok(Success::StillFresh) | Err(Failure::Busy { .. }) => return None,
        Err(Failure::Braked { until, why }) => Event::Braked {
            until: *until,
            why: why.clone(),
        },
        Err(Failure::LoginRequired { why }) => Event::LoginRequired { why: why.clone() },
        Err(Failure::Unsaved(error)) => Event::SuccessorUnsaved {
            generation,
            why: error.to_string(),
        },
        Err(failure) => Event::RotationFailed {
            why: failure.to_string(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::document::Account;
    use super::super::seed::Seed;
    use super::*;

    #[tokio::test]
    async fn a_clock_that_was_wrong_for_a_while_silences_no_warning() {
        const DAY: Duration = Duration::from_secs(86_400);
        let now = EpochMillis::new(1_000_000_000);
        let account = Account::new("sandbox".into(), "client".into());
        let mut document = Document::seeded(account, &Seed::new("r"), now);
        let ends_at = after(now, DAY);
        document.0.refresh_expires_at = Some(ends_at);
        let herald = Herald::default();
        let mut events = herald.subscribe();
        let years_ahead = after(now, 1000 * DAY);
        // Once each, however many callers come by.
        for now in [years_ahead, years_ahead, now, now] {
            herald.warn_of_the_end(|| document.clone(), now);
        }
        herald.tokens_changed();
        herald.warn_of_the_end(|| document.clone(), now);
        drop(herald);
        for _ in 0..3 {
            let event = events.next().await;
            assert_eq!(event, Some(Event::RefreshTokenEnding { ends_at }));
        }
        assert_eq!(events.next().await, None);
    }
}
