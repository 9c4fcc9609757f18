//! What was found on the pages, written down: what is wrong with them first, then what has changed
//! in the document, as `drift` writes it.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::check::Checked;
use super::found::Found;
use crate::drift::format;
use crate::drift::format::github::{data, property};
use crate::finding::Severity;

const NO_DOCUMENT: &str = "No document could be put together from the pages.";

/// For people; with colours.
pub fn text(checked: &Checked) -> String {
    let mut text = String::new();
    for found in &checked.found {
        let style = match found.finding.severity {
            Severity::Refusal => AnsiColor::Red.on_default().bold(),
            Severity::Warning => AnsiColor::Yellow.on_default(),
            Severity::Note => Style::new().dimmed(),
        };
        let (severity, rest) = (found.finding.severity, sentence(found));
        let _ = writeln!(text, "{style}{severity}{style:#}: {rest}\n");
    }
    match &checked.comparison {
        Some(comparison) => text += &format::text(comparison),
        None => text = text + NO_DOCUMENT + "\n",
    }
    text
}

/// For programs. The shape is described in this package's README, and `"schema"` counts up when it
/// changes.
pub fn json(checked: &Checked) -> String {
    let findings = checked.found.iter().map(|found| {
        let finding = &found.finding;
        json!({
            "kind": found.kind,
            "severity": finding.severity.to_string(),
            "what": finding.what,
            "remedy": finding.remedy,
            "file": finding.place.file,
            "line": finding.place.line,
        })
    });
    let drift = checked.comparison.as_ref().map(format::json_value);
    let findings: Vec<_> = findings.collect();
    let whole = json!({ "schema": 1, "findings": findings, "drift": drift });
    format!("{whole:#}\n")
}

/// For an issue.
pub fn markdown(checked: &Checked) -> String {
    let mut text = String::new();
    if !checked.found.is_empty() {
        text += "### On the pages\n\n";
    }
    for found in &checked.found {
        // Nothing leaves a block that is indented, whatever a page says.
        let whole = format!("{}: {}\n", found.finding.severity, sentence(found));
        for line in whole.lines() {
            let _ = writeln!(text, "    {line}");
        }
        text.push('\n');
    }
    match &checked.comparison {
        Some(comparison) => text += &format::markdown(comparison),
        None => text = text + NO_DOCUMENT + "\n",
    }
    text
}

/// For a workflow's log.
pub fn github(checked: &Checked) -> String {
    let mut text = String::new();
    for found in &checked.found {
        let finding = &found.finding;
        let kind = match finding.severity {
            Severity::Refusal => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let _ = writeln!(
            text,
            "::{kind} file={},line={},title={}::{}",
            property(&finding.place.file),
            finding.place.line.unwrap_or(1),
            found.kind.as_str(),
            data(&finding.what),
        );
    }
    match &checked.comparison {
        Some(comparison) => text += &format::github(comparison),
        None => text = text + NO_DOCUMENT + "\n",
    }
    text
}

/// A finding without its severity, and with the name of its kind.
fn sentence(found: &Found) -> String {
    let finding = &found.finding;
    let mut text = format!(
        "{} ({})\n  --> {}",
        finding.what,
        found.kind.as_str(),
        finding.place
    );
    if !finding.remedy.is_empty() {
        let _ = write!(text, "\n  help: {}", finding.remedy);
    }
    text
}
