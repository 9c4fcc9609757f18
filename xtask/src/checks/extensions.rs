//! The project's extensions in places where they say nothing: a correction that does not correct.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Report;
use crate::pointer;
use crate::walk::{Kind, walk};

pub(super) fn check(report: &mut Report<'_, '_>) {
    let root = report.root();
    let mut schemas = BTreeSet::new();
    let mut operations = BTreeSet::new();
    walk(root, &mut |kind, here, node| match kind {
        Kind::Schema if node.get("$ref").is_none() => {
            schemas.insert(here.to_owned());
        }
        Kind::Operation => {
            operations.insert(here.to_owned());
        }
        _ => {}
    });
    let mut idle = Vec::new();
    search(root, "", &mut |key, around| {
        let heard = match key {
            "x-virtual-path" => operations.contains(around),
            _ => schemas.contains(around),
        };
        if !heard {
            idle.push((pointer::join(around, key), key.to_owned()));
        }
    });
    for (here, key) in idle {
        let home = if key == "x-virtual-path" {
            "an operation"
        } else {
            "a schema that is not a `$ref`"
        };
        report.warn(
            &here,
            format!("`{key}` says nothing here"),
            &format!("put it on {home}"),
        );
    }
}

fn search(node: &Value, here: &str, found: &mut dyn FnMut(&str, &str)) {
    match node {
        Value::Object(members) => {
            for (key, member) in members {
                if matches!(
                    key.as_str(),
                    "x-type-name" | "x-replace-with" | "x-virtual-path"
                ) {
                    found(key, here);
                }
                search(member, &pointer::join(here, key), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                search(item, &pointer::at(here, index), found);
            }
        }
        _ => {}
    }
}
