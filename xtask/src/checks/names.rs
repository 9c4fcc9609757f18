//! Component names, which become type names.

use serde_json::Value;

use super::Report;
use crate::names::type_name;
use crate::pointer;
use crate::schema::SCHEMAS;

pub(super) fn check(report: &mut Report<'_, '_>) {
    let Some(components) = report.root().get("components") else {
        return;
    };
    if !components.is_object() {
        report.refuse(
            "/components",
            "`components` is not an object",
            "list components by kind and name",
        );
        return;
    }
    for (kind, members) in components.as_object().into_iter().flatten() {
        let here = pointer::join("/components", kind);
        for name in members
            .as_object()
            .into_iter()
            .flat_map(|members| members.keys())
        {
            let proper = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if !kind.starts_with("x-") && !proper {
                report.refuse(
                    &pointer::join(&here, name),
                    format!("`{name}` is not a name that OpenAPI allows for a component"),
                    "use letters, digits, dots, dashes and underscores",
                );
            }
        }
    }
    let schemas = report.root().pointer(SCHEMAS).and_then(Value::as_object);
    let mut seen: Vec<(&str, String)> = Vec::new();
    for (name, schema) in schemas.into_iter().flatten() {
        // A name that is chosen is checked where types are named.
        if schema.get("x-type-name").is_some() || schema.get("x-replace-with").is_some() {
            continue;
        }
        let rust_name = type_name(name);
        let here = pointer::join(SCHEMAS, name);
        if let Some((other, _)) = seen.iter().find(|(_, taken)| *taken == rust_name) {
            let place = report.document.place(&pointer::join(SCHEMAS, other));
            report.refuse(
                &here,
                format!(
                    "`{name}` and `{other}` ({place}) would both become the type `{rust_name}`"
                ),
                "give one of them another name with `x-type-name` in an overlay",
            );
        }
        seen.push((name, rust_name));
    }
}
