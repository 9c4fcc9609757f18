//! Puts what operations refer to (parameters, bodies, responses) into the operations themselves,
//! so that each can be changed without changing the others. Schemas stay references.

use serde_json::{Map, Value};

use crate::operations::METHODS;
use crate::pointer;

/// A chain of references longer than this is a cycle; the checks refuse it.
const LONGEST_CHAIN: usize = 32;

/// The object at the end of a chain of local references.
pub(crate) fn follow<'v>(root: &'v Value, node: &'v Value) -> Option<&'v Value> {
    let mut node = node;
    for _ in 0..LONGEST_CHAIN {
        match node.get("$ref").and_then(Value::as_str) {
            None => return Some(node),
            Some(reference) => node = root.pointer(&pointer::of_reference(reference)?)?,
        }
    }
    None
}

/// Resolves every reference of an operation that is not a schema, and gives each operation its
/// path's parameters.
pub(crate) fn operations(root: &mut Value) {
    let source = root.clone();
    let Some(paths) = root.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        let shared = parameters(&source, item.remove("parameters"));
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
                continue;
            };
            let mut own = parameters(&source, operation.remove("parameters"));
            for parameter in &shared {
                if !own.iter().any(|other| same_parameter(other, parameter)) {
                    own.push(parameter.clone());
                }
            }
            operation.insert("parameters".into(), Value::Array(own));
            replace(&source, operation, "requestBody");
            if let Some(responses) = operation
                .get_mut("responses")
                .and_then(Value::as_object_mut)
            {
                let statuses: Vec<String> = responses.keys().cloned().collect();
                for status in statuses {
                    replace(&source, responses, &status);
                }
            }
        }
    }
}

fn parameters(root: &Value, list: Option<Value>) -> Vec<Value> {
    let Some(Value::Array(list)) = list else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|parameter| follow(root, parameter))
        .cloned()
        .collect()
}

/// OpenAPI tells parameters apart by name and location.
pub(crate) fn same_parameter(one: &Value, other: &Value) -> bool {
    one.get("name") == other.get("name") && one.get("in") == other.get("in")
}

fn replace(root: &Value, members: &mut Map<String, Value>, key: &str) {
    if let Some(member) = members.get_mut(key)
        && let Some(target) = follow(root, member)
    {
        *member = target.clone();
    }
}
