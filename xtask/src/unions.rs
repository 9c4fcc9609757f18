//! Unions whose alternatives cannot be told apart stay JSON values.
//!
//! typify tries the alternatives of a `oneOf` one after the other and takes the first that fits.
//! Where a value of a later one fits an earlier one too, that is a wrong type, and members are
//! lost without an error. `discriminator`, which would tell, is unknown to it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::pointer;
use crate::resolve;
use crate::schema;

/// References within references within unions: no document goes deeper on purpose.
const DEEPEST: usize = 12;

/// Makes a schema with such a union a schema that allows anything; says whether it did.
///
/// A union that typify would merge although its alternatives exclude each other becomes a `oneOf`.
pub(crate) fn settle(schema: &mut Value, root: &Value) -> bool {
    if schema.get("x-replace-with").is_some() {
        return false;
    }
    if is_ambiguous(schema, root, 0) {
        if let Some(members) = schema.as_object_mut() {
            members.retain(|key, _| schema::is_annotation(key) || key == "nullable");
        }
        return true;
    }
    let exclusive = schema
        .get("anyOf")
        .and_then(Value::as_array)
        .is_some_and(|alternatives| alternatives.len() > 1 && are_distinct(alternatives, root, 0));
    if exclusive
        && schema.get("oneOf").is_none()
        && let Some(members) = schema.as_object_mut()
        && let Some(alternatives) = members.remove("anyOf")
    {
        members.insert("oneOf".into(), alternatives);
    }
    false
}

fn is_ambiguous(schema: &Value, root: &Value, depth: usize) -> bool {
    let Some(schema) = resolve::follow(root, schema).filter(|_| depth < DEEPEST) else {
        return false;
    };
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(alternatives) = list("oneOf")
        && !are_distinct(alternatives, root, depth)
    {
        return true;
    }
    if let Some(alternatives) = list("anyOf") {
        // Objects can be read as several alternatives at once.
        let objects = alternatives
            .iter()
            .all(|it| Shape::of(it, root, depth + 1).kinds == only(Kind::Object));
        if !objects && !are_distinct(alternatives, root, depth) {
            return true;
        }
    }
    list("allOf")
        .into_iter()
        .flatten()
        .any(|member| is_ambiguous(member, root, depth + 1))
}

fn are_distinct(alternatives: &[Value], root: &Value, depth: usize) -> bool {
    let shapes: Vec<Shape> = alternatives
        .iter()
        .map(|it| Shape::of(it, root, depth + 1))
        .collect();
    shapes.iter().enumerate().all(|(index, later)| {
        shapes[..index]
            .iter()
            .all(|earlier| !earlier.may_take(later))
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

fn only(kind: Kind) -> BTreeSet<Kind> {
    BTreeSet::from([kind])
}

/// What can be seen of a schema's values from outside.
#[derive(Debug, Clone, Default)]
struct Shape {
    kinds: BTreeSet<Kind>,
    /// The only strings there can be.
    strings: Option<BTreeSet<String>>,
    properties: Map<String, Value>,
    required: BTreeSet<String>,
    /// No properties but the declared ones.
    closed: bool,
    /// The properties' shapes, one level deep.
    members: Vec<(String, Shape)>,
}

impl Shape {
    fn of(schema: &Value, root: &Value, depth: usize) -> Self {
        let mut shape = Self {
            kinds: every_kind(),
            ..Self::default()
        };
        if depth < DEEPEST {
            shape.narrow(schema, root, depth);
            shape.members = shape
                .properties
                .iter()
                .map(|(name, property)| {
                    let mut member = Self {
                        kinds: every_kind(),
                        ..Self::default()
                    };
                    member.narrow(property, root, depth + 1);
                    (name.clone(), member)
                })
                .collect();
        }
        shape
    }

    fn narrow(&mut self, schema: &Value, root: &Value, depth: usize) {
        let Some(schema) = resolve::follow(root, schema).filter(|_| depth < DEEPEST) else {
            return;
        };
        for member in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.narrow(member, root, depth + 1);
        }
        if let Some(kinds) = kinds(schema) {
            self.kinds.retain(|kind| kinds.contains(kind));
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let strings = values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            self.strings = Some(strings);
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            self.properties.extend(properties.clone());
        }
        let required = schema.get("required").and_then(Value::as_array);
        self.required.extend(
            required
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned),
        );
        self.closed |= schema.get("additionalProperties") == Some(&Value::Bool(false));
    }

    /// Whether the type of this alternative may take a value that is meant for `other`.
    fn may_take(&self, other: &Self) -> bool {
        self.kinds
            .intersection(&other.kinds)
            .any(|kind| match kind {
                // A null is the same whichever alternative it is read as.
                Kind::Null => false,
                Kind::String => match (&self.strings, &other.strings) {
                    (Some(own), Some(others)) => !own.is_disjoint(others),
                    _ => true,
                },
                Kind::Object => self.may_take_object(other),
                _ => true,
            })
    }

    fn may_take_object(&self, other: &Self) -> bool {
        let lacking = self
            .required
            .iter()
            .any(|name| !other.properties.contains_key(name));
        let unknown = self.closed
            && other
                .required
                .iter()
                .any(|name| !self.properties.contains_key(name));
        let contradicting = self.members.iter().any(|(name, own)| {
            let needed = self.required.contains(name) || other.required.contains(name);
            let others = other.members.iter().find(|(other, _)| other == name);
            needed && others.is_some_and(|(_, other)| !own.may_take(other))
        });
        !(lacking || unknown || contradicting)
    }
}

fn every_kind() -> BTreeSet<Kind> {
    use Kind::{Array, Boolean, Integer, Null, Number, Object, String};
    BTreeSet::from([Null, Boolean, Integer, Number, String, Array, Object])
}

/// The kinds that a schema's own keywords leave; `None` for all.
fn kinds(schema: &Value) -> Option<BTreeSet<Kind>> {
    let mut kinds = match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => only(Kind::Boolean),
        Some("integer") => only(Kind::Integer),
        // A float takes whole numbers too; an integer does not take fractions.
        Some("number") => BTreeSet::from([Kind::Integer, Kind::Number]),
        Some("string") => only(Kind::String),
        Some("array") => only(Kind::Array),
        Some("object") => only(Kind::Object),
        _ => {
            let values = schema.get("enum").and_then(Value::as_array);
            return match values {
                Some(values) => Some(values.iter().map(kind_of).collect()),
                None if schema.get("properties").is_some() => Some(only(Kind::Object)),
                None => None,
            };
        }
    };
    if schema::allows_null(schema) {
        kinds.insert(Kind::Null);
    }
    if schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| values.iter().all(Value::is_null))
    {
        kinds = only(Kind::Null);
    }
    Some(kinds)
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number.is_f64() => Kind::Number,
        Value::Number(_) => Kind::Integer,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

