//! What has changed from one OpenAPI document to another, and what that means to
//! a client that was built from the first and talks to a server of the second.
//!
//! - `rule`: every kind of change, and its level.
//! - `files`: a document and the files that it refers to.
//! - `walk`: through both documents at once; `node`: where it stands.
//! - `operations`, `servers`, `security`, `parameters`, `bodies`,
//!   `content`, `encoding`, `responses`, `schema`: what is compared, from the outside in.
//! - `members`: what none of them knows.
//! - `components`: what is left when all operations were compared.
//! - `change`: what was found; `policy`: what of it counts; `format`: how it is
//!   written down.

mod bodies;
mod change;
mod components;
mod content;
mod encoding;
mod files;
pub mod format;
mod members;
mod node;
mod operations;
mod parameters;
mod policy;
mod responses;
mod rule;
mod schema;
mod security;
mod servers;
mod walk;

use std::collections::HashMap;

use serde_json::Value;

pub use change::{Change, Comparison, Verdict};
pub use files::Files;
pub use policy::Policy;
pub use rule::{Level, Rule, rules};

use crate::document::Source;
use crate::finding::Finding;
use members::Members;
use node::{Node, canonical};
use walk::Walk;

const ROOT: Members = Members(&[
    ("openapi", |_| true),
    ("info", |_| true),
    ("servers", Value::is_array),
    ("security", Value::is_array),
    ("paths", |_| true),
    ("components", |_| true),
]);

/// Compares two documents of OpenAPI 3.0 that are one file each.
///
/// # Errors
///
/// A refusal, with its place, where one of them is no such document.
pub fn drift(base: &Source, revision: &Source) -> Result<Comparison, Finding> {
    let alone = |source| Files::gather(source, &|_| None);
    Ok(compare(&alone(base)?, &alone(revision)?))
}

/// Compares two documents of OpenAPI 3.0 with all their files.
pub fn compare(base: &Files, revision: &Files) -> Comparison {
    let mut walk = Walk::new(base, revision);
    operations::compare(&mut walk);
    if !walk.met_operations() {
        components::compare_all(&mut walk);
    }
    walk.finish();
    components::compare(&mut walk);
    let roots = (walk.base.root(), walk.revision.root());
    ROOT.compare_node(&mut walk, &roots.0, &roots.1);
    let info = |root: &Node<'_>| root.get("info").map(|it| canonical(it.value));
    if info(&roots.0) != info(&roots.1) {
        walk.note(&rule::DESCRIPTION_CHANGED, "/info", "/info", "info");
    }
    Comparison {
        base: base.name().to_owned(),
        revision: revision.name().to_owned(),
        changes: changes(&walk, base, revision),
    }
}

fn changes(walk: &Walk<'_>, base: &Files, revision: &Files) -> Vec<Change> {
    let mut reached: HashMap<usize, Vec<String>> = HashMap::new();
    let mut changes: Vec<_> = walk
        .found
        .iter()
        .map(|found| {
            let operations = reached.entry(found.at).or_insert_with(|| {
                let operations = walk.operations(found.at).into_iter();
                operations.map(str::to_owned).collect()
            });
            Change {
                rule: found.rule,
                level: found.rule.level,
                base: base.place(&found.base),
                revision: revision.place(&found.revision),
                what: found.what.clone(),
                operations: operations.clone(),
                accepted: None,
            }
        })
        .collect();
    changes.sort_by(|one, other| {
        let key = |change: &Change| (change.level, change.base.line, change.revision.line);
        key(one)
            .cmp(&key(other))
            .then_with(|| one.what.cmp(&other.what))
    });
    changes.dedup();
    changes
}
