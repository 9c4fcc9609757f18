//! `type`, `nullable` and `format`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::rule::{self, Both};
use super::{Pair, Schema, unions, values};

/// Types as bits; a number is an integer or another number.
const ALL: [(&str, u8); 6] = [
    ("boolean", 1),
    ("object", 2),
    ("array", 4),
    ("string", 8),
    ("number", 16 | 32),
    ("integer", 16),
];

/// The keywords that imply a type.
const IMPLIED: [(&str, &[&str]); 2] = [
    (
        "object",
        &[
            "properties",
            "additionalProperties",
            "minProperties",
            "maxProperties",
            "required",
        ],
    ),
    ("array", &["items", "minItems", "maxItems", "uniqueItems"]),
];

/// Formats of which one takes the other's values, if not with every digit.
const WIDER: [(&str, &str); 8] = [
    ("int32", "int64"),
    ("int32", "bigint"),
    ("int64", "bigint"),
    ("int32", "float"),
    ("int32", "double"),
    ("int64", "float"),
    ("int64", "double"),
    ("float", "double"),
];

/// Formats that say nothing of what is no text. Those of numbers are used for text,
/// too.
const OF_TEXT: [&str; 7] = [
    "date",
    "date-time",
    "uuid",
    "email",
    "uri",
    "byte",
    "binary",
];

pub(super) fn is_type(name: &str) -> bool {
    bits(name).is_some()
}

fn bits(name: &str) -> Option<u8> {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, bits)| *bits)
}

/// The types that a schema names; none if it names none.
fn named(schema: &Schema<'_>) -> Option<u8> {
    let types = schema.all("type").filter_map(|it| bits(it.value.as_str()?));
    types.reduce(|one, other| one & other)
}

/// The types that a schema names, or else those that all its alternatives name.
fn said(schema: &Schema<'_>) -> Option<u8> {
    let alternatives = || {
        let unions = schema.unions.iter().filter_map(|it| it.types.as_ref());
        let unions = unions.filter_map(|types| {
            let types = types.iter().map(|it| bits(it));
            types.reduce(|one, other| Some(one? | other?))?
        });
        unions.reduce(|one, other| one & other)
    };
    named(schema).or_else(alternatives)
}

/// The types that a schema names, or else those of the values that it lists.
fn told(schema: &Schema<'_>) -> Option<u8> {
    let listed = || {
        let values = values::listed(schema)?;
        let types = values.values().filter_map(|it| bits_of(it.value));
        types.reduce(|one, other| one | other)
    };
    said(schema).or_else(listed)
}

/// The type of a value; null has none.
fn bits_of(value: &Value) -> Option<u8> {
    bits(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
    })
}

/// Whether a value may be of a type; what is said of another type says nothing.
pub(super) fn can_be(schema: &Schema<'_>, name: &str) -> bool {
    let wanted = bits(name).unwrap_or_default();
    named(schema).is_none_or(|types| types & wanted != 0)
}

/// Whether a value of a list is of a type that is named.
pub(super) fn allows(schema: &Schema<'_>, value: &Value) -> bool {
    match bits_of(value) {
        None => can_be_null(schema) || named(schema).is_none(),
        Some(own) => named(schema).is_none_or(|named| named & own != 0),
    }
}

/// The types that are possible. On paper a number is text.
fn possible(schema: &Schema<'_>) -> u8 {
    const TEXT: u8 = 8;
    const SCALARS: u8 = 1 | TEXT | 16 | 32;
    let types = told(schema).unwrap_or(u8::MAX);
    match schema.as_text && types & TEXT != 0 {
        true => types | SCALARS,
        false => types,
    }
}

pub(super) fn is_integer(schema: &Schema<'_>) -> bool {
    named(schema) == bits("integer")
}

pub(super) fn is_object(schema: &Schema<'_>) -> bool {
    named(schema).or(implied(schema)) == bits("object")
}

fn implied(schema: &Schema<'_>) -> Option<u8> {
    let found = IMPLIED
        .iter()
        .find(|(_, keys)| keys.iter().any(|key| schema.all(key).next().is_some()));
    found.and_then(|(name, _)| bits(name))
}

