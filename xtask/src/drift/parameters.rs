//! Parameters: those of an operation and of its path, by place and name; in the
//! path by their order, because their names are never sent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::content;
use super::members::Members;
use super::node::Node;
use super::operations::Operation;
use super::rule::{self, Direction, Rule};
use super::schema::Schema;
use super::walk::{Side, Walk};

const PARAMETER: Members = Members(&[
    ("name", Value::is_string),
    ("in", Value::is_string),
    ("required", Value::is_boolean),
    ("deprecated", Value::is_boolean),
    ("style", Value::is_string),
    ("explode", Value::is_boolean),
    ("allowReserved", Value::is_boolean),
    ("allowEmptyValue", Value::is_boolean),
    ("schema", Value::is_object),
    ("content", Value::is_object),
]);

/// Headers that are described elsewhere, if at all.
const IGNORED_HEADERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// Where a parameter goes, and what tells it from others there.
type Key = (String, String);

pub(super) fn compare<'v>(
    walk: &mut Walk<'v>,
    base: &Operation<'v>,
    revision: &Operation<'v>,
    direction: Direction,
) {
    let was = parameters(&mut walk.base, base);
    let is = parameters(&mut walk.revision, revision);
    let (here, there) = (&base.node.pointer, &revision.node.pointer);
    for (key, parameter) in &was {
        match is.get(key) {
            Some(other) => walk.once(parameter, other, Some(direction), |walk| {
                compare_one(walk, parameter, other, direction);
            }),
            None => walk.note(
                &rule::PARAMETER_REMOVED,
                &parameter.pointer,
                there,
                name(parameter),
            ),
        }
    }
    for (_, parameter) in is.iter().filter(|(key, _)| !was.contains_key(*key)) {
        let default = has_default(&mut walk.revision, parameter);
        let rule = match parameter.flag("required") && !default {
            true => rule::REQUIRED_PARAMETER_ADDED.of(direction),
            false => &rule::OPTIONAL_PARAMETER_ADDED,
        };
        walk.note(rule, here, &parameter.pointer, name(parameter));
    }
}

fn name(parameter: &Node<'_>) -> String {
    let text = |key| parameter.text(key).unwrap_or_default();
    format!("{} ({})", text("name"), text("in"))
}

fn parameters<'v>(side: &mut Side<'v>, operation: &Operation<'v>) -> BTreeMap<Key, Node<'v>> {
    let places: Vec<_> = places(operation.path).collect();
    let mut found = BTreeMap::new();
    // The operation's own stand in for its path's.
    for owner in operation.items.iter().rev().chain([&operation.node]) {
        for parameter in owner.items_of("parameters") {
            let parameter = side.follow(parameter);
            let text = |key| parameter.text(key).unwrap_or_default();
            // One that is not in this document is known by its reference.
            if let Some(reference) = parameter.text("$ref") {
                found.insert((String::new(), reference.to_owned()), parameter);
                continue;
            }
            let (place, name) = (text("in"), text("name"));
            let name = match place {
                "path" => match places.iter().position(|it| *it == name) {
                    Some(place) => place.to_string(),
                    None => name.to_owned(),
                },
                "header" => name.to_lowercase(),
                _ => name.to_owned(),
            };
            if place == "header" && IGNORED_HEADERS.contains(&name.as_str()) {
                continue;
            }
            found.insert((place.to_owned(), name), parameter);
        }
    }
    found
}

/// The names in a path.
fn places(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

pub(super) fn compare_one<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    PARAMETER.compare_node(walk, base, revision);
    let places = (&base.pointer, &revision.pointer);
    let what = name(base);
    let path = base.text("in") == Some("path");
    match (base.flag("required"), revision.flag("required")) {
        _ if path => {}
        (false, true) => {
            let rule = match has_default(&mut walk.revision, revision) {
                true => &rule::PARAMETER_REQUIRED_WITH_DEFAULT,
                false => rule::PARAMETER_REQUIRED.of(direction),
            };
            walk.note(rule, places.0, places.1, &what);
        }
        (true, false) => {
            let rule = rule::PARAMETER_OPTIONAL.of(direction);
            walk.note(rule, places.0, places.1, &what);
        }
        _ => {}
    }
    match (base.flag("deprecated"), revision.flag("deprecated")) {
        (false, true) => walk.note(&rule::PARAMETER_DEPRECATED, places.0, places.1, &what),
        (true, false) => walk.note(&rule::PARAMETER_UNDEPRECATED, places.0, places.1, &what),
        _ => {}
    }
    for (rule, change) in reserialized(walk, base, revision, direction) {
        walk.note(rule, places.0, places.1, format!("{what}: {change}"));
    }
    let is_given = path || base.flag("required") && revision.flag("required");
    if became_a_list(walk, base, revision) {
        let rule = rule::PARAMETER_LISTS.of(direction);
        walk.note(rule, places.0, places.1, &what);
        let one = schema(&mut walk.base, base);
        let list = schema(&mut walk.revision, revision);
        let items = list.items(&mut walk.revision);
        walk.schemas(one.written_as_text(), items.written_as_text(), direction);
        return;
    }
    compare_values(walk, base, revision, direction, is_given);
}

