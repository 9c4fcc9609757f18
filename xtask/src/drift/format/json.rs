//! For programs. The shape is described in this package's README, and
//! `"schema"` counts up when it changes.

use serde_json::{Value, json};

use super::super::change::{Change, Comparison};
use super::super::rule::Level;
use crate::finding::Place;

/// For programs.
pub fn json(comparison: &Comparison) -> String {
    let accepted = comparison.changes.iter().filter(|it| it.accepted.is_some());
    let changes: Vec<_> = comparison.changes.iter().map(change).collect();
    let whole = json!({
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
    });
    format!("{whole:#}\n")
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
    json!({ "pointer": place.pointer, "line": place.line })
}