fn words(types: Option<u8>) -> String {
    let Some(types) = types else {
        return "any type".into();
    };
    let mut left = types;
    let mut names = Vec::new();
    for (name, bits) in ALL {
        if left & bits == bits {
            left &= !bits;
            names.push(name);
        }
    }
    match names.is_empty() {
        true => "no type".into(),
        false => names.join(" or "),
    }
}

/// Returns whether the two still have something in common.
pub(super) fn compare(pair: &mut Pair<'_, '_>) -> bool {
    let (base, revision) = (told(pair.base), told(pair.revision));
    let (from, to) = (possible(pair.base), possible(pair.revision));
    let are_said = (said(pair.base).is_some(), said(pair.revision).is_some());
    if base == revision && are_said.0 != are_said.1 {
        let what = format!("{}, which its values say as well", words(base));
        pair.note(&rule::TYPE_IMPLIED, "type", what);
    }
    // Where neither names a type, what they list or hold is compared for itself.
    if base != revision && (named(pair.base).is_some() || named(pair.revision).is_some()) {
        let what = format!("{} → {}", words(base), words(revision));
        let same = base.or(implied(pair.base)) == revision.or(implied(pair.revision));
        let rule = match () {
            () if same => &rule::TYPE_IMPLIED,
            () if from & to == to => &rule::TYPE_NARROWED,
            () if from & to == from => &rule::TYPE_WIDENED,
            () => &rule::TYPE_CHANGED,
        };
        pair.note(rule, "type", what);
    }
    if from & to == 0 && from != to {
        return named(pair.base).is_none() && named(pair.revision).is_none();
    }
    if says_something(pair.base) && says_something(pair.revision) && !pair.base.null_is_told {
        compare_nulls(pair);
    }
    compare_formats(pair);
    true
}

pub(super) fn compare_nulls(pair: &mut Pair<'_, '_>) {
    let was = unions::can_be_null(pair.base, &mut pair.walk.base);
    let is = unions::can_be_null(pair.revision, &mut pair.walk.revision);
    match (was, is) {
        (true, false) => pair.note(&rule::NULL_FORBIDDEN, "nullable", "nullable → not"),
        (false, true) => pair.note(&rule::NULL_ALLOWED, "nullable", "not nullable → nullable"),
        _ => {}
    }
}

/// Whether there is anything that null could break.
fn says_something(schema: &Schema<'_>) -> bool {
    let keys = ["type", "enum", "oneOf", "anyOf", "allOf"];
    implied(schema).is_some() || keys.iter().any(|key| schema.says(key))
}

/// Every part that names a type must allow null. A part that says nothing but
/// `nullable` is how people make a reference nullable.
pub(super) fn can_be_null(schema: &Schema<'_>) -> bool {
    let (typed, untyped): (Vec<_>, Vec<_>) = schema
        .parts
        .iter()
        .partition(|part| part.text("type").is_some());
    schema.has_null
        || !typed.is_empty() && typed.iter().all(|part| part.flag("nullable"))
        || untyped.iter().any(|part| part.flag("nullable"))
}

fn compare_formats(pair: &mut Pair<'_, '_>) {
    let (base, revision) = (formats(pair.base), formats(pair.revision));
    if base == revision {
        return;
    }
    let narrower = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| {
        other.iter().all(|format| {
            one.contains(format)
                || WIDER
                    .iter()
                    .any(|(narrow, wide)| wide == format && one.contains(narrow))
        })
    };
    let rule: &Both = match () {
        () if narrower(&revision, &base) => &rule::FORMAT_NARROWED,
        () if narrower(&base, &revision) => &rule::FORMAT_WIDENED,
        () => &rule::FORMAT_CHANGED,
    };
    let words = |formats: &BTreeSet<&str>| match formats.is_empty() {
        true => "no format".to_owned(),
        false => formats.iter().copied().collect::<Vec<_>>().join(", "),
    };
    let what = format!("{} → {}", words(&base), words(&revision));
    pair.note(rule, "format", what);
}

fn formats<'v>(schema: &Schema<'v>) -> BTreeSet<&'v str> {
    let formats = schema.all("format").filter_map(|it| it.value.as_str());
    let counts = |format: &&str| match *format {
        format if OF_TEXT.contains(&format) => can_be(schema, "string"),
        _ => true,
    };
    formats.filter(counts).collect()
}
