//! Schemas: keywords of the right kind, and combinations that typify takes for something else.

use serde_json::Value;

use super::Report;
use crate::pointer;
use crate::walk::{Kind, walk};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

pub(super) fn check(report: &mut Report<'_, '_>) {
    let root = report.root();
    walk(root, &mut |kind, here, node| {
        if kind != Kind::Schema || node.get("$ref").is_some_and(Value::is_string) {
            return;
        }
        if !node.is_object() {
            report.refuse(
                here,
                "in OpenAPI 3.0 a schema is an object",
                "write `{}` for a schema that allows anything",
            );
            return;
        }
        keywords(report, here, node);
        kind_of_value(report, here, node);
    });
}

fn keywords(report: &mut Report<'_, '_>, here: &str, schema: &Value) {
    for (key, value) in schema.as_object().into_iter().flatten() {
        let (fits, expected) = match key.as_str() {
            "type" | "format" | "pattern" | "title" | "description" => {
                (value.is_string(), "a string")
            }
            "nullable" | "uniqueItems" | "deprecated" | "readOnly" | "writeOnly"
            | "exclusiveMinimum" | "exclusiveMaximum" => (value.is_boolean(), "a boolean"),
            "minimum" | "maximum" | "multipleOf" => (value.is_number(), "a number"),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" => (value.is_u64(), "a whole number"),
            "properties" => (value.is_object(), "an object"),
            "required" => (
                value
                    .as_array()
                    .is_some_and(|names| names.iter().all(Value::is_string)),
                "a list of strings",
            ),
            "enum" => (
                value.as_array().is_some_and(|values| !values.is_empty()),
                "a list with at least one value",
            ),
            "allOf" | "oneOf" | "anyOf" => (
                value.as_array().is_some_and(|schemas| !schemas.is_empty()),
                "a list with at least one schema",
            ),
            "additionalProperties" => (
                value.is_object() || value.is_boolean(),
                "a schema or a boolean",
            ),
            _ => continue,
        };
        if !fits {
            let there = pointer::join(here, key);
            let remedy = if key == "type" && value.is_array() {
                "OpenAPI 3.0 has one type; write `nullable: true` for null, and `oneOf` for several"
            } else {
                "compare with https://spec.openapis.org/oas/v3.0.3.html#schema-object"
            };
            report.refuse(&there, format!("`{key}` is not {expected}"), remedy);
        }
    }
}

fn kind_of_value(report: &mut Report<'_, '_>, here: &str, schema: &Value) {
    let has = |key: &str| schema.get(key).is_some();
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        if !TYPES.contains(&kind) {
            report.refuse(
                &pointer::join(here, "type"),
                format!("OpenAPI 3.0 knows no type `{kind}`"),
                "use one of array, boolean, integer, number, object, string",
            );
        }
    } else if schema.get("nullable") == Some(&Value::Bool(true)) {
        // typify would make an array of these.
        let constraint = [
            "minLength",
            "maxLength",
            "pattern",
            "minimum",
            "maximum",
            "multipleOf",
        ]
        .into_iter()
        .find(|key| has(key));
        if let Some(constraint) = constraint {
            report.refuse(
                here,
                format!(
                    "`nullable` and `{constraint}` without a `type` do not say what the value is"
                ),
                "add the `type`",
            );
        }
    }
    for (exclusive, bound) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if schema.get(exclusive) == Some(&Value::Bool(true)) && !has(bound) {
            report.refuse(
                &pointer::join(here, exclusive),
                format!("`{exclusive}` without a `{bound}` excludes nothing"),
                "add the bound, or remove the keyword",
            );
        }
    }
}
