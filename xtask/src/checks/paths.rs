//! Paths and operations: ids, templates, and what stands under a path.

use serde_json::Value;

use super::Report;
use crate::operations::{self, METHODS};
use crate::pointer;

pub(super) fn check(report: &mut Report<'_, '_>) {
    let Some(paths) = report.root().get("paths").and_then(Value::as_object) else {
        report.refuse(
            "",
            "`paths` is missing, or not an object",
            "an OpenAPI document lists its operations under `paths`",
        );
        return;
    };
    for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
        let here = pointer::join("/paths", path);
        template(report, path, &here);
        members(report, item, &here);
    }
    operation_ids(report);
}

fn template(report: &mut Report<'_, '_>, path: &str, here: &str) {
    let remedy = "write a path as in `/things/{id}`";
    if !path.starts_with('/') {
        report.refuse(
            here,
            format!("the path `{path}` does not begin with a slash"),
            remedy,
        );
    }
    if path.contains(['?', '#']) {
        report.refuse(
            here,
            format!("the path `{path}` has a query or a fragment in it"),
            "declare query parameters as parameters",
        );
    }
    if path.contains("//") {
        report.refuse(
            here,
            format!("the path `{path}` has an empty segment"),
            remedy,
        );
    }
    let mut names: Vec<&str> = Vec::new();
    let mut rest = path;
    loop {
        match (rest.find('{'), rest.find('}')) {
            (None, None) => break,
            (Some(open), Some(close)) if open < close => {
                let name = &rest[open + 1..close];
                if name.is_empty() || name.contains(['{', '/']) {
                    report.refuse(
                        here,
                        format!("the path `{path}` has a parameter without a proper name"),
                        remedy,
                    );
                } else if names.contains(&name) {
                    report.refuse(
                        here,
                        format!("the path `{path}` has the parameter `{name}` twice"),
                        "give each its own name",
                    );
                }
                names.push(name);
                rest = &rest[close + 1..];
            }
            _ => {
                report.refuse(
                    here,
                    format!("the braces in the path `{path}` do not match"),
                    remedy,
                );
                break;
            }
        }
    }
}

fn members(report: &mut Report<'_, '_>, item: &Value, here: &str) {
    let Some(item) = item.as_object() else {
        report.refuse(
            here,
            "this path is not an object",
            "list its operations by method",
        );
        return;
    };
    for (key, member) in item {
        let there = pointer::join(here, key);
        if METHODS.contains(&key.as_str()) {
            if !member.is_object() {
                report.refuse(
                    &there,
                    "this operation is not an object",
                    "give it an `operationId` and `responses`",
                );
            }
        } else if !matches!(
            key.as_str(),
            "$ref" | "summary" | "description" | "servers" | "parameters"
        ) && !key.starts_with("x-")
        {
            report.warn(
                &there,
                format!("OpenAPI 3.0 knows no `{key}` under a path"),
                "a method is written in lower case: get, put, post, …",
            );
        }
    }
}

/// Names of the generated client that no operation can have.
const TAKEN: [&str; 9] = [
    "new",
    "new_with_client",
    "api_version",
    "baseurl",
    "client",
    "inner",
    "pre",
    "exec",
    "post",
];

fn operation_ids(report: &mut Report<'_, '_>) {
    struct Seen<'a> {
        id: &'a str,
        here: String,
        method: String,
        variant: String,
    }

    let mut all: Vec<Seen<'_>> = Vec::new();
    for (_, here) in operations::pointers(report.document) {
        let there = pointer::join(&here, "operationId");
        let id = report.root().pointer(&there);
        let Some(id) = id
            .and_then(Value::as_str)
            .filter(|id| !id.trim().is_empty())
        else {
            report.refuse(
                &here,
                "this operation has no `operationId`",
                "give it one: it becomes the name of a method; an overlay can do it",
            );
            continue;
        };
        let method = crate::names::method_name(id);
        let variant = crate::names::type_name(id);
        if TAKEN.contains(&method.as_str()) {
            report.refuse(&there, format!("the operation `{id}` would become `{method}`, a name that the generated client needs for itself"), "give it another `operationId` with an overlay");
        }
        for other in &all {
            let place = || report.document.place(&other.here);
            if other.id == id {
                let what = format!("the operationId `{id}` is taken by {}", place());
                let remedy = "give one of the two another; an overlay can do it";
                report.refuse(&there, what, remedy);
            } else if other.method == method || other.variant == variant {
                let what = format!(
                    "`{id}` and `{}` ({}) would both become `{method}` in Rust",
                    other.id,
                    place()
                );
                let remedy = "give one of the two another `operationId`; an overlay can do it";
                report.refuse(&there, what, remedy);
            }
        }
        all.push(Seen {
            id,
            here: there,
            method,
            variant,
        });
    }
}
