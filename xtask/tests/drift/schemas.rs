//! What the rules about schemas find.

use serde_json::{Value, json};

/// What a rule about schemas finds, in both directions unless its name begins
/// with one.
pub(crate) fn all() -> Vec<(&'static str, Value, Value)> {
    let object = |properties: Value, required: Value| json!({ "type": "object", "properties": properties, "required": required });
    let a = || json!({ "a": {} });
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let told = |values: &[&str]| {
        let mapping: serde_json::Map<_, _> = values
            .iter()
            .map(|value| ((*value).to_owned(), json!("Cat")))
            .collect();
        json!({
            "oneOf": [named("Cat"), named("Dog")],
            "discriminator": { "propertyName": "kind", "mapping": mapping },
        })
    };
    let some = json!({ "type": "string" });
    vec![
        (
            "type-changed",
            json!({ "type": "string" }),
            json!({ "type": "integer" }),
        ),
        (
            "type-narrowed",
            json!({ "type": "number" }),
            json!({ "type": "integer" }),
        ),
        (
            "type-widened",
            json!({ "type": "integer" }),
            json!({ "type": "number" }),
        ),
        (
            "type-implied",
            json!({ "properties": {} }),
            json!({ "type": "object", "properties": {} }),
        ),
        (
            "format-changed",
            json!({ "format": "date" }),
            json!({ "format": "email" }),
        ),
        (
            "format-narrowed",
            json!({ "format": "int64" }),
            json!({ "format": "int32" }),
        ),
        ("format-widened", json!({ "format": "date" }), json!({})),
        (
            "null-forbidden",
            json!({ "type": "string", "nullable": true }),
            some.clone(),
        ),
        (
            "null-allowed",
            some.clone(),
            json!({ "type": "string", "nullable": true }),
        ),
        (
            "enum-value-removed",
            json!({ "enum": ["a", 1] }),
            json!({ "enum": [1.0] }),
        ),
        (
            "enum-value-added",
            json!({ "enum": ["a"] }),
            json!({ "enum": ["b", "a"] }),
        ),
        ("enum-introduced", json!({}), json!({ "enum": ["a"] })),
        ("enum-lifted", json!({ "enum": ["a"] }), json!({})),
        (
            "default-changed",
            json!({ "default": 1 }),
            json!({ "default": 2 }),
        ),
        (
            "default-of-required-changed",
            object(json!({ "a": { "default": 1 } }), json!(["a"])),
            object(json!({ "a": { "default": 2 } }), json!(["a"])),
        ),
        ("default-removed", json!({ "default": 1 }), json!({})),
        ("default-added", json!({}), json!({ "default": 1 })),
        (
            "bound-tightened",
            json!({ "maximum": 5 }),
            json!({ "maximum": 5, "exclusiveMaximum": true }),
        ),
        ("bound-tightened", json!({}), json!({ "minItems": 1 })),
        ("bound-tightened", json!({}), json!({ "multipleOf": 5 })),
        (
            "bound-loosened",
            json!({ "minLength": 2 }),
            json!({ "minLength": 1 }),
        ),
        (
            "bound-loosened",
            json!({ "allOf": [{ "maxLength": 2 }, { "maxLength": 9 }] }),
            json!({ "maxLength": 3 }),
        ),
        ("pattern-added", json!({}), json!({ "pattern": "a" })),
        ("pattern-removed", json!({ "pattern": "a" }), json!({})),
        (
            "pattern-changed",
            json!({ "pattern": "a" }),
            json!({ "pattern": "b" }),
        ),
        (
            "multiple-changed",
            json!({ "multipleOf": 2 }),
            json!({ "multipleOf": 3 }),
        ),
        (
            "unique-items-required",
            json!({}),
            json!({ "uniqueItems": true }),
        ),
        (
            "unique-items-not-required",
            json!({ "uniqueItems": true }),
            json!({}),
        ),
        (
            "required-property-removed",
            object(a(), json!(["a"])),
            object(json!({}), json!([])),
        ),
        (
            "optional-property-removed",
            object(a(), json!([])),
            object(json!({}), json!([])),
        ),
        (
            "required-property-added",
            object(json!({}), json!([])),
            object(a(), json!(["a"])),
        ),
        (
            "optional-property-added",
            object(json!({}), json!([])),
            object(a(), json!([])),
        ),
        (
            "unexpected-property-added",
            json!({ "additionalProperties": false }),
            json!({ "additionalProperties": false, "properties": { "a": {} } }),
        ),
        (
            "property-became-required",
            object(a(), json!([])),
            object(a(), json!(["a"])),
        ),
        (
            "property-became-required-with-default",
            object(json!({ "a": { "default": 1 } }), json!([])),
            object(json!({ "a": { "default": 1 } }), json!(["a"])),
        ),
        (
            "property-became-optional",
            object(a(), json!(["a"])),
            object(a(), json!([])),
        ),
        (
            "request-property-hidden",
            object(a(), json!([])),
            object(json!({ "a": { "readOnly": true } }), json!([])),
        ),
        (
            "response-property-hidden",
            object(a(), json!([])),
            object(json!({ "a": { "writeOnly": true } }), json!([])),
        ),
        (
            "request-property-shown",
            object(json!({ "a": { "readOnly": true } }), json!([])),
            object(a(), json!([])),
        ),
        (
            "response-property-shown",
            object(json!({ "a": { "writeOnly": true } }), json!([])),
            object(a(), json!([])),
        ),
        (
            "request-hidden-property-changed",
            object(json!({ "a": { "readOnly": true } }), json!([])),
            object(json!({}), json!([])),
        ),
        (
            "response-hidden-property-changed",
            object(json!({ "a": { "readOnly": true } }), json!([])),
            object(a(), json!([])),
        ),
        (
            "additional-properties-forbidden",
            json!({}),
            json!({ "additionalProperties": false }),
        ),
        (
            "additional-properties-allowed",
            json!({ "additionalProperties": false }),
            json!({ "additionalProperties": some }),
        ),
        (
            "schema-deprecated",
            json!({}),
            json!({ "deprecated": true }),
        ),
        (
            "schema-undeprecated",
            json!({ "deprecated": true }),
            json!({}),
        ),
        (
            "alternative-removed",
            json!({ "oneOf": [named("Cat"), named("Dog"), named("Cow")] }),
            json!({ "oneOf": [named("Cow"), named("Cat")] }),
        ),
        (
            "alternative-added",
            named("Cat"),
            json!({ "anyOf": [named("Dog"), named("Cat")] }),
        ),
        (
            "alternatives-introduced",
            json!({ "minLength": 1 }),
            json!({ "minLength": 1, "oneOf": [named("Cat"), named("Dog")] }),
        ),
        (
            "alternatives-lifted",
            json!({ "minLength": 1, "oneOf": [named("Cat"), named("Dog")] }),
            json!({ "minLength": 1 }),
        ),
        (
            "alternatives-exclude-each-other",
            json!({ "anyOf": [named("Cat"), named("Dog")] }),
            json!({ "oneOf": [named("Cat"), named("Dog")] }),
        ),
        (
            "alternatives-overlap",
            json!({ "oneOf": [named("Cat"), named("Dog")] }),
            json!({ "anyOf": [named("Dog"), named("Cat")] }),
        ),
        ("negation-added", json!({}), json!({ "not": named("Cat") })),
        (
            "negation-removed",
            json!({ "not": named("Cat") }),
            json!({}),
        ),
        (
            "negation-changed",
            json!({ "not": named("Cat") }),
            json!({ "not": named("Dog") }),
        ),
        (
            "discriminator-added",
            json!({}),
            json!({ "discriminator": { "propertyName": "a" } }),
        ),
        (
            "discriminator-changed",
            json!({ "discriminator": { "propertyName": "a" } }),
            json!({ "discriminator": { "propertyName": "b" } }),
        ),
        (
            "discriminator-value-removed",
            told(&["a", "b"]),
            told(&["a"]),
        ),
        ("discriminator-value-added", told(&["a"]), told(&["a", "b"])),
        (
            "xml-changed",
            json!({ "xml": { "name": "a" } }),
            json!({ "xml": { "name": "b" } }),
        ),
    ]
}
