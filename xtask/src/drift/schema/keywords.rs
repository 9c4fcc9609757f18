//! What no rule compares: descriptions, examples, extensions, and members that
//! OpenAPI does not know, or not with such a value.

use serde_json::Value;

use super::super::members::{Members, Shape};
use super::super::walk::Walk;
use super::{Schema, types};

/// What the other rules compare, and how it must look for them to see it.
const COMPARED: Members = Members(&[
    ("type", |it| it.as_str().is_some_and(types::is_type)),
    ("nullable", Value::is_boolean),
    ("format", Value::is_string),
    ("enum", Value::is_array),
    ("default", |_| true),
    ("pattern", Value::is_string),
    ("multipleOf", Value::is_number),
    ("minimum", Value::is_number),
    ("maximum", Value::is_number),
    ("exclusiveMinimum", Value::is_boolean),
    ("exclusiveMaximum", Value::is_boolean),
    ("minLength", Value::is_number),
    ("maxLength", Value::is_number),
    ("minItems", Value::is_number),
    ("maxItems", Value::is_number),
    ("minProperties", Value::is_number),
    ("maxProperties", Value::is_number),
    ("uniqueItems", Value::is_boolean),
    ("items", Value::is_object),
    ("properties", is_object_of_objects),
    ("required", is_list_of_strings),
    ("readOnly", Value::is_boolean),
    ("writeOnly", Value::is_boolean),
    ("additionalProperties", |it| {
        it.is_boolean() || it.is_object()
    }),
    ("allOf", is_list_of_objects),
    ("oneOf", is_list_of_objects),
    ("anyOf", is_list_of_objects),
    ("not", Value::is_object),
    ("discriminator", is_discriminator),
    ("xml", |_| true),
    ("deprecated", Value::is_boolean),
]);

fn is_object_of_objects(value: &Value) -> bool {
    let members = value.as_object();
    members.is_some_and(|members| members.values().all(Value::is_object))
}

fn is_list_of_objects(value: &Value) -> bool {
    let items = value.as_array();
    items.is_some_and(|items| items.iter().all(Value::is_object))
}

fn is_list_of_strings(value: &Value) -> bool {
    let items = value.as_array();
    items.is_some_and(|items| items.iter().all(Value::is_string))
}

fn is_discriminator(value: &Value) -> bool {
    let mapping = value.get("mapping");
    value.get("propertyName").is_some_and(Value::is_string)
        && mapping.is_none_or(|mapping| {
            let values = mapping.as_object();
            values.is_some_and(|values| values.values().all(Value::is_string))
        })
}

pub(super) fn compare(walk: &mut Walk<'_>, base: &Schema<'_>, revision: &Schema<'_>) {
    let places = (base.at.clone(), revision.at.clone());
    COMPARED.compare_rest(walk, &base.parts, &revision.parts, places, Shape::Schema);
}
