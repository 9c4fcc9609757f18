//! Every kind of change is found, in the direction in which it matters, and
//! nothing is found where two documents say the same.

mod documents;
mod meaning;
mod operations;
mod sameness;
mod schemas;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::Source;
use xtask::drift::{Comparison, Level, drift, rules};

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

/// A document without operations.
fn components(components: Value) -> Value {
    changed(&document(operation(), components), "/paths", json!({}))
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
    for (rule, key, was, is) in operations::all() {
        let pointer = format!("{OPERATION}/{key}");
        check(
            rule,
            &with(&pointer, was.clone()),
            &with(&pointer, is.clone()),
        );
        let turned = format!("callback-{rule}");
        if rules().any(|it| it.id == turned) {
            let there = format!("{OPERATION}/callbacks/on/{{$url}}/post");
            let calling = with(&there, operation());
            let pointer = format!("{there}/{key}");
            let pair = (
                changed(&calling, &pointer, was),
                changed(&calling, &pointer, is),
            );
            check(&turned, &pair.0, &pair.1);
        }
    }
    for (rule, was, is) in documents::all() {
        check(rule, &was, &is);
    }
    for (rule, was, is) in schemas::all() {
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
    let documents = documents::all()
        .into_iter()
        .flat_map(|(_, was, is)| [was, is]);
    let schemas = schemas::all()
        .into_iter()
        .flat_map(|(_, was, is)| [was, is]);
    let schemas = schemas.flat_map(|it| [using("request", &it), using("response", &it)]);
    for document in documents.chain(schemas) {
        let comparison = compare(&document, &document);
        assert!(comparison.changes.is_empty(), "{:?}", comparison.changes);
    }
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
    assert!(
        page == xtask::drift::format::reference(),
        "run cargo xtask drift --rules > xtask/DRIFT.md"
    );
}
