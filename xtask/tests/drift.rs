//! Every kind of change is found, in the direction in which it matters, and
//! nothing is found where two documents say the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::Source;
use xtask::drift::{Comparison, Level, Verdict, drift, rules};

fn source(name: &str, document: &Value) -> Source {
    Source {
        name: format!("{name}.json"),
        bytes: document.to_string().into_bytes(),
    }
}

fn compare(base: &Value, revision: &Value) -> Comparison {
    drift(&source("base", base), &source("revision", revision)).unwrap()
}

fn found(base: &Value, revision: &Value) -> BTreeSet<&'static str> {
    let comparison = compare(base, revision);
    comparison.changes.iter().map(|it| it.rule.id).collect()
}

/// A document with one operation.
fn document(operation: Value, components: Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Things", "version": "1" },
        "paths": { "/things": { "post": operation } },
        "components": components,
    })
}

fn operation() -> Value {
    json!({ "operationId": "things", "responses": { "204": { "description": "done" } } })
}

fn with(pointer: &str, value: Value) -> Value {
    changed(&document(operation(), json!({})), pointer, value)
}

/// The document with something put in, or, where it is null, left out.
fn changed(document: &Value, pointer: &str, value: Value) -> Value {
    let mut document = document.clone();
    let mut node = &mut document;
    let steps: Vec<_> = pointer.split('/').skip(1).collect();
    for (index, step) in steps.iter().enumerate() {
        let step = step.replace("~1", "/").replace("~0", "~");
        if index + 1 == steps.len() && value.is_null() {
            node.as_object_mut().unwrap().remove(&step);
            return document;
        }
        node = match node {
            Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
            node => &mut node[step],
        };
    }
    *node = value;
    document
}

const OPERATION: &str = "/paths/~1things/post";

