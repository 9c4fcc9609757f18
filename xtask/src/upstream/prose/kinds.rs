//! The types of a property, as the prose and the schema name them.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::resolve::follow;

/// JSON's types, and what is none of them as it is written. Empty: any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kinds(BTreeSet<String>);

impl Kinds {
    /// Reads `Int/String`, `[Recipient]`, `string | null`.
    pub(super) fn of_prose(text: &str) -> Self {
        let text = text.replace(" or ", "/");
        let words = text.split(['/', '|', ',']).map(str::trim);
        Self(words.filter(|it| !it.is_empty()).map(word).collect())
    }

    /// The types that a schema allows.
    pub(super) fn of_schema(root: &Value, schema: &Value) -> Self {
        let mut kinds = BTreeSet::new();
        gather(root, schema, &mut kinds, 0);
        Self(kinds)
    }

    /// Whether prose with these types says the same as a schema with those. A number may be whole:
    /// prose knows JSON's types, which have no integers.
    pub(super) fn agree_with(&self, schema: &Self) -> bool {
        let as_prose = |kind: &String| {
            let broader = kind.replace("integer", "number");
            match kind.as_str() {
                "integer" | "array of integer" if self.0.contains(&broader) => broader,
                // Most prose does not say of what.
                list if list.starts_with(ARRAY) && !self.0.contains(list) => match self.array() {
                    Some(said) if said == ARRAY || list == ARRAY => said.to_owned(),
                    _ => list.to_owned(),
                },
                _ => kind.clone(),
            }
        };
        schema.0.is_empty() || self.0 == schema.0.iter().map(as_prose).collect()
    }
}

impl Kinds {
    fn array(&self) -> Option<&str> {
        let mut arrays = self.0.iter().filter(|kind| kind.starts_with(ARRAY));
        arrays.next().map(String::as_str)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(String::as_str).collect();
        f.write_str(&words.join("/"))
    }
}

const ARRAY: &str = "array";

fn word(text: &str) -> String {
    let lower = text.to_lowercase();
    match lower.as_str() {
        "str" | "string" | "text" => "string",
        "int" | "integer" | "long" => "integer",
        "number" | "float" | "double" | "decimal" => "number",
        "bool" | "boolean" => "boolean",
        "null" => "null",
        "object" | "json" => "object",
        "array" | "list" => ARRAY,
        _ => return array(&lower).unwrap_or_else(|| text.to_owned()),
    }
    .to_owned()
}

/// `[String]`, `string[]`, `array of strings`, `List<String>`: of what, if that is a type of JSON
/// and not the name of an object.
fn array(lower: &str) -> Option<String> {
    let items = lower
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .or_else(|| lower.strip_suffix("[]"))
        .or_else(|| {
            let after = lower.strip_prefix("array").or(lower.strip_prefix("list"))?;
            Some(
                after
                    .trim()
                    .trim_start_matches("of ")
                    .trim_matches(['<', '>', '(', ')']),
            )
        })?;
    let item = word(items.trim().trim_end_matches('s'));
    let is_scalar = ["string", "integer", "number", "boolean"].contains(&item.as_str());
    Some(match is_scalar {
        true => format!("{ARRAY} of {item}"),
        false => ARRAY.to_owned(),
    })
}

/// Deeper alternatives of alternatives are not looked at.
const DEEPEST: usize = 16;

fn gather(root: &Value, schema: &Value, kinds: &mut BTreeSet<String>, depth: usize) {
    let Some(schema) = follow(root, schema).filter(|_| depth < DEEPEST) else {
        return;
    };
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        let items = match kind {
            ARRAY => schema.get("items").and_then(|items| follow(root, items)),
            _ => None,
        };
        let item = items.and_then(|items| items.get("type")?.as_str());
        kinds.insert(match item {
            // What an object or a list in a list is named is not compared.
            Some(item) if !["object", ARRAY].contains(&item) => format!("{ARRAY} of {item}"),
            _ => kind.to_owned(),
        });
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        kinds.insert("null".to_owned());
    }
    for several in ["allOf", "oneOf", "anyOf"] {
        let parts = schema.get(several).and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            gather(root, part, kinds, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prose_and_schema_agree_type_by_type() {
        let lists = |item: &str| json!({ "type": "array", "items": { "type": item } });
        for (prose, schema, agree) in [
            ("String", json!({ "type": "string" }), true),
            ("number", json!({ "type": "integer" }), true),
            ("integer", json!({ "type": "number" }), false),
            ("Int/String", json!({ "type": "integer" }), false),
            (
                "Int or String",
                json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
                true,
            ),
            (
                "string/null",
                json!({ "type": "string", "nullable": true }),
                true,
            ),
            (
                "string",
                json!({ "type": "string", "nullable": true }),
                false,
            ),
            ("[Recipient]", json!({ "type": "array" }), true),
            ("array", lists("string"), true),
            ("[String]", lists("string"), true),
            ("[Int]", lists("string"), false),
            ("number[]", lists("integer"), true),
            ("Array of strings", lists("integer"), false),
            (
                "array<string>",
                json!({ "type": "array", "items": {} }),
                true,
            ),
            ("array", lists("object"), true),
            ("string", lists("string"), false),
            ("Recipient", json!({ "type": "object" }), false),
            ("Recipient", json!({}), true),
        ] {
            let kinds = Kinds::of_schema(&schema, &schema);
            assert_eq!(
                Kinds::of_prose(prose).agree_with(&kinds),
                agree,
                "{prose}, {schema}"
            );
        }
    }
}