/// What differs in how a parameter or a header is written.
fn reserialized<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) -> Vec<(&'static Rule, String)> {
    let scalar = is_scalar(&mut walk.base, base) && is_scalar(&mut walk.revision, revision);
    let lists = is_list(&mut walk.base, base) && is_list(&mut walk.revision, revision);
    let (was, is) = (serialization(base), serialization(revision));
    let mut changes = Vec::new();
    for (key, value) in &was {
        let other = is.get(key).cloned().unwrap_or_default();
        // A single value has no parts to be put together, and those of a simple
        // list have no names.
        let idle = scalar || was["style"] == "simple" && is["style"] == "simple" && lists;
        if *value == other || *key == "explode" && idle {
            continue;
        }
        let rule = match key.starts_with("allow") && other == "true" {
            true => rule::PARAMETER_SERIALIZATION_LOOSENED.of(direction),
            false => &rule::PARAMETER_SERIALIZATION_CHANGED,
        };
        changes.push((rule, format!("{key} {value} → {other}")));
    }
    changes
}

/// Whether a single value is written as a list of one is.
fn became_a_list<'v>(walk: &mut Walk<'v>, base: &Node<'v>, revision: &Node<'v>) -> bool {
    let form = serialization(revision);
    let list = schema(&mut walk.revision, revision);
    is_scalar(&mut walk.base, base)
        && is_list(&mut walk.revision, revision)
        // One must be enough.
        && !["minItems", "maxItems", "enum"].iter().any(|key| list.says(key))
        && revision.text("in") == Some("query")
        && form["style"] == "form"
        && form["explode"] == "true"
        && serialization(base)["by"] == form["by"]
}

fn schema<'v>(side: &mut Side<'v>, parameter: &Node<'v>) -> Schema<'v> {
    Schema::new(side, parameter.pointer.clone(), parameter.get("schema"))
}

/// What is assumed where a parameter is left out.
fn has_default<'v>(side: &mut Side<'v>, parameter: &Node<'v>) -> bool {
    schema(side, parameter).says("default")
}

fn is_list<'v>(side: &mut Side<'v>, parameter: &Node<'v>) -> bool {
    let parts = schema(side, parameter).parts;
    parts.iter().any(|part| part.text("type") == Some("array"))
}

fn is_scalar<'v>(side: &mut Side<'v>, parameter: &Node<'v>) -> bool {
    let scalar = |kind: &str| !["array", "object"].contains(&kind);
    let parts = schema(side, parameter).parts;
    parts
        .iter()
        .any(|part| part.text("type").is_some_and(scalar))
}

/// How a parameter is written, with what counts where nothing is said.
fn serialization(parameter: &Node<'_>) -> BTreeMap<&'static str, String> {
    let place = parameter.text("in").unwrap_or("header");
    let usual = match place {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let style = parameter.text("style").unwrap_or(usual);
    let explode = parameter.value.get("explode").and_then(Value::as_bool);
    let form = match parameter.members_of("content").is_empty() {
        true => "schema",
        false => "content",
    };
    BTreeMap::from([
        ("style", style.to_owned()),
        ("explode", explode.unwrap_or(style == "form").to_string()),
        ("allowReserved", parameter.flag("allowReserved").to_string()),
        (
            "allowEmptyValue",
            parameter.flag("allowEmptyValue").to_string(),
        ),
        ("by", form.to_owned()),
    ])
}

/// The values of a parameter or of a header, which may always be given.
fn compare_values<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
    is_given: bool,
) {
    if base.get("schema").is_some() || revision.get("schema").is_some() {
        let mut one = schema(&mut walk.base, base).written_as_text();
        let mut other = schema(&mut walk.revision, revision).written_as_text();
        if is_given {
            (one, other) = (one.always_given(), other.always_given());
        }
        walk.schemas(one, other, direction);
    }
    if base.get("content").is_some() && revision.get("content").is_some() {
        content::compare(walk, base, revision, direction);
    }
}

/// The members of a header, whose name is its key.
pub(super) fn compare_header<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    PARAMETER.compare_node(walk, base, revision);
    let places = (&base.pointer, &revision.pointer);
    for (rule, change) in reserialized(walk, base, revision, direction) {
        walk.note(rule, places.0, places.1, change);
    }
    match (base.flag("deprecated"), revision.flag("deprecated")) {
        (false, true) => walk.note(&rule::PARAMETER_DEPRECATED, places.0, places.1, "a header"),
        (true, false) => walk.note(
            &rule::PARAMETER_UNDEPRECATED,
            places.0,
            places.1,
            "a header",
        ),
        _ => {}
    }
    let required = match (base.flag("required"), revision.flag("required")) {
        (true, false) => Some(&rule::RESPONSE_HEADER_OPTIONAL),
        (false, true) => Some(&rule::RESPONSE_HEADER_REQUIRED),
        _ => None,
    };
    if let Some(rule) = required {
        walk.note(rule.of(direction), places.0, places.1, "");
    }
    compare_values(walk, base, revision, direction, false);
}
