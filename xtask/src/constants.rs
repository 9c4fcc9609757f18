//! The required properties of a request body that can have one value only.
//!
//! Where several operations share a wire path, these are what tells them apart.

use serde_json::Value;

use crate::corrected::Corrected;
use crate::pointer;
use crate::resolve;

/// In the order in which the body lists its required properties.
pub(crate) fn of_body(document: &Corrected, here: &str) -> Vec<(String, String)> {
    let body = document
        .value
        .pointer(&pointer::join(here, "requestBody"))
        .and_then(|body| resolve::follow(&document.value, body));
    let schema = body
        .and_then(|body| body.get("content"))
        .and_then(Value::as_object)
        .and_then(|content| content.iter().find(|(media, _)| is_json(media)))
        .and_then(|(_, media)| media.get("schema"));
    let mut object = Object::default();
    if let Some(schema) = schema {
        object.read(&document.value, schema, 0);
    }
    object
        .required
        .into_iter()
        .filter_map(|name| {
            let value = object
                .properties
                .iter()
                .find(|(key, _)| *key == name)?
                .1
                .clone();
            Some((name, value))
        })
        .collect()
}

/// Whether a media type's bodies are JSON in progenitor's eyes.
pub(crate) fn is_json(media: &str) -> bool {
    let essence = media.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

#[derive(Default)]
struct Object {
    required: Vec<String>,
    properties: Vec<(String, String)>,
}

impl Object {
    fn read(&mut self, root: &Value, schema: &Value, depth: usize) {
        let Some(schema) = resolve::follow(root, schema).filter(|_| depth < 16) else {
            return;
        };
        for part in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.read(root, part, depth + 1);
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !self.required.iter().any(|known| known == name) {
                self.required.push(name.to_owned());
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if let Some(value) = only_value(root, property, depth + 1) {
                self.properties.push((name.clone(), value));
            }
        }
    }
}

fn only_value(root: &Value, schema: &Value, depth: usize) -> Option<String> {
    let schema = resolve::follow(root, schema).filter(|_| depth < 16)?;
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        return None;
    }
    if let Some([one]) = schema
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        return only_value(root, one, depth + 1);
    }
    match schema
        .get("enum")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([Value::String(value)]) => Some(value.clone()),
        _ => None,
    }
}
