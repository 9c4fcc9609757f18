//! The store and the rescue file of the model.

use xoxoday_api::number::EpochMillis;

use super::super::document::Document;
use super::shared::Shared;
use super::tokens::{Token, number};
use crate::store::{Stored, Swap, Version};

/// What is stored, and what whoever reads it makes of it.
#[derive(Debug, PartialEq, Hash)]
pub(super) struct Content {
    pub(super) stored: Stored,
    pub(super) settled: Document,
}

impl Content {
    fn new(version: Version, document: Document) -> Self {
        Self {
            settled: document.clone().settled().0,
            stored: Stored { version, document },
        }
    }

    /// The newest token in it.
    pub(super) fn token(&self) -> Token {
        number(&self.settled.0.refresh)
    }

    pub(super) fn is_latched(&self) -> bool {
        self.settled.0.latch.is_some()
    }

    pub(super) fn brake(&self) -> Option<EpochMillis> {
        self.settled.0.brake.as_ref().map(|brake| brake.until)
    }
}

#[derive(Debug, Clone, PartialEq, Hash)]
pub(super) struct Store {
    pub(super) content: Shared<Content>,
    /// It can neither be read nor written.
    pub(super) down: bool,
}

impl Store {
    pub(super) fn new(document: Document) -> Self {
        Self {
            content: Shared::new(Content::new(Version::new(1), document)),
            down: false,
        }
    }

    pub(super) fn swap(&mut self, expected: Version, document: &Document) -> Swap {
        if self.content.get().stored.version != expected {
            return Swap::Conflict;
        }
        let version = expected.next();
        self.content = Shared::new(Content::new(version, document.clone()));
        Swap::Done(version)
    }
}
