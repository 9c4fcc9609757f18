//! What a project makes of the changes: other levels, and changes that it has
//! accepted, each with a reason and an end.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::change::Comparison;
use super::rule::{Level, rules};
use crate::document::Source;
use crate::finding::{Finding, Place};
use crate::sources;

/// A policy file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Rules that mean something else here.
    #[serde(default, rename = "level")]
    levels: Vec<Override>,
    /// Changes that are known and accepted.
    #[serde(default, rename = "accept")]
    accepted: Vec<Acceptance>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    rule: String,
    level: Level,
    reason: String,
    until: toml::value::Datetime,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    rule: String,
    /// `METHOD /path`; any operation if it is left out.
    operation: Option<String>,
    /// The beginning of a JSON pointer in either document.
    pointer: Option<String>,
    reason: String,
    until: toml::value::Datetime,
}

impl Policy {
    /// Parses and checks a policy file.
    ///
    /// # Errors
    ///
    /// A refusal with the line.
    pub fn parse(source: &Source) -> Result<Self, Finding> {
        let policy: Self = sources::parse(source)?;
        let known: BTreeSet<_> = rules().map(|rule| rule.id).collect();
        let levels = policy
            .levels
            .iter()
            .map(|it| (&it.rule, &it.reason, it.until));
        let accepted = policy
            .accepted
            .iter()
            .map(|it| (&it.rule, &it.reason, it.until));
        for (rule, reason, until) in levels.chain(accepted) {
            let refuse =
                |what: String, remedy: &str| Err(sources::refusal(source, rule, what, remedy));
            if !known.contains(rule.as_str()) {
                return refuse(
                    format!("there is no rule `{rule}`"),
                    "`cargo xtask drift --rules` lists them",
                );
            }
            if reason.trim().is_empty() {
                return refuse(
                    format!("it is not said why, of `{rule}`"),
                    "say it in `reason`",
                );
            }
            if until.date.is_none() || until.time.is_some() {
                return refuse(
                    format!("`until` of `{rule}` is no date"),
                    "write it as 2027-01-31, without quotes",
                );
            }
        }
        Ok(policy)
    }

    /// Applies the policy as it stands on a day (`2026-01-31`); what is to be
    /// said of its own entries.
    pub fn apply(&self, comparison: &mut Comparison, source: &Source, today: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut told = |rule: &str, what: String, remedy: &str| {
            let place = sources::place_of(source, rule);
            findings.push(Finding::warning(place, what, remedy));
        };
        let has_ended = |until: &toml::value::Datetime| until.to_string().as_str() < today;
        for entry in &self.levels {
            if has_ended(&entry.until) {
                let what = format!(
                    "the other level of `{}` ended on {}",
                    entry.rule, entry.until
                );
                told(&entry.rule, what, "renew it, or remove it");
                continue;
            }
            let changes = comparison.changes.iter_mut();
            for change in changes.filter(|change| change.rule.id == entry.rule) {
                change.level = entry.level;
            }
        }
        for entry in &self.accepted {
            if has_ended(&entry.until) {
                let what = format!(
                    "the acceptance of `{}` ended on {}",
                    entry.rule, entry.until
                );
                told(&entry.rule, what, "renew it, or remove it");
                continue;
            }
            let mut applies = false;
            for change in &mut comparison.changes {
                let operation = entry.operation.as_ref();
                let here = [&change.base, &change.revision];
                if change.rule.id == entry.rule
                    && operation.is_none_or(|it| change.operations == [it.clone()])
                    && entry
                        .pointer
                        .as_ref()
                        .is_none_or(|it| here.iter().any(|place| is_in(place, it)))
                {
                    applies = true;
                    change.accepted = Some(entry.reason.clone());
                }
            }
            if !applies {
                let what = format!(
                    "nothing is left that this acceptance of `{}` applies to",
                    entry.rule
                );
                told(&entry.rule, what, "remove it");
            }
        }
        findings
    }
}

/// Whether a place is at a pointer or below it.
fn is_in(place: &Place, pointer: &str) -> bool {
    let rest = place
        .pointer
        .as_deref()
        .and_then(|it| it.strip_prefix(pointer));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
