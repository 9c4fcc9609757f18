//! Documents, changed at random.

mod numbers;

use serde_json::{Value, json};

pub(crate) use numbers::Numbers;

/// The pointers of all nodes but the root, children first.
pub(crate) fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let there = format!("{here}/{}", escape(key));
                pointers(member, &there, found);
                found.push(there);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let there = format!("{here}/{index}");
                pointers(item, &there, found);
                found.push(there);
            }
        }
        _ => {}
    }
}

/// Removes a node.
pub(crate) fn remove(root: &mut Value, pointer: &str) {
    let (around, last) = pointer.rsplit_once('/').unwrap();
    match root.pointer_mut(around) {
        Some(Value::Object(members)) => {
            members.remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            items.remove(last.parse().unwrap());
        }
        _ => {}
    }
}

/// Removes a node, or puts something else in its place: a value of another kind, or a piece of
/// the document from elsewhere.
pub(crate) fn mutate(document: &mut Value, numbers: &mut Numbers) -> String {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let target = all[numbers.below(all.len())].clone();
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(""),
        json!("https://no.test/{x}"),
        json!([]),
        json!({}),
        json!({ "$ref": "#/components/schemas/TokenResponse" }),
        json!({ "$ref": "#/paths" }),
        json!({ "not": { "type": "object" } }),
        json!({ "type": "string", "pattern": "(" }),
        json!({ "type": "integer", "nullable": true, "enum": [1, null, "x"] }),
        json!({ "oneOf": [{ "type": "object" }, { "type": "object" }] }),
    ];
    let choice = numbers.below(others.len() + 6);
    if let Some(other) = others.get(choice) {
        *document.pointer_mut(&target).unwrap() = other.clone();
        format!("{target} = {other}")
    } else if choice == others.len() {
        let from = &all[numbers.below(all.len())];
        let moved = document.pointer(from).unwrap().clone();
        *document.pointer_mut(&target).unwrap() = moved;
        format!("{target} = {from}")
    } else {
        remove(document, &target);
        format!("{target} removed")
    }
}
