//! Properties and items.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::node::Node;
use super::super::rule::{self, Direction};
use super::super::walk::Side;
use super::{Pair, Schema};

pub(super) fn compare(pair: &mut Pair<'_, '_>) {
    compare_items(pair);
    compare_properties(pair);
    compare_others(pair);
}

fn compare_items(pair: &mut Pair<'_, '_>) {
    let base: Vec<_> = pair.base.all("items").collect();
    let revision: Vec<_> = pair.revision.all("items").collect();
    if base.len() + revision.len() > 0 {
        let places = (pair.base.place("items"), pair.revision.place("items"));
        pair.go_on((places.0, base), (places.1, revision));
    }
}

/// The properties of an object that go in one direction.
struct Properties<'v> {
    shown: BTreeMap<&'v str, Vec<Node<'v>>>,
    hidden: BTreeSet<&'v str>,
    required: BTreeSet<&'v str>,
    /// Those for which something is assumed if they are missing.
    assumed: BTreeSet<&'v str>,
}

impl<'v> Properties<'v> {
    fn of(schema: &Schema<'v>, side: &mut Side<'v>, direction: Direction) -> Self {
        let mut shown: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for properties in schema.all("properties") {
            for (name, property) in properties.members() {
                shown.entry(name).or_default().push(property);
            }
        }
        let hides = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let (mut hidden, mut assumed) = (BTreeSet::new(), BTreeSet::new());
        shown.retain(|name, nodes| {
            let schema = Schema::new(side, "", nodes.iter().cloned());
            if schema.says("default") {
                assumed.insert(*name);
            }
            let hides = schema.flag(hides);
            if hides {
                hidden.insert(*name);
            }
            !hides
        });
        let required = schema.all("required").flat_map(|list| {
            let names = list.value.as_array().into_iter().flatten();
            names.filter_map(Value::as_str)
        });
        let required = required.filter(|name| !hidden.contains(name)).collect();
        Self {
            shown,
            hidden,
            required,
            assumed,
        }
    }

    fn place(&self, name: &str) -> Option<String> {
        let nodes = self.shown.get(name)?;
        nodes.first().map(|node| node.pointer.clone())
    }
}

fn compare_properties(pair: &mut Pair<'_, '_>) {
    let base = Properties::of(pair.base, &mut pair.walk.base, pair.direction);
    let revision = Properties::of(pair.revision, &mut pair.walk.revision, pair.direction);
    for (name, nodes) in &base.shown {
        let here = base.place(name).unwrap_or_default();
        let Some(there) = revision.shown.get(name) else {
            let rule = match revision.hidden.contains(name) {
                true => &rule::PROPERTY_HIDDEN,
                false => &rule::PROPERTY_REMOVED,
            };
            let places = (here, pair.revision.place("properties"));
            pair.note_at(rule, places, *name);
            continue;
        };
        let place = revision.place(name).unwrap_or_default();
        pair.go_on((here, nodes.clone()), (place, there.clone()));
    }
    for name in revision.shown.keys() {
        if !base.shown.contains_key(name) {
            added(pair, name, &base, &revision);
        }
    }
    compare_required(pair, &base, &revision);
}

fn added(pair: &mut Pair<'_, '_>, name: &str, base: &Properties<'_>, revision: &Properties<'_>) {
    let needed = revision.required.contains(name)
        && (pair.direction == Direction::Response || !revision.assumed.contains(name));
    let was_free = others(pair.base) == Others::Any;
    let rule = match () {
        () if needed && pair.direction == Direction::Request => &rule::REQUIRED_PROPERTY_ADDED,
        () if base.hidden.contains(name) => &rule::PROPERTY_SHOWN,
        () if !was_free => &rule::UNEXPECTED_PROPERTY_ADDED,
        () if needed => &rule::REQUIRED_PROPERTY_ADDED,
        () => &rule::OPTIONAL_PROPERTY_ADDED,
    };
    let places = (
        pair.base.place("properties"),
        revision.place(name).unwrap_or_default(),
    );
    pair.note_at(rule, places, name);
}

fn compare_required(pair: &mut Pair<'_, '_>, base: &Properties<'_>, revision: &Properties<'_>) {
    // What is new or gone was told as such.
    let is_told = |name: &str| base.shown.contains_key(name) != revision.shown.contains_key(name);
    let differ = base.required.symmetric_difference(&revision.required);
    for name in differ.filter(|name| !is_told(name)) {
        let rule = match revision.required.contains(name) {
            true if revision.assumed.contains(name) => &rule::PROPERTY_REQUIRED_WITH_DEFAULT,
            true => &rule::PROPERTY_REQUIRED,
            false => &rule::PROPERTY_OPTIONAL,
        };
        let places = (
            base.place(name)
                .unwrap_or_else(|| pair.base.place("required")),
            revision
                .place(name)
                .unwrap_or_else(|| pair.revision.place("required")),
        );
        pair.note_at(rule, places, *name);
    }
}

/// Properties that are not listed.
#[derive(PartialEq, Eq)]
enum Others {
    None,
    Any,
    Some,
}

fn others(schema: &Schema<'_>) -> Others {
    let mut said = Others::Any;
    for node in schema.all("additionalProperties") {
        match node.value {
            Value::Bool(false) => return Others::None,
            Value::Object(members) if !members.is_empty() => said = Others::Some,
            _ => {}
        }
    }
    said
}

fn compare_others(pair: &mut Pair<'_, '_>) {
    let key = "additionalProperties";
    let (base, revision) = (others(pair.base), others(pair.revision));
    match (&base, &revision) {
        (Others::None, Others::None) | (Others::Any, Others::Any) => {}
        (Others::None, _) => pair.note(&rule::ADDITIONAL_ALLOWED, key, "none → others"),
        (_, Others::None) => pair.note(&rule::ADDITIONAL_FORBIDDEN, key, "others → none"),
        _ => {
            let base: Vec<_> = pair.base.all(key).filter(is_schema).collect();
            let revision: Vec<_> = pair.revision.all(key).filter(is_schema).collect();
            let places = (pair.base.place(key), pair.revision.place(key));
            pair.go_on((places.0, base), (places.1, revision));
        }
    }
}

fn is_schema(node: &Node<'_>) -> bool {
    node.value.is_object()
}
