//! For a terminal. With colours; whoever prints it takes them out where nobody
//! sees them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::super::change::{Change, Comparison};
use super::super::rule::Level;
use super::{counts, groups, sentence};

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// For people.
pub fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    for group in groups(comparison) {
        let _ = writeln!(text, "{BOLD}{}{BOLD:#}", group.title);
        for change in group.changes {
            one(&mut text, change);
        }
        text.push('\n');
    }
    let verdict = comparison.verdict().as_str();
    let _ = writeln!(text, "{BOLD}{verdict}{BOLD:#}: {}", counts(comparison));
    text
}

fn one(text: &mut String, change: &Change) {
    let style = match (&change.accepted, change.level) {
        (Some(_), _) | (None, Level::Info) => FAINT,
        (None, Level::Breaking) => AnsiColor::Red.on_default().bold(),
        (None, Level::Compatible) => AnsiColor::Yellow.on_default(),
    };
    let (level, rule) = (change.level, change.rule.id);
    let _ = writeln!(text, "  {style}{level:<10}{style:#}  {}", sentence(change));
    let _ = writeln!(text, "  {FAINT}            {rule}{FAINT:#}");
    for place in [&change.base, &change.revision] {
        let _ = writeln!(text, "  {FAINT}            {place}{FAINT:#}");
    }
    if let Some(reason) = &change.accepted {
        let _ = writeln!(text, "              accepted: {reason}");
    }
}
