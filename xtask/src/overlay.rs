//! Applies an OpenAPI Overlay 1.0 and remembers which nodes came from it.
//!
//! The specification lets an action that matches nothing pass in silence. Here that is an error:
//! a correction that no longer corrects anything has outlived its reason.

use std::collections::BTreeMap;

use enumset::EnumSet;
use roas_overlay::apply::{Apply, ApplyErrorKind, ApplyOptions};
use roas_overlay::common::apply::{compile_path, locate};
use roas_overlay::v1_0::{Action, Overlay};
use roas_overlay::validation::{Validate, ValidationOptions};
use serde_json::Value;

use crate::corrected::Corrected;
use crate::document::Document;
use crate::finding::{Finding, Severity};
use crate::pointer;

/// Applies every action of `overlay`. `undescribed` is how much an action without a description
/// matters.
pub(crate) fn apply(
    corrected: &mut Corrected,
    overlay: &Document,
    undescribed: Severity,
    findings: &mut Vec<Finding>,
) {
    let before = findings
        .iter()
        .filter(|finding| finding.is_refusal())
        .count();
    check_shape(overlay, findings);
    if findings
        .iter()
        .filter(|finding| finding.is_refusal())
        .count()
        > before
    {
        return;
    }
    let parsed: Overlay = match serde_json::from_value(overlay.value.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            findings.push(Finding::refusal(
                overlay.place(""),
                format!("not an Overlay 1.0 document: {error}"),
                "see https://spec.openapis.org/overlay/v1.0.0.html",
            ));
            return;
        }
    };
    if let Err(invalid) = parsed.validate(EnumSet::<ValidationOptions>::empty()) {
        for error in invalid.errors {
            let place = overlay.place(&pointer_of(&error.path));
            findings.push(Finding::refusal(
                place,
                error.message,
                "see https://spec.openapis.org/overlay/v1.0.0.html",
            ));
        }
        return;
    }
    corrected.overlaid_by(&overlay.name);
    for (index, action) in parsed.actions.iter().enumerate() {
        apply_action(
            corrected,
            overlay,
            &parsed,
            index,
            action,
            undescribed,
            findings,
        );
    }
}

fn apply_action(
    corrected: &mut Corrected,
    overlay: &Document,
    whole: &Overlay,
    index: usize,
    action: &Action,
    undescribed: Severity,
    findings: &mut Vec<Finding>,
) {
    let here = format!("/actions/{index}");
    let reason = action
        .description
        .as_deref()
        .map(str::trim)
        .unwrap_or_default();
    if reason.is_empty() {
        findings.push(Finding {
            severity: undescribed,
            place: overlay.place(&here),
            what: format!("action {index} has no description"),
            remedy: "say in `description` why the document must be corrected".into(),
        });
    }
    let Ok(path) = compile_path(&action.target) else {
        return;
    };
    let matched = locate(&corrected.value, &path);
    if action.is_remove() {
        for pointer in &matched {
            corrected.removed(pointer);
        }
    } else if let Some(update) = &action.update {
        for pointer in &matched {
            let target = corrected.value.pointer(pointer);
            let mut added = BTreeMap::new();
            match target {
                Some(Value::Array(items)) => {
                    let there = pointer::at(pointer, items.len());
                    added.insert(there, overlay.line(&pointer::join(&here, "update")));
                }
                target => new_nodes(
                    overlay,
                    &pointer::join(&here, "update"),
                    update,
                    target,
                    pointer,
                    &mut added,
                ),
            }
            corrected.added(added);
        }
    }
    // Overlays are applied one action at a time so that a fault in one does not hide the next.
    let alone = Overlay {
        actions: vec![action.clone()],
        ..whole.clone()
    };
    let options = ApplyOptions::ErrorOnZeroMatch | ApplyOptions::ErrorOnMixedKindMatch;
    if let Err(error) = alone.apply(&mut corrected.value, options) {
        let (what, remedy) = match error.kind {
            ApplyErrorKind::ZeroMatch => (
                format!(
                    "the target of action {index}, `{}`, matches nothing",
                    action.target
                ),
                "the document has changed: correct the target, or remove the action if its reason is gone",
            ),
            other => (
                format!(
                    "action {index} cannot be applied to `{}`: {other}",
                    action.target
                ),
                "let the target select objects or arrays; to change a value, select the object around it",
            ),
        };
        let what = if reason.is_empty() {
            what
        } else {
            format!("{what} (its reason: {reason})")
        };
        findings.push(Finding::refusal(
            overlay.place(&pointer::join(&here, "target")),
            what,
            remedy,
        ));
    }
}

