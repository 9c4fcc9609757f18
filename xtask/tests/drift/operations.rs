//! What the rules about operations find.

use serde_json::{Value, json};

/// What a rule about an operation finds: `pointer` below the operation, what
/// stands there in the base, and what in the revision.
pub(crate) fn all() -> Vec<(&'static str, &'static str, Value, Value)> {
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
            "security-removed",
            "security",
            json!([{ "key": [] }]),
            json!([{}]),
        ),
        (
            "security-lifted",
            "security",
            json!([{ "key": [] }]),
            json!([{ "key": [] }, {}]),
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
            "parameter-became-a-list",
            "parameters",
            json!([{ "in": "query", "name": "a", "schema": { "type": "string" } }]),
            json!([{ "in": "query", "name": "a", "schema": { "type": "array", "items": { "type": "string" } } }]),
        ),
        (
            "required-response-header-added",
            "responses",
            json!({ "204": {} }),
            header(true),
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
            json!({ "content": { "multipart/b": {} } }),
            json!({ "content": { "multipart/b": { "encoding": { "a": { "style": "deepObject" } } } } }),
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
            json!({ "200": { "content": { "multipart/b": {} } } }),
            json!({ "200": { "content": { "multipart/b": { "encoding": { "a": { "style": "deepObject" } } } } } }),
        ),
    ]
}