/// What a rule about an operation finds: `pointer` below the operation, what
/// stands there in the base, and what in the revision.
fn of_operations() -> Vec<(&'static str, &'static str, Value, Value)> {
    let none = Value::Null;
    let id = |required: bool| json!([{ "in": "query", "name": "id", "required": required, "schema": {} }]);
    let body = |required: bool| json!({ "required": required, "content": { "a/b": {} } });
    let header = |required: bool| {
        let headers = json!({ "X-A": { "required": required, "schema": {} } });
        json!({ "204": { "description": "done", "headers": headers } })
    };
    let link = |id: &str| json!({ "204": { "description": "done", "links": { "a": { "operationId": id } } } });
    let callback = json!({ "on": { "{$url}": { "post": { "responses": {} } } } });
    let variable = |default: &str, values: Value| json!([{ "url": "https://{a}.test", "variables": { "a": { "default": default, "enum": values } } }]);
    let virtual_path = |it: bool| json!(it);
    vec![
        (
            "operation-id-changed",
            "operationId",
            json!("a"),
            json!("b"),
        ),
        (
            "operation-deprecated",
            "deprecated",
            none.clone(),
            json!(true),
        ),
        (
            "operation-undeprecated",
            "deprecated",
            json!(true),
            none.clone(),
        ),
        (
            "wire-path-changed",
            "x-virtual-path",
            virtual_path(false),
            virtual_path(true),
        ),
        (
            "server-removed",
            "servers",
            json!([{"url": "https://a.test"}, {"url": "https://b.test"}]),
            json!([{"url": "https://a.test/"}]),
        ),
        (
            "server-added",
            "servers",
            json!([{"url": "https://a.test"}]),
            json!([{"url": "https://b.test"}, {"url": "https://a.test"}]),
        ),
        (
            "server-variable-default-changed",
            "servers",
            variable("a", json!(["a", "b"])),
            variable("b", json!(["a", "b"])),
        ),
        (
            "server-variable-value-removed",
            "servers",
            variable("a", json!(["a", "b"])),
            variable("a", json!(["a"])),
        ),
        (
            "server-variable-value-added",
            "servers",
            variable("a", json!(["a"])),
            variable("a", json!(["a", "b"])),
        ),
        (
            "security-required",
            "security",
            json!([]),
            json!([{ "key": [] }]),
        ),
        (
            "security-lifted",
            "security",
            json!([{ "key": [] }]),
            json!([{}]),
        ),
        (
            "security-alternative-removed",
            "security",
            json!([{ "key": [] }, { "oauth": [] }]),
            json!([{ "oauth": [] }]),
        ),
        (
            "security-alternative-added",
            "security",
            json!([{ "key": [] }]),
            json!([{ "oauth": [] }, { "key": [] }]),
        ),
        (
            "security-scope-required",
            "security",
            json!([{ "oauth": ["a"] }]),
            json!([{ "oauth": ["a", "b"] }]),
        ),
        (
            "security-scope-not-required",
            "security",
            json!([{ "oauth": ["a", "b"] }]),
            json!([{ "oauth": ["a"] }]),
        ),
        ("parameter-removed", "parameters", id(false), none.clone()),
        (
            "required-parameter-added",
            "parameters",
            none.clone(),
            id(true),
        ),
        (
            "optional-parameter-added",
            "parameters",
            none.clone(),
            id(false),
        ),
        (
            "parameter-became-required",
            "parameters",
            id(false),
            id(true),
        ),
        (
            "parameter-became-optional",
            "parameters",
            id(true),
            id(false),
        ),
        (
            "parameter-serialization-changed",
            "parameters",
            json!([{ "in": "query", "name": "id" }]),
            json!([{ "in": "query", "name": "id", "explode": false }]),
        ),
        (
            "parameter-deprecated",
            "parameters",
            json!([{ "in": "query", "name": "id" }]),
            json!([{ "in": "query", "name": "id", "deprecated": true }]),
        ),
        (
            "parameter-undeprecated",
            "parameters",
            json!([{ "in": "query", "name": "id", "deprecated": true }]),
            json!([{ "in": "query", "name": "id" }]),
        ),
        (
            "request-body-removed",
            "requestBody",
            body(false),
            none.clone(),
        ),
        (
            "required-request-body-added",
            "requestBody",
            none.clone(),
            body(true),
        ),
        (
            "optional-request-body-added",
            "requestBody",
            none.clone(),
            body(false),
        ),
        (
            "request-body-became-required",
            "requestBody",
            body(false),
            body(true),
        ),
        (
            "request-body-became-optional",
            "requestBody",
            body(true),
            body(false),
        ),
        (
            "success-response-removed",
            "responses",
            json!({ "200": {}, "201": {} }),
            json!({ "201": {} }),
        ),
        (
            "error-response-removed",
            "responses",
            json!({ "200": {}, "404": {} }),
            json!({ "200": {} }),
        ),
        (
            "response-added",
            "responses",
            json!({ "200": {} }),
            json!({ "200": {}, "404": {} }),
        ),
        (
            "response-header-removed",
            "responses",
            header(false),
            json!({ "204": { "description": "done" } }),
        ),
        (
            "response-header-added",
            "responses",
            json!({ "204": { "description": "done" } }),
            header(false),
        ),
        (
            "response-header-became-optional",
            "responses",
            header(true),
            header(false),
        ),
        (
            "response-header-became-required",
            "responses",
            header(false),
            header(true),
        ),
        (
            "link-removed",
            "responses",
            link("a"),
            json!({ "204": { "description": "done" } }),
        ),
        (
            "link-added",
            "responses",
            json!({ "204": { "description": "done" } }),
            link("a"),
        ),
        ("link-changed", "responses", link("a"), link("b")),
        (
            "callback-removed",
            "callbacks",
            callback.clone(),
            none.clone(),
        ),
        ("callback-added", "callbacks", none.clone(), callback),
        ("not-understood", "deprecated", json!("yes"), json!("no")),
        (
            "unknown-member-changed",
            "colour",
            json!("red"),
            json!("blue"),
        ),
        (
            "reference-unresolved",
            "requestBody",
            json!({ "$ref": "a.yaml#/b" }),
            json!({ "$ref": "a.yaml#/c" }),
        ),
        (
            "other-extension-changed",
            "x-colour",
            json!("red"),
            json!("blue"),
        ),
        (
            "description-changed",
            "description",
            json!("red"),
            json!("blue"),
        ),
        (
            "response-range-narrowed",
            "responses",
            json!({ "2XX": {} }),
            json!({ "200": {} }),
        ),
        (
            "security-listed-otherwise",
            "security",
            json!([{}, { "key": [] }]),
            json!([{}]),
        ),
        (
            "parameter-became-required-with-default",
            "parameters",
            json!([{ "in": "query", "name": "id", "schema": { "default": 1 } }]),
            json!([{ "in": "query", "name": "id", "required": true, "schema": { "default": 1 } }]),
        ),
        (
            "parameter-serialization-loosened",
            "parameters",
            json!([{ "in": "query", "name": "id" }]),
            json!([{ "in": "query", "name": "id", "allowReserved": true }]),
        ),
        (
            "request-media-type-narrowed",
            "requestBody",
            json!({ "content": { "*/*": {} } }),
            json!({ "content": { "a/b": {} } }),
        ),
        (
            "request-media-type-widened",
            "requestBody",
            json!({ "content": { "a/b": {} } }),
            json!({ "content": { "a/*": {} } }),
        ),
        (
            "response-media-type-narrowed",
            "responses",
            json!({ "200": { "content": { "*/*": {} } } }),
            json!({ "200": { "content": { "a/b": {} } } }),
        ),
        (
            "response-media-type-widened",
            "responses",
            json!({ "200": { "content": { "a/b": {} } } }),
            json!({ "200": { "content": { "*/*": {} } } }),
        ),
        (
            "request-media-type-removed",
            "requestBody",
            json!({ "content": { "a/b": {}, "a/c": {} } }),
            body(false),
        ),
        (
            "request-media-type-added",
            "requestBody",
            body(false),
            json!({ "content": { "A/B": {}, "a/c": {} } }),
        ),
        (
            "request-content-removed",
            "requestBody",
            body(false),
            json!({}),
        ),
        (
            "request-content-added",
            "requestBody",
            json!({}),
            body(false),
        ),
        (
            "request-encoding-changed",
            "requestBody",
            body(false),
            json!({ "content": { "a/b": { "encoding": { "a": {} } } } }),
        ),
        (
            "response-media-type-removed",
            "responses",
            json!({ "200": { "content": { "a/b": {}, "a/c": {} } } }),
            json!({ "200": { "content": { "a/c": {} } } }),
        ),
        (
            "response-media-type-added",
            "responses",
            json!({ "200": { "content": { "a/b": {} } } }),
            json!({ "200": { "content": { "a/c": {}, "a/b": {} } } }),
        ),
        (
            "response-content-removed",
            "responses",
            json!({ "200": { "content": { "a/b": {} } } }),
            json!({ "200": {} }),
        ),
        (
            "response-content-added",
            "responses",
            json!({ "200": {} }),
            json!({ "200": { "content": { "a/b": {} } } }),
        ),
        (
            "response-encoding-changed",
            "responses",
            json!({ "200": { "content": { "a/b": {} } } }),
            json!({ "200": { "content": { "a/b": { "encoding": { "a": {} } } } } }),
        ),
    ]
}

