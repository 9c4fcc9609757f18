//! For a pull request or an issue.

use std::fmt::Write as _;

use super::super::change::Comparison;
use super::super::rule::Level;
use super::{counts, groups, sentence};
use crate::finding::Place;

/// GitHub cuts comments off at 65,536 characters; the report stays below.
const LONGEST: usize = 60_000;

/// For a pull request.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = format!(
        "### {}: {}\n\nFrom {} to {}.\n",
        comparison.verdict().as_str(),
        counts(comparison),
        code(&comparison.base),
        code(&comparison.revision),
    );
    let mut left = comparison.changes.len();
    for group in groups(comparison) {
        let head = format!(
            "\n#### {}\n\n| | what | base | revision |\n| --- | --- | --- | --- |\n",
            cell(&group.title)
        );
        text += &head;
        for change in group.changes {
            if text.len() > LONGEST {
                let _ = writeln!(text, "\n… and {left} more.");
                return text;
            }
            left -= 1;
            let level = match (&change.accepted, change.level) {
                (Some(_), level) => format!("~~{level}~~"),
                (None, Level::Breaking) => "**breaking**".into(),
                (None, level) => level.to_string(),
            };
            let mut what = format!("{}<br>`{}`", cell(&sentence(change)), change.rule.id);
            if let Some(reason) = &change.accepted {
                let _ = write!(what, "<br>accepted: {}", cell(reason));
            }
            let place = |place: &Place, document: &str| {
                let line = place.line.map(|line| format!("{line}: "));
                // A document may be several files.
                let file = match place.file == document {
                    true => String::new(),
                    false => format!("{} ", cell(&place.file)),
                };
                let pointer = code(place.pointer.as_deref().unwrap_or_default());
                format!("{file}{}{pointer}", line.unwrap_or_default())
            };
            let (base, revision) = (
                place(&change.base, &comparison.base),
                place(&change.revision, &comparison.revision),
            );
            let _ = writeln!(text, "| {level} | {what} | {base} | {revision} |");
        }
    }
    text
}

/// Text that leaves its cell neither sideways nor downwards.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '\\' | '@' => {
                safe.push('\\');
                safe.push(character);
            }
            '\n' | '\r' => safe.push(' '),
            _ => safe.push(character),
        }
    }
    safe
}

fn code(text: &str) -> String {
    let text = text.replace(['`', '\n', '\r'], "'").replace('|', "\\|");
    match text.is_empty() {
        true => "(the whole)".into(),
        false => format!("`{text}`"),
    }
}
