//! Says what operations send in the words that progenitor understands, without saying anything
//! else.

use serde_json::{Value, json};

use crate::checks::is_ignored_header;
use crate::constants::is_json;
use crate::operations::METHODS;

/// Leaves of the components what progenitor still looks at once references are resolved.
pub(crate) fn components(root: &mut Value) {
    if let Some(components) = root.get_mut("components").and_then(Value::as_object_mut) {
        components.retain(|kind, _| kind == "schemas");
    }
}

/// Prepares the parameters and bodies of every operation, whose references are resolved.
pub(crate) fn requests(root: &mut Value) {
    let Some(paths) = root.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for item in paths.values_mut() {
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else {
                continue;
            };
            if let Some(parameters) = operation
                .get_mut("parameters")
                .and_then(Value::as_array_mut)
            {
                parameters.retain(|parameter| !is_ignored(parameter));
                parameters.iter_mut().for_each(without_null);
            }
            let content = operation
                .pointer_mut("/requestBody/content")
                .and_then(Value::as_object_mut);
            for (media, value) in content.into_iter().flatten() {
                body(media, value);
            }
        }
    }
}

fn is_ignored(parameter: &Value) -> bool {
    let text = |key| {
        parameter
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    text("in") == "header" && is_ignored_header(text("name"))
}

/// Null cannot be written in a path or a header; progenitor would try.
fn without_null(parameter: &mut Value) {
    if parameter.get("in").and_then(Value::as_str) != Some("query")
        && let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut)
    {
        schema.remove("nullable");
    }
}

fn body(media: &str, value: &mut Value) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    members.remove("encoding");
    if is_json(media) {
        // A media type without a schema allows anything.
        members.entry("schema").or_insert_with(|| json!({}));
    } else if media.starts_with("application/octet-stream") {
        members.insert(
            "schema".into(),
            json!({ "type": "string", "format": "binary" }),
        );
    } else if media.starts_with("text/") {
        members.insert("schema".into(), json!({ "type": "string" }));
    }
}
