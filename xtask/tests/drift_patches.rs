//! Whatever is done to a document, comparing it never panics and never misses a
//! change of meaning; and a document that is only written down otherwise is
//! unchanged.

mod support;

use std::path::Path;

use serde_json::{Map, Value, json};
use support::{Numbers, mutate};
use xtask::Source;
use xtask::drift::{Comparison, Verdict, drift};

const DOCUMENTS: [&str; 4] = [
    "../openapi/reward-points-api.yaml",
    "tests/foreign/documents/jobs.yaml",
    "tests/foreign/documents/queue.yaml",
    "tests/foreign/documents/shapes.json",
];

fn documents() -> Vec<Value> {
    let read = |name: &&str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let source = Source::read(&path, *name).unwrap();
        xtask::corrected_value(&source, None).unwrap()
    };
    DOCUMENTS.iter().map(read).collect()
}

fn source(name: &str, document: &Value) -> Source {
    Source {
        name: format!("{name}.json"),
        bytes: serde_json::to_vec(document).unwrap(),
    }
}

fn compare(base: &Value, revision: &Value) -> Comparison {
    drift(&source("base", base), &source("revision", revision)).unwrap()
}

/// A document without what is said for people alone, and without the order of
/// what has none.
fn meaning(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            // Nobody can leave out a part of a path.
            let path = members.get("in") == Some(&json!("path"));
            let said = members.iter().filter(|(_, member)| !member.is_null());
            let said = said.filter(|(key, _)| {
                let aside = [
                    "description",
                    "summary",
                    "title",
                    "example",
                    "examples",
                    "tags",
                    "externalDocs",
                    "info",
                ];
                let extension = key.starts_with("x-");
                !(aside.contains(&key.as_str()) || extension || path && *key == "required")
            });
            let said = said.map(|(key, member)| (key.clone(), meaning(member)));
            Value::Object(said.collect())
        }
        Value::Array(items) => {
            // OpenAPI describes this header by media types.
            let said = items.iter().filter(|it| it["name"] != "Accept");
            let mut items: Vec<_> = said.map(meaning).collect();
            items.sort_by_cached_key(Value::to_string);
            items.dedup();
            Value::Array(items)
        }
        other => other.clone(),
    }
}

#[test]
fn a_patched_document_is_compared_without_a_panic_and_a_changed_meaning_is_seen() {
    let mut numbers = Numbers(4);
    let mut seen = 0;
    // More of the small ones: they take less time.
    let patches = [1_000, 3_000, 5_000, 1_000];
    for (document, patches) in documents().into_iter().zip(patches) {
        for _ in 0..patches {
            let mut patched = document.clone();
            let mut story = Vec::new();
            for _ in 0..=numbers.below(3) {
                story.push(mutate(&mut patched, &mut numbers));
            }
            let (base, revision) = match numbers.below(2) {
                0 => (&document, &patched),
                _ => (&patched, &document),
            };
            // Refused, where it is no document of OpenAPI 3.0 any more.
            if let Ok(comparison) = drift(&source("base", base), &source("revision", revision)) {
                for change in &comparison.changes {
                    assert!(change.base.line.is_some(), "{story:?}: {change:?}");
                    assert!(change.revision.line.is_some(), "{story:?}: {change:?}");
                }
                if meaning(base) != meaning(revision) {
                    // What no operation refers to has no meaning, nor has what another
                    // part of an `allOf` says as well.
                    let unused = "unused-component-changed";
                    let idle = comparison.changes.iter().any(|it| it.rule.id == unused)
                        || story.iter().any(|patch| patch.contains("/allOf/"));
                    let unchanged = comparison.verdict() == Verdict::Unchanged;
                    assert!(idle || !unchanged, "{story:?}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 7_500, "{seen}");
}

/// The same document, written down otherwise.
fn otherwise(document: &Value, numbers: &mut Numbers) -> Value {
    let mut document = document.clone();
    for _ in 0..4 {
        match numbers.below(2) {
            0 => refer(&mut document, numbers),
            _ => inline(&mut document, numbers),
        }
    }
    shuffle(&mut document, numbers);
    document
}

/// Lists whose order says nothing.
fn shuffle(value: &mut Value, numbers: &mut Numbers) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                let unordered = [
                    "required",
                    "enum",
                    "servers",
                    "parameters",
                    "allOf",
                    "oneOf",
                    "anyOf",
                    "security",
                ];
                if let Value::Array(items) = member
                    && unordered.contains(&key.as_str())
                {
                    for index in (1..items.len()).rev() {
                        items.swap(index, numbers.below(index + 1));
                    }
                }
                shuffle(member, numbers);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shuffle(item, numbers)),
        _ => {}
    }
}

/// The pointers of the inline schemas of media types and properties.
fn schemas(value: &Value, here: &str, inside: bool, found: &mut Vec<String>) {
    let Some(members) = value.as_object() else {
        return;
    };
    for (key, member) in members {
        let there = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
        let is_schema = inside || key == "schema" || key == "items";
        if is_schema && member.is_object() && key != "properties" && key != "discriminator" {
            found.push(there.clone());
        }
        if !["example", "examples", "default", "mapping"].contains(&key.as_str()) || inside {
            schemas(member, &there, key == "properties" && !inside, found);
        }
    }
}

fn at_random(document: &Value, numbers: &mut Numbers, wants: bool) -> Option<String> {
    let mut found = Vec::new();
    schemas(document, "", false, &mut found);
    found.retain(|pointer| document.pointer(pointer).unwrap().get("$ref").is_some() == wants);
    (!found.is_empty()).then(|| found.swap_remove(numbers.below(found.len())))
}

/// Makes a component of an inline schema.
fn refer(document: &mut Value, numbers: &mut Numbers) {
    let Some(pointer) = at_random(document, numbers, false) else {
        return;
    };
    let name = format!("Schema{}", numbers.below(1_000_000));
    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
    let schema = std::mem::replace(document.pointer_mut(&pointer).unwrap(), reference);
    let components = document.as_object_mut().unwrap().entry("components");
    let schemas = components.or_insert_with(|| Map::new().into());
    schemas["schemas"][&name] = schema;
}

/// Puts a component in the place of a reference to it, or into an `allOf`.
fn inline(document: &mut Value, numbers: &mut Numbers) {
    let Some(pointer) = at_random(document, numbers, true) else {
        return;
    };
    let reference = document.pointer(&pointer).unwrap().clone();
    let target = reference["$ref"].as_str().unwrap().trim_start_matches('#');
    let schema = document.pointer(target).unwrap().clone();
    *document.pointer_mut(&pointer).unwrap() = match numbers.below(3) {
        0 => json!({ "allOf": [reference] }),
        1 => json!({ "allOf": [schema] }),
        _ => schema,
    };
}

#[test]
fn a_document_that_is_written_down_otherwise_is_unchanged() {
    let mut numbers = Numbers(7);
    for document in documents() {
        for _ in 0..250 {
            let other = otherwise(&document, &mut numbers);
            for (base, revision) in [(&document, &other), (&other, &document)] {
                let comparison = compare(base, revision);
                let counted = comparison.verdict();
                assert_eq!(
                    counted,
                    Verdict::Unchanged,
                    "{:#?}\n{other:#}",
                    comparison.changes
                );
            }
        }
    }
}
