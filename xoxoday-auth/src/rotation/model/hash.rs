//! Hashes of what a state holds. Members that no later version has written are
//! left out, and how many tokens were bought in vain: the machine counts them
//! and does the same whatever their number.

use std::hash::{Hash, Hasher};

use super::super::document::{Document, Intent};
use super::super::staged::Staged;

impl Hash for Document {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let tokens = &*self.0;
        (tokens.generation, tokens.obtained_at, tokens.attempted_at).hash(state);
        tokens.refresh.expose().hash(state);
        tokens.seeds.len().hash(state);
        tokens.intent.hash(state);
        tokens.staged.hash(state);
        let origin = tokens.origin.as_ref();
        origin.map(|it| (it.base, it.presentation)).hash(state);
        tokens.brake.as_ref().map(|it| it.until).hash(state);
        tokens.latch.as_ref().map(|it| it.since).hash(state);
    }
}

impl Hash for Intent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.attempt.hash(state);
        (self.started_at, self.lease_until, self.presentations).hash(state);
    }
}

impl Hash for Staged {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.body().hash(state);
        (self.status, self.asked_at, self.answered_at).hash(state);
    }
}
