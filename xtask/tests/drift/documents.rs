//! What the other rules find, in whole documents.

use serde_json::{Value, json};

use crate::{OPERATION, changed, components, document, operation};

/// Schemas of which every step makes another combination.
fn tangled(nullable: bool) -> Value {
    let named = |name: usize| json!({ "$ref": format!("#/components/schemas/S{name}") });
    let holding = |a: Value, b: Value| json!({ "properties": { "a": a, "b": b } });
    let mut schemas = json!({ "S0": holding(json!({ "allOf": [named(0), named(1)] }), named(0)) });
    for name in 1..16 {
        schemas[format!("S{name}")] = holding(named(name + 1), named(name + 1));
    }
    schemas["S16"] = json!({ "type": "string", "nullable": nullable });
    components(json!({ "schemas": schemas }))
}

/// A rule, the base, and the revision.
pub(crate) fn all() -> Vec<(&'static str, Value, Value)> {
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
            "own-servers-removed",
            changed(
                &plain,
                &format!("{OPERATION}/servers"),
                json!([{ "url": "https://a.test" }]),
            ),
            plain.clone(),
        ),
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
            "component-removed",
            components(json!({ "headers": { "A": {} } })),
            components(json!({})),
        ),
        (
            "component-added",
            components(json!({})),
            components(json!({ "responses": { "A": {} } })),
        ),
        ("not-compared", tangled(false), tangled(true)),
        (
            "unused-component-changed",
            plain.clone(),
            document(operation(), json!({ "schemas": { "A": {} } })),
        ),
    ]
}