/// Where the union that makes a schema ambiguous stands.
pub(crate) fn at(schema: &Value, here: &str) -> String {
    ["oneOf", "anyOf", "allOf"]
        .into_iter()
        .find(|key| schema.get(key).is_some())
        .map_or_else(|| here.to_owned(), |key| pointer::join(here, key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settled(schema: &Value) -> Value {
        let mut schema = schema.clone();
        settle(&mut schema, &json!({}));
        schema
    }

    fn object(required: &[&str], properties: Value) -> Value {
        json!({ "type": "object", "required": required, "properties": properties })
    }

    #[test]
    fn alternatives_that_differ_in_kind_or_tag_stay_a_union() {
        let text = json!({ "type": "string" });
        let cat = object(
            &["kind"],
            json!({ "kind": { "type": "string", "enum": ["cat"] } }),
        );
        let dog = object(
            &["kind"],
            json!({ "kind": { "type": "string", "enum": ["dog"] } }),
        );
        let by_member = [
            object(&["a"], json!({ "a": text })),
            object(&["b"], json!({ "b": text })),
        ];
        for union in [
            json!({ "oneOf": [text, { "type": "integer" }, { "type": "array", "items": {} }] }),
            json!({ "oneOf": [cat, dog] }),
            json!({ "oneOf": by_member }),
        ] {
            assert_eq!(settled(&union), union);
        }
    }

    #[test]
    fn alternatives_that_the_first_would_swallow_become_any_value() {
        let loose = object(&[], json!({ "a": { "type": "string" } }));
        let wide = object(
            &["a"],
            json!({ "a": { "type": "string" }, "b": { "type": "string" } }),
        );
        let narrow = object(&["a"], json!({ "a": { "type": "string" } }));
        for union in [
            json!({ "oneOf": [loose, wide] }),
            json!({ "oneOf": [narrow, wide], "discriminator": { "propertyName": "a" } }),
            json!({ "oneOf": [{ "type": "string" }, { "type": "string", "format": "uuid" }] }),
            json!({ "anyOf": [{ "type": "number" }, { "type": "integer" }] }),
            json!({ "allOf": [{ "oneOf": [loose, wide] }, wide] }),
        ] {
            assert_eq!(settled(&union), json!({}), "{union}");
        }
    }

    #[test]
    fn a_wider_alternative_before_a_narrower_one_can_be_told_apart() {
        let wide = object(&["a", "b"], json!({ "a": {}, "b": {} }));
        let narrow = object(&["a"], json!({ "a": {} }));
        let union = json!({ "oneOf": [wide, narrow] });
        assert_eq!(settled(&union), union);
    }

    #[test]
    fn alternatives_that_exclude_each_other_are_never_merged() {
        let union = json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] });
        assert_eq!(
            settled(&union),
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] })
        );
    }
}
