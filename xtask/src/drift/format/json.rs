//! For programs. The shape is described in this package's README, and
//! `"schema"` counts up when it changes.

use serde_json::{Value, json};

use super::super::change::{Change, Comparison};
use super::super::rule::Level;
use crate::finding::Place;

/// For programs.
pub fn json(comparison: &Comparison) -> String {
    format!("{:#}\n", json_value(comparison))
}

/// For programs, as a part of something larger.
pub(crate) fn json_value(comparison: &Comparison) -> Value {
    let accepted = comparison.changes.iter().filter(|it| it.accepted.is_some());
    let changes: Vec<_> = comparison.changes.iter().map(change).collect();
    json!({
        "schema": 1,
        "base": comparison.base,
        "revision": comparison.revision,
        "verdict": comparison.verdict(),
        "counts": {
            "breaking": comparison.count(Level::Breaking),
            "compatible": comparison.count(Level::Compatible),
            "info": comparison.count(Level::Info),
            "accepted": accepted.count(),
        },
        "changes": changes,
    })
}

fn change(change: &Change) -> Value {
    json!({
        "rule": change.rule.id,
        "level": change.level,
        "meaning": change.rule.meaning,
        "what": change.what,
        "operations": change.operations,
        "base": place(&change.base),
        "revision": place(&change.revision),
        "accepted": change.accepted,
    })
}

fn place(place: &Place) -> Value {
    json!({ "file": place.file, "pointer": place.pointer, "line": place.line })
}