/// What a rule about schemas finds, in both directions unless its name begins
/// with one.
fn of_schemas() -> Vec<(&'static str, Value, Value)> {
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
            "property-removed",
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

fn animals() -> Value {
    let animal =
        |name: &str| json!({ "type": "object", "properties": { name: {} }, "required": [name] });
    json!({ "schemas": { "Cat": animal("cat"), "Dog": animal("dog"), "Cow": animal("cow") } })
}

/// A schema in what is sent, or in what is received.
fn using(direction: &str, schema: &Value) -> Value {
    // Written as JSON and as XML, so that everything counts.
    let media = json!({ "schema": schema });
    let content = json!({ "content": { "application/json": media, "application/xml": media } });
    let operation = match direction {
        "request" => json!({ "requestBody": content, "responses": {} }),
        _ => json!({ "responses": { "200": content } }),
    };
    document(operation, animals())
}

/// Other rules, on whole documents.
fn of_documents() -> Vec<(&'static str, Value, Value)> {
    let plain = document(operation(), json!({}));
    let other = changed(&plain, "/paths/~1other", json!({ "get": {} }));
    let mut moved = plain.clone();
    let item = moved["paths"]["/things"].take();
    moved["paths"] = json!({ "/v2/things": item });
    let scheme = |scheme: Value| {
        let components = json!({ "securitySchemes": { "key": scheme } });
        changed(
            &document(operation(), components),
            "/security",
            json!([{ "key": [] }]),
        )
    };
    let oauth = |flows: Value| scheme(json!({ "type": "oauth2", "flows": flows }));
    let flow = |url: &str, scopes: Value| {
        oauth(json!({ "password": { "tokenUrl": url, "scopes": scopes } }))
    };
    let http = |scheme: &str| json!({ "type": "http", "scheme": scheme });
    let schema = |name: &str, schema: Value| {
        let components = json!({ "schemas": { "A": schema } });
        let content =
            json!({ "content": { "a/b": { "schema": { "$ref": "#/components/schemas/A" } } } });
        changed(
            &document(operation(), components),
            &format!("{OPERATION}/{name}"),
            content,
        )
    };
    vec![
        ("operation-removed", other.clone(), plain.clone()),
        ("operation-added", plain.clone(), other),
        ("operation-moved", plain.clone(), moved),
        (
            "security-scheme-changed",
            scheme(http("basic")),
            scheme(http("bearer")),
        ),
        (
            "security-flow-removed",
            flow("https://a.test", json!({})),
            oauth(json!({})),
        ),
        (
            "security-flow-added",
            oauth(json!({})),
            flow("https://a.test", json!({})),
        ),
        (
            "security-url-changed",
            flow("https://a.test", json!({})),
            flow("https://b.test", json!({})),
        ),
        (
            "security-url-added",
            flow("u", json!({})),
            oauth(json!({ "password": { "tokenUrl": "u", "refreshUrl": "r", "scopes": {} } })),
        ),
        (
            "security-scope-removed",
            flow("u", json!({ "a": "" })),
            flow("u", json!({})),
        ),
        (
            "security-scope-added",
            flow("u", json!({})),
            flow("u", json!({ "a": "" })),
        ),
        (
            "extension-changed",
            schema("requestBody", json!({})),
            schema("requestBody", json!({ "x-type-name": "B" })),
        ),
        (
            "example-changed",
            schema("requestBody", json!({})),
            schema("requestBody", json!({ "example": 1 })),
        ),
        (
            "unused-component-changed",
            plain.clone(),
            document(operation(), json!({ "schemas": { "A": {} } })),
        ),
    ]
}

#[test]
fn every_rule_finds_its_change_and_no_other_rule_does() {
    let mut seen = BTreeSet::new();
    let mut check = |rule: &str, base: &Value, revision: &Value| {
        let found = found(base, revision);
        assert!(
            found.contains(rule),
            "{rule}: {found:?}\n{base:#}\n{revision:#}"
        );
        // What comes with it is of no other level.
        let level = |id: &str| rules().find(|it| it.id == id).unwrap().level;
        let worst = found.iter().map(|id| level(id)).min().unwrap();
        assert_eq!(worst, level(rule), "{rule}: {found:?}");
        seen.insert(rules().find(|it| it.id == rule).unwrap().id);
    };
    for (rule, key, was, is) in of_operations() {
        let pointer = format!("{OPERATION}/{key}");
        check(rule, &with(&pointer, was), &with(&pointer, is));
    }
    for (rule, was, is) in of_documents() {
        check(rule, &was, &is);
    }
    for (rule, was, is) in of_schemas() {
        for direction in ["request", "response"] {
            let pair = (using(direction, &was), using(direction, &is));
            if rule.starts_with(direction) {
                check(rule, &pair.0, &pair.1);
            } else if !rule.starts_with("request-") && !rule.starts_with("response-") {
                check(&format!("{direction}-{rule}"), &pair.0, &pair.1);
            }
        }
    }
    let missing: Vec<_> = rules()
        .map(|it| it.id)
        .filter(|id| !seen.contains(id))
        .collect();
    assert!(missing.is_empty(), "nothing shows these: {missing:?}");
}

#[test]
fn a_document_against_itself_is_unchanged() {
    let documents = of_documents()
        .into_iter()
        .flat_map(|(_, was, is)| [was, is]);
    let schemas = of_schemas().into_iter().flat_map(|(_, was, is)| [was, is]);
    let schemas = schemas.flat_map(|it| [using("request", &it), using("response", &it)]);
    for document in documents.chain(schemas) {
        let comparison = compare(&document, &document);
        assert!(comparison.changes.is_empty(), "{:?}", comparison.changes);
    }
}

#[test]
fn how_a_schema_is_written_down_makes_no_difference() {
    let written = json!({
        "type": "object",
        "required": ["a", "b"],
        "properties": { "a": { "type": "string" }, "b": { "oneOf": [
            { "type": "object", "properties": { "dog": {} }, "required": ["dog"] },
            { "type": "object", "properties": { "cat": {} }, "required": ["cat"] },
        ] } },
    });
    let otherwise = json!({
        "allOf": [
            { "required": ["b"], "properties": { "b": { "oneOf": [
                { "$ref": "#/components/schemas/Cat" },
                { "$ref": "#/components/schemas/Dog" },
            ] } } },
            { "anyOf": [{ "type": "object", "properties": { "a": { "type": "string" } } }] },
        ],
        "required": ["a"],
    });
    for direction in ["request", "response"] {
        let pair = (using(direction, &written), using(direction, &otherwise));
        for (base, revision) in [(&pair.0, &pair.1), (&pair.1, &pair.0)] {
            let comparison = compare(base, revision);
            assert_eq!(
                comparison.verdict(),
                Verdict::Unchanged,
                "{:?}",
                comparison.changes
            );
        }
    }
}

#[test]
fn a_renamed_path_parameter_is_no_change() {
    let at = |path: &str, name: &str| {
        let parameter = json!([{ "in": "path", "name": name, "required": true, "schema": {} }]);
        let mut document = document(operation(), json!({}));
        document["paths"] = json!({ path: { "parameters": parameter, "get": operation() } });
        document
    };
    let (base, revision) = (at("/a/{id}", "id"), at("/a/{key}", "key"));
    assert_eq!(compare(&base, &revision).changes, []);
}

#[test]
fn a_schema_that_holds_itself_is_compared_to_its_end() {
    let tree = |leaf: &str| {
        let node = json!({
            "type": "object",
            "properties": {
                "leaf": { "type": leaf },
                "left": { "$ref": "#/components/schemas/Node" },
                "right": { "allOf": [{ "$ref": "#/components/schemas/Node" }] },
            },
        });
        let schema = json!({ "$ref": "#/components/schemas/Node" });
        let content = json!({ "content": { "application/json": { "schema": schema } } });
        let operation = json!({ "responses": { "200": content } });
        document(operation, json!({ "schemas": { "Node": node } }))
    };
    let comparison = compare(&tree("string"), &tree("integer"));
    assert_eq!(comparison.changes.len(), 1, "{:?}", comparison.changes);
    assert_eq!(comparison.changes[0].operations, ["POST /things"]);
}

#[test]
fn what_several_operations_share_is_told_once_with_all_of_them() {
    let two = |kind: &str| {
        let schema = json!({ "$ref": "#/components/schemas/A" });
        let content = json!({ "content": { "application/json": { "schema": schema } } });
        let operation = json!({ "responses": { "200": content } });
        let components = json!({ "schemas": { "A": { "type": kind } } });
        let document = document(operation.clone(), components);
        changed(&document, "/paths/~1other", json!({ "get": operation }))
    };
    let comparison = compare(&two("string"), &two("integer"));
    assert_eq!(comparison.changes.len(), 1, "{:?}", comparison.changes);
    assert_eq!(
        comparison.changes[0].operations,
        ["GET /other", "POST /things"]
    );
    assert_eq!(comparison.changes[0].level, Level::Breaking);
}

#[test]
fn what_a_server_calls_back_with_is_received() {
    let calling = |required: Value| {
        let schema = json!({ "type": "object", "properties": { "a": {} }, "required": required });
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        let callback = json!({ "{$url}": { "post": { "requestBody": body, "responses": {} } } });
        let operation = json!({ "responses": {}, "callbacks": { "on": callback } });
        document(operation, json!({}))
    };
    let (all, some) = (calling(json!(["a"])), calling(json!([])));
    assert_eq!(compare(&all, &some).verdict(), Verdict::Breaking);
    assert_eq!(compare(&some, &all).verdict(), Verdict::Compatible);
}

#[test]
fn what_is_no_openapi_3_0_is_refused_with_its_place() {
    let good = document(operation(), json!({}));
    for (bad, what) in [
        (json!({ "swagger": "2.0" }), "Swagger 2"),
        (changed(&good, "/openapi", json!("3.1.0")), "3.1.0"),
        (json!([]), "not an object"),
    ] {
        let refused = drift(&source("base", &good), &source("revision", &bad)).unwrap_err();
        assert!(refused.to_string().contains(what), "{refused}");
        assert_eq!(refused.place.file, "revision.json");
    }
}

#[test]
fn the_reference_page_has_every_rule() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/DRIFT.md")).unwrap();
    assert_eq!(
        page,
        xtask::drift::format::reference(),
        "run cargo xtask drift --rules > xtask/DRIFT.md"
    );
}

