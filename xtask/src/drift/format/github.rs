//! Annotations of GitHub's workflows, at the lines of the revision.

use std::fmt::Write as _;

use super::super::change::Comparison;
use super::super::rule::Level;
use super::{counts, sentence};

/// For a workflow's log.
pub fn github(comparison: &Comparison) -> String {
    let mut text = String::new();
    for change in comparison.changes.iter().filter(|it| it.accepted.is_none()) {
        let kind = match change.level {
            Level::Breaking => "error",
            Level::Compatible => "warning",
            Level::Info => "notice",
        };
        let file = property(&change.revision.file);
        let line = change.revision.line.unwrap_or(1);
        let title = format!("{}: {}", change.level, change.rule.id);
        let mut message = sentence(change);
        if !change.operations.is_empty() {
            let _ = write!(message, " ({})", change.operations.join(", "));
        }
        let _ = writeln!(
            text,
            "::{kind} file={file},line={line},title={}::{}",
            property(&title),
            data(&message)
        );
    }
    let _ = writeln!(
        text,
        "{}: {}",
        comparison.verdict().as_str(),
        counts(comparison)
    );
    text
}

/// Text behind an annotation's colons.
pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Text between an annotation's colons.
pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
