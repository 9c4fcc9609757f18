//! What was found between two documents.

use super::rule::{Level, Rule};
use crate::finding::Place;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of difference it is.
    pub rule: &'static Rule,
    /// What it means to a client.
    pub level: Level,
    /// Where it is in the base; what was added has its surroundings here.
    pub base: Place,
    /// Where it is in the revision; what was removed has its surroundings here.
    pub revision: Place,
    /// What has changed into what, for people.
    pub what: String,
    /// The operations that it reaches, as `METHOD /path` of the base; none where
    /// it concerns the document as a whole.
    pub operations: Vec<String>,
    /// Why it does not count, if somebody has accepted it.
    pub accepted: Option<String>,
}

/// What the changes mean together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The documents say the same.
    Unchanged,
    /// They do not, and a client goes on.
    Compatible,
    /// A client may fail.
    Breaking,
}

impl Verdict {
    /// The word for people and machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
        }
    }
}

/// All that was found, the worst first as the rules have it, and in the order of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The base's file name.
    pub base: String,
    /// The revision's file name.
    pub revision: String,
    /// The differences.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// What the changes that nobody has accepted mean together.
    pub fn verdict(&self) -> Verdict {
        let counted = self.changes.iter().filter(|it| it.accepted.is_none());
        match counted.map(|change| change.level).min() {
            Some(Level::Breaking) => Verdict::Breaking,
            Some(Level::Compatible) => Verdict::Compatible,
            Some(Level::Info) | None => Verdict::Unchanged,
        }
    }

    /// How many of a level nobody has accepted.
    pub fn count(&self, level: Level) -> usize {
        let counted = self.changes.iter().filter(|it| it.accepted.is_none());
        counted.filter(|change| change.level == level).count()
    }
}