/// The nodes that merging `update` into `target` brings into the document, and their lines.
fn new_nodes(
    overlay: &Document,
    from: &str,
    update: &Value,
    target: Option<&Value>,
    to: &str,
    added: &mut BTreeMap<String, usize>,
) {
    match (update, target) {
        (Value::Object(members), Some(Value::Object(existing))) => {
            for (key, value) in members {
                let from = pointer::join(from, key);
                let to = pointer::join(to, key);
                new_nodes(overlay, &from, value, existing.get(key), &to, added);
            }
        }
        (Value::Object(members), _) => {
            added.insert(to.to_owned(), overlay.line(from));
            for (key, value) in members {
                let from = pointer::join(from, key);
                let to = pointer::join(to, key);
                new_nodes(overlay, &from, value, None, &to, added);
            }
        }
        (Value::Array(_), Some(Value::Array(_))) => {}
        _ => {
            added.insert(to.to_owned(), overlay.line(from));
        }
    }
}

/// What roas-overlay lets pass or reports without a place.
fn check_shape(overlay: &Document, findings: &mut Vec<Finding>) {
    let mut refuse = |pointer: &str, what: String, remedy: &str| {
        findings.push(Finding::refusal(overlay.place(pointer), what, remedy));
    };
    let root = &overlay.value;
    match root.get("overlay").and_then(Value::as_str) {
        Some(version) if version.starts_with("1.0.") => {}
        Some(version) => refuse(
            "/overlay",
            format!("this is Overlay {version}"),
            "write the overlay in version 1.0.0",
        ),
        None => refuse(
            "",
            "there is no `overlay` version here".into(),
            "begin with `overlay: 1.0.0`",
        ),
    }
    unknown_keys(
        root,
        "",
        &["overlay", "info", "extends", "actions"],
        &mut refuse,
    );
    match root.get("info") {
        Some(info @ Value::Object(_)) => {
            unknown_keys(info, "/info", &["title", "version"], &mut refuse);
            for key in ["title", "version"] {
                if !info.get(key).is_some_and(Value::is_string) {
                    refuse(
                        "/info",
                        format!("`{key}` is missing, or not a string"),
                        "an overlay's `info` has a title and a version",
                    );
                }
            }
        }
        _ => refuse(
            "",
            "`info` is missing, or not an object".into(),
            "an overlay's `info` has a title and a version",
        ),
    }
    let Some(Value::Array(actions)) = root.get("actions") else {
        refuse(
            "",
            "`actions` is missing, or not a list".into(),
            "list the corrections under `actions`",
        );
        return;
    };
    for (index, action) in actions.iter().enumerate() {
        let here = format!("/actions/{index}");
        if !action.is_object() {
            refuse(
                &here,
                format!("action {index} is not an object"),
                "give it a `target` and an `update` or `remove: true`",
            );
            continue;
        }
        unknown_keys(
            action,
            &here,
            &["target", "description", "update", "remove"],
            &mut refuse,
        );
        if !action.get("target").is_some_and(Value::is_string) {
            refuse(
                &here,
                format!("action {index} has no `target`"),
                "select nodes with a JSONPath (RFC 9535)",
            );
        }
        if action.get("description").is_some_and(|it| !it.is_string()) {
            refuse(
                &pointer::join(&here, "description"),
                "the description is not a string".into(),
                "put it in quotes",
            );
        }
        if action.get("remove").is_some_and(|it| !it.is_boolean()) {
            refuse(
                &pointer::join(&here, "remove"),
                "`remove` is not a boolean".into(),
                "write `remove: true`",
            );
        }
    }
}

fn unknown_keys(
    object: &Value,
    here: &str,
    known: &[&str],
    refuse: &mut impl FnMut(&str, String, &str),
) {
    for key in object
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys())
    {
        if !known.contains(&key.as_str()) && !key.starts_with("x-") {
            refuse(
                &pointer::join(here, key),
                format!("Overlay 1.0 knows no `{key}` here"),
                &format!(
                    "it knows {} and extensions that begin with `x-`",
                    known.join(", ")
                ),
            );
        }
    }
}

/// `#.actions[3].target`, as roas-overlay writes it, as a JSON pointer.
fn pointer_of(path: &str) -> String {
    path.trim_start_matches('#')
        .replace(['.', '['], "/")
        .replace(']', "")
}
