//! A comparison, written down.

pub(crate) mod github;
mod json;
mod markdown;
mod reference;
mod text;

use std::collections::BTreeMap;

pub use github::github;
pub use json::json;
pub(crate) use json::json_value;
pub use markdown::markdown;
pub use reference::reference;
pub use text::text;

use super::change::{Change, Comparison};
use super::rule::Level;

/// The changes of one operation, or of several alike.
struct Group<'c> {
    title: String,
    changes: Vec<&'c Change>,
}

/// The changes by operation; what concerns several stands together.
fn groups(comparison: &Comparison) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(usize, &[String]), Vec<&Change>> = BTreeMap::new();
    for change in &comparison.changes {
        let key = (change.operations.len(), change.operations.as_slice());
        groups.entry(key).or_default().push(change);
    }
    let groups = groups.into_iter().map(|((_, operations), changes)| Group {
        title: match operations {
            [] => "The document".into(),
            [operation] => operation.clone(),
            [first, second] => format!("{first} and {second}"),
            [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
        },
        changes,
    });
    groups.collect()
}

/// `1 breaking, 2 compatible, 0 info`, and what was accepted.
fn counts(comparison: &Comparison) -> String {
    let levels = [Level::Breaking, Level::Compatible, Level::Info];
    let counts = levels.map(|level| format!("{} {level}", comparison.count(level)));
    let accepted = comparison.changes.iter().filter(|it| it.accepted.is_some());
    let mut words = counts.join(", ");
    match accepted.count() {
        0 => {}
        count => words += &format!(", {count} accepted"),
    }
    words
}

/// What has happened, in a line.
fn sentence(change: &Change) -> String {
    match change.what.is_empty() {
        true => change.rule.meaning.to_owned(),
        false => format!("{}: {}", change.rule.meaning, change.what),
    }
}
