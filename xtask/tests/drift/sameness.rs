//! Where two documents say the same.

use serde_json::{Value, json};
use xtask::drift::Verdict;

use crate::{OPERATION, compare, document, operation, using, with};

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

/// Pairs that are easily misjudged: below an operation, or below the schema that
/// it sends and receives.
#[test]
fn what_only_looks_like_a_change_is_none() {
    let body = |media: &str| json!({ "content": { media: { "schema": { "type": "string" } } } });
    let linked = |more: Value| {
        let mut link = json!({ "operationId": "other" });
        link.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "200": { "links": { "next": link } } })
    };
    let form = |encoding: Value| {
        let schema =
            json!({ "properties": { "a": { "type": "array", "items": { "type": "object" } } } });
        json!({ "content": { "multipart/form-data": { "schema": schema, "encoding": encoding } } })
    };
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
        (
            "servers",
            json!([{ "url": "https://{a}.test", "variables": { "a": { "default": "x" } } }]),
            json!([{ "url": "https://{b}.test", "variables": { "b": { "default": "x" } } }]),
        ),
        (
            "responses",
            linked(json!({})),
            linked(json!({ "parameters": {} })),
        ),
        (
            "requestBody",
            form(json!({})),
            form(json!({ "a": { "contentType": "Application/JSON", "style": "form" }, "b": {} })),
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
            json!({ "type": "integer", "minimum": 1, "maximum": 9 }),
            json!({ "type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 10, "exclusiveMaximum": true }),
        ),
        (
            json!({ "xml": { "attribute": false } }),
            json!({ "xml": {} }),
        ),
        (json!({ "anyOf": [many[0], many[0]] }), many[0].clone()),
        (
            json!({ "allOf": [{ "oneOf": many[..5] }, { "oneOf": many[5..] }] }),
            json!({ "allOf": [{ "oneOf": many[5..] }, { "oneOf": many[..5] }] }),
        ),
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
fn a_path_may_stand_elsewhere() {
    let get = json!({ "get": operation() });
    let mut plain = document(operation(), json!({}));
    plain["paths"] = json!({ "/a": { "get": operation(), "servers": [{ "url": "https://a.test" }] }, "/b": get });
    let mut referring = plain.clone();
    referring["paths"]["/a"] =
        json!({ "$ref": "#/paths/~1b", "servers": [{ "url": "https://a.test" }] });
    assert_eq!(compare(&plain, &referring).changes, []);
    assert_eq!(compare(&referring, &plain).changes, []);
    let mut other = referring.clone();
    other["paths"]["/a"]["servers"] = json!([]);
    assert_eq!(compare(&plain, &other).verdict(), Verdict::Breaking);
}

#[test]
fn a_version_may_be_a_number() {
    let document = document(operation(), json!({}));
    let mut short = document.clone();
    short["openapi"] = json!(3.0);
    assert_eq!(compare(&document, &short).verdict(), Verdict::Unchanged);
}