/// Pairs that are easily misjudged: below an operation, or below the schema that
/// it sends and receives.
#[test]
fn what_only_looks_like_a_change_is_none() {
    let body = |media: &str| json!({ "content": { media: { "schema": { "type": "string" } } } });
    let query = |more: Value| {
        let mut parameter = json!({ "in": "query", "name": "a", "schema": { "type": "string" } });
        parameter
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!([parameter])
    };
    for (key, was, is) in [
        (
            "requestBody",
            body("application/json"),
            body("application/json; charset=utf-8"),
        ),
        (
            "parameters",
            query(json!({})),
            query(json!({ "required": false, "explode": false, "style": "form" })),
        ),
        ("parameters", json!(null), json!([])),
        (
            "responses",
            json!({ "200": {} }),
            json!({ "200": {}, "x-note": "n" }),
        ),
        (
            "servers",
            json!([{ "url": "https://a.test" }]),
            json!([{ "url": "https://A.test:443/" }]),
        ),
    ] {
        let pointer = format!("{OPERATION}/{key}");
        for (base, revision) in [(&was, &is), (&is, &was)] {
            let comparison = compare(
                &with(&pointer, base.clone()),
                &with(&pointer, revision.clone()),
            );
            let verdict = comparison.verdict();
            assert_eq!(
                verdict,
                Verdict::Unchanged,
                "{key}: {:?}",
                comparison.changes
            );
        }
    }
    let many: Vec<_> = (0..20)
        .map(|it| json!({ "type": "object", "required": [it.to_string()] }))
        .collect();
    let backwards: Vec<_> = many.iter().rev().cloned().collect();
    for (was, is) in [
        (json!({ "allOf": [] }), json!({})),
        (json!({ "enum": [] }), json!({})),
        (json!({ "minimum": 0 }), json!({ "minimum": -0.0 })),
        (json!({ "oneOf": many }), json!({ "oneOf": backwards })),
        (
            json!({ "nullable": false, "deprecated": false, "additionalProperties": true }),
            json!({}),
        ),
    ] {
        for direction in ["request", "response"] {
            for (base, revision) in [(&was, &is), (&is, &was)] {
                let comparison = compare(&using(direction, base), &using(direction, revision));
                let verdict = comparison.verdict();
                assert_eq!(verdict, Verdict::Unchanged, "{:?}", comparison.changes);
            }
        }
    }
}

