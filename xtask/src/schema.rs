//! Questions about a single schema.

use serde_json::{Map, Value};

use crate::pointer;
use crate::resolve;

/// Where schemas are declared.
pub(crate) const SCHEMAS: &str = "/components/schemas";

/// What says something to a reader but nothing to a type.
const ANNOTATIONS: [&str; 9] = [
    "description",
    "title",
    "example",
    "examples",
    "externalDocs",
    "deprecated",
    "xml",
    "readOnly",
    "writeOnly",
];

/// String formats for which typify has a type of its own.
const NATIVE_FORMATS: [&str; 6] = ["uuid", "date", "date-time", "ip", "ipv4", "ipv6"];

/// The declared schema that a `$ref` names.
pub(crate) fn declared_name(reference: &str) -> Option<&str> {
    reference
        .strip_prefix("#/components/schemas/")
        .filter(|name| !name.contains('/'))
}

/// Whether typify would have to invent a name for the type of this schema.
pub(crate) fn needs_name(schema: &Value) -> bool {
    let has = |key: &str| schema.get(key).is_some();
    let kind = schema.get("type").and_then(Value::as_str);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return kind != Some("boolean") && values.iter().any(|value| !value.is_null());
    }
    if ["allOf", "oneOf", "anyOf", "not"].into_iter().any(has) {
        return true;
    }
    let named_members = |key: &str| {
        schema.get(key).is_some_and(|it| {
            it.as_object().is_some_and(|m| !m.is_empty())
                || it.as_array().is_some_and(|a| !a.is_empty())
        })
    };
    if matches!(kind, Some("object") | None) {
        return named_members("properties")
            || named_members("required")
            || schema.get("additionalProperties") == Some(&Value::Bool(false));
    }
    if kind == Some("string") {
        let format = schema
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default();
        return ["pattern", "minLength", "maxLength"].into_iter().any(has)
            && !NATIVE_FORMATS.contains(&format);
    }
    false
}

/// Whether null is among the values.
pub(crate) fn allows_null(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
        || schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| values.contains(&Value::Null) && values.len() > 1)
}

/// Takes null out of the values.
pub(crate) fn forbid_null(schema: &mut Value) {
    if !allows_null(schema) {
        return;
    }
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    members.remove("nullable");
    if let Some(values) = members.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
}

/// The pointer to the single member of an `allOf`, `oneOf` or `anyOf` beside which nothing else
/// says anything to a type: the usual way to write something next to a `$ref`.
pub(crate) fn only_alternative(schema: &Value) -> Option<&'static str> {
    let members = schema.as_object()?;
    let structural: Vec<&str> = members
        .keys()
        .map(String::as_str)
        .filter(|key| !is_annotation(key) && !matches!(*key, "nullable" | "default"))
        .collect();
    let [key] = structural[..] else { return None };
    let pointer = match key {
        "allOf" => "/allOf/0",
        "oneOf" => "/oneOf/0",
        "anyOf" => "/anyOf/0",
        _ => return None,
    };
    (members.get(key)?.as_array()?.len() == 1).then_some(pointer)
}

/// How typify will tell the alternatives of a schema apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Union {
    /// By a tag, which it finds only while the alternatives stand inline.
    Tagged,
    /// By trying one after the other.
    Untagged,
}

pub(crate) fn union(schema: &Value, root: &Value) -> Union {
    let alternatives: Vec<&Value> = ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|key| schema.get(key).and_then(Value::as_array))
        .flatten()
        .filter_map(|alternative| resolve::follow(root, alternative))
        .collect();
    let external = alternatives
        .iter()
        .all(|it| is_string_enum(it) || has_single_required_property(it));
    let tags = |schema: &Value| -> Vec<String> {
        let required = schema.get("required").and_then(Value::as_array);
        required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|name| {
                schema
                    .pointer(&pointer::join("/properties", name))
                    .is_some_and(is_constant)
            })
            .map(str::to_owned)
            .collect()
    };
    let internal = alternatives.first().is_some_and(|first| {
        tags(first)
            .iter()
            .any(|tag| alternatives.iter().all(|other| tags(other).contains(tag)))
    });
    if external || internal {
        Union::Tagged
    } else {
        Union::Untagged
    }
}

/// Whether a schema is a string that can have one value only.
pub(crate) fn is_constant(schema: &Value) -> bool {
    is_string_enum(schema)
        && schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|it| it.len() == 1)
}

fn is_string_enum(schema: &Value) -> bool {
    let values = schema.get("enum").and_then(Value::as_array);
    schema.get("type").and_then(Value::as_str) == Some("string")
        && values.is_some_and(|values| values.iter().all(Value::is_string))
}

fn has_single_required_property(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array);
    properties.is_some_and(|it| it.len() == 1) && required.is_some_and(|it| it.len() == 1)
}

/// Whether a keyword says nothing to a type.
pub(crate) fn is_annotation(key: &str) -> bool {
    ANNOTATIONS.contains(&key) || key.starts_with("x-")
}

/// The schema without what says nothing to a type.
pub(crate) fn essence(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .iter()
                .filter(|(key, _)| !is_annotation(key))
                .map(|(key, value)| (key.clone(), essence_of_member(key, value)))
                .collect();
            // Only a description made a wrapper of what would else be the member itself.
            match kept
                .get("allOf")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
            {
                Some([only]) if kept.len() == 1 => only.clone(),
                _ => Value::Object(kept),
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(essence).collect()),
        other => other.clone(),
    }
}

fn essence_of_member(key: &str, value: &Value) -> Value {
    match (key, value) {
        // The keys below are names, not keywords.
        ("properties", Value::Object(properties)) => {
            let properties = properties
                .iter()
                .map(|(name, schema)| (name.clone(), essence(schema)));
            Value::Object(properties.collect())
        }
        ("required", Value::Array(names)) => {
            let mut names = names.clone();
            names.sort_by_key(|name| name.as_str().map(str::to_owned));
            Value::Array(names)
        }
        ("enum" | "default", value) => value.clone(),
        (_, value) => essence(value),
    }
}
