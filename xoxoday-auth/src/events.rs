//! What happens to the tokens, as a stream that a service can subscribe to.

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use xoxoday_api::number::EpochMillis;

/// Something that happened to the tokens. No event holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// New tokens were bought with the refresh token, and saved.
    Rotated {
        /// The generation of the new tokens.
        generation: u64,
    },
    /// Tokens that another process had brought were taken over.
    Adopted {
        /// The generation of those tokens.
        generation: u64,
    },
    /// No exchange before a moment, by any process.
    Braked {
        /// That moment.
        until: EpochMillis,
        /// The reason.
        why: String,
    },
    /// A person must take new tokens from the dashboard.
    LoginRequired {
        /// The reason.
        why: String,
    },
    /// The refresh token ends soon. Comes again, more often as the end nears.
    RefreshTokenEnding {
        /// When it ends.
        ends_at: EpochMillis,
    },
    /// New tokens could not be saved. They are in use and in the
    /// [rescue file](crate::Builder::rescue_file), and are saved as soon as the
    /// store can be written.
    SuccessorUnsaved {
        /// The generation of the new tokens.
        generation: u64,
        /// The store's reason.
        why: String,
    },
    /// The new tokens that could not be saved are saved, or were given up for
    /// newer ones.
    SuccessorSaved {
        /// The generation that is in use.
        generation: u64,
    },
    /// A rotation failed for another reason. The tokens at hand serve on.
    RotationFailed {
        /// The reason.
        why: String,
    },
    /// This subscriber fell behind, and the oldest events are lost to it: look
    /// at the [status](crate::tokens::TokensClient::status).
    Missed {
        /// How many.
        count: u64,
    },
}

/// How many events a slow subscriber may fall behind before it loses the oldest.
const BACKLOG: usize = 64;

/// A subscription: [`Xoxoday::events`](crate::Xoxoday::events).
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event; `None` once every client of the account is gone. A
    /// subscriber that falls far behind loses the oldest events, and hears of
    /// that ([`Event::Missed`]).
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(count)) => Some(Event::Missed { count }),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Where events are published.
#[derive(Debug)]
pub(crate) struct Publisher(broadcast::Sender<Event>);

impl Default for Publisher {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Publisher {
    pub(crate) fn subscribe(&self) -> Events {
        Events(self.0.subscribe())
    }

    pub(crate) fn publish(&self, event: Event) {
        // That nobody listens is no failure.
        let _ = self.0.send(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subscriber_that_falls_behind_hears_how_much_it_missed() {
        let publisher = Publisher::default();
        let mut events = publisher.subscribe();
        let backlog = BACKLOG as u64;
        for generation in 1..=backlog + 3 {
            publisher.publish(Event::Rotated { generation });
        }
        assert_eq!(events.next().await, Some(Event::Missed { count: 3 }));
        assert_eq!(events.next().await, Some(Event::Rotated { generation: 4 }));
        drop(publisher);
        while let Some(event) = events.next().await {
            assert!(matches!(event, Event::Rotated { .. }), "{event:?}");
        }
    }
}
