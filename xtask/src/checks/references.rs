//! References that lead nowhere, elsewhere, in a circle, or to something of another kind.

use serde_json::Value;

use super::Report;
use crate::pointer;
use crate::resolve;
use crate::walk::{Kind, walk};

pub(super) fn check(report: &mut Report<'_, '_>) {
    let root = report.root();
    walk(root, &mut |kind, here, node| {
        let Some(reference) = node.get("$ref") else {
            return;
        };
        let Some(reference) = reference.as_str() else {
            // In a map of properties, `$ref` may be the name of one.
            if kind != Kind::Schema || !reference.is_object() {
                report.refuse(
                    here,
                    "`$ref` is not a string",
                    "write it as '#/components/…'",
                );
            }
            return;
        };
        target(report, kind, here, reference);
        siblings(report, here, node);
        if kind != Kind::Schema && kind != Kind::PathItem && is_circle(root, node) {
            report.refuse(
                here,
                format!("`{reference}` leads back to itself"),
                "let one of the components say what it is",
            );
        }
    });
}

fn target(report: &mut Report<'_, '_>, kind: Kind, here: &str, reference: &str) {
    let there = pointer::join(here, "$ref");
    let Some(home) = kind.home() else {
        report.refuse(
            &there,
            format!(
                "a reference to a whole {} is more than the generator can do",
                kind.name()
            ),
            "write the operations out under the path",
        );
        return;
    };
    let Some(target) = pointer::of_reference(reference) else {
        report.refuse(
            &there,
            format!("`{reference}` leads out of the document"),
            "bundle the documents into one, with every component under `components`",
        );
        return;
    };
    if report.root().pointer(&target).is_none() {
        report.refuse(
            &there,
            format!("`{reference}` leads to nothing"),
            "declare it under `components`, or correct the reference",
        );
        return;
    }
    let name = target
        .strip_prefix(home)
        .and_then(|rest| rest.strip_prefix('/'));
    match name {
        Some(name) if !name.is_empty() && !name.contains('/') => {}
        _ => report.refuse(
            &there,
            format!(
                "`{reference}` does not lead to a {} under {home}",
                kind.name()
            ),
            "move what is meant there, and refer to it by its name",
        ),
    }
}

/// OpenAPI 3.0 ignores what stands beside `$ref`; people often do not know.
fn siblings(report: &mut Report<'_, '_>, here: &str, node: &Value) {
    let siblings: Vec<&str> = node
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys())
        .map(String::as_str)
        .filter(|key| {
            !matches!(
                *key,
                "$ref" | "description" | "summary" | "title" | "example" | "externalDocs"
            )
        })
        .filter(|key| !key.starts_with("x-"))
        .collect();
    if !siblings.is_empty() {
        report.warn(
            here,
            format!(
                "OpenAPI 3.0 ignores what stands beside `$ref`: {}",
                siblings.join(", ")
            ),
            "wrap the reference: `allOf: [{ $ref: … }]` may have other members beside it",
        );
    }
}

fn is_circle(root: &Value, node: &Value) -> bool {
    let leads_somewhere = node
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(pointer::of_reference)
        .is_some_and(|target| root.pointer(&target).is_some());
    leads_somewhere && resolve::follow(root, node).is_none() && !breaks_off(root, node)
}

/// Whether a chain of references ends at nothing, which is told where it does.
fn breaks_off(root: &Value, node: &Value) -> bool {
    let mut node = node;
    for _ in 0..64 {
        let Some(reference) = node.get("$ref").and_then(Value::as_str) else {
            return false;
        };
        match pointer::of_reference(reference).and_then(|target| root.pointer(&target)) {
            Some(next) => node = next,
            None => return true,
        }
    }
    false
}