#[test]
fn a_null_counts_wherever_it_is_allowed() {
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    for schema in [
        json!({ "oneOf": [named("Cat"), named("Dog")] }),
        json!({ "properties": { "a": {} } }),
        json!({ "allOf": [named("Cat")] }),
    ] {
        let mut nullable = schema.clone();
        nullable["nullable"] = true.into();
        for (direction, was, is, verdict) in [
            ("request", &nullable, &schema, Verdict::Breaking),
            ("request", &schema, &nullable, Verdict::Compatible),
            ("response", &nullable, &schema, Verdict::Compatible),
            ("response", &schema, &nullable, Verdict::Breaking),
        ] {
            let comparison = compare(&using(direction, was), &using(direction, is));
            assert_eq!(comparison.verdict(), verdict, "{direction} {was} {is}");
        }
    }
}

#[test]
fn a_default_beside_a_success_stands_for_errors() {
    let responses = |statuses: &[&str]| {
        let all: serde_json::Map<_, _> = statuses
            .iter()
            .map(|it| ((*it).to_owned(), json!({})))
            .collect();
        with(&format!("{OPERATION}/responses"), all.into())
    };
    let removed = compare(&responses(&["200", "default"]), &responses(&["200"]));
    assert_eq!(removed.verdict(), Verdict::Compatible);
    let named = compare(&responses(&["200", "default"]), &responses(&["200", "404"]));
    assert_eq!(named.verdict(), Verdict::Compatible);
    let gone = compare(&responses(&["200", "default"]), &responses(&["default"]));
    assert_eq!(gone.verdict(), Verdict::Unchanged);
    let gone = compare(&responses(&["200"]), &responses(&["404"]));
    assert_eq!(gone.verdict(), Verdict::Breaking);
}

#[test]
fn alternatives_that_hold_themselves_are_told_apart_in_time() {
    let tree = |order: &dyn Fn(&mut Vec<Value>)| {
        let node = json!({ "$ref": "#/components/schemas/Node" });
        let mut alternatives: Vec<_> = (0..8)
            .map(|it| json!({ "type": "object", "properties": { format!("k{it}"): {}, "next": node } }))
            .collect();
        order(&mut alternatives);
        let content = json!({ "content": { "application/json": { "schema": node } } });
        let components =
            json!({ "schemas": { "Node": { "oneOf": alternatives, "not": { "not": node } } } });
        document(json!({ "responses": { "200": content } }), components)
    };
    let (one, other) = (tree(&|_| {}), tree(&|it| it.reverse()));
    assert_eq!(compare(&one, &one).changes, []);
    assert_eq!(compare(&one, &other).verdict(), Verdict::Unchanged);
    let changed = tree(&|it| it[3]["properties"]["k3"] = json!({ "type": "string" }));
    assert_ne!(compare(&one, &changed).verdict(), Verdict::Unchanged);
}
