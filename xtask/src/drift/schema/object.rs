//! Properties and items.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::node::Node;
use super::super::rule::{self, Direction};
use super::super::walk::Side;
use super::{Pair, Schema, types};

pub(super) fn compare(pair: &mut Pair<'_, '_>) {
    let both = |name| types::can_be(pair.base, name) && types::can_be(pair.revision, name);
    let (lists, objects) = (both("array"), both("object"));
    if lists {
        compare_items(pair);
    }
    if objects {
        compare_properties(pair);
        compare_others(pair);
    }
}

fn compare_items(pair: &mut Pair<'_, '_>) {
    let base: Vec<_> = pair.base.all("items").collect();
    let revision: Vec<_> = pair.revision.all("items").collect();
    if base.len() + revision.len() > 0 {
        let places = (pair.base.place("items"), pair.revision.place("items"));
        pair.go_on((places.0, base), (places.1, revision), false);
    }
}

/// The properties of an object that go in one direction.
struct Properties<'v> {
    shown: BTreeMap<&'v str, Vec<Node<'v>>>,
    hidden: BTreeMap<&'v str, Vec<Node<'v>>>,
    /// Whether each is readOnly, and whether it is writeOnly.
    marks: BTreeMap<&'v str, (bool, bool)>,
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
        let (mut hidden, mut marks) = (BTreeMap::new(), BTreeMap::new());
        let mut assumed = BTreeSet::new();
        shown.retain(|name, nodes| {
            let schema = Schema::new(side, "", nodes.iter().cloned());
            if schema.says("default") {
                assumed.insert(*name);
            }
            marks.insert(*name, (schema.flag("readOnly"), schema.flag("writeOnly")));
            let hides = schema.flag(hides);
            if hides {
                hidden.insert(*name, nodes.clone());
            }
            !hides
        });
        let required = schema.all("required").flat_map(|list| {
            let names = list.value.as_array().into_iter().flatten();
            names.filter_map(Value::as_str)
        });
        let required = required.filter(|name| !hidden.contains_key(name)).collect();
        Self {
            shown,
            hidden,
            marks,
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
            let rule = match revision.hidden.contains_key(name) {
                true => &rule::PROPERTY_HIDDEN,
                false if base.required.contains(name) => &rule::PROPERTY_REMOVED,
                false => &rule::OPTIONAL_PROPERTY_REMOVED,
            };
            let places = (here, pair.revision.place("properties"));
            pair.note_at(rule, places, *name);
            continue;
        };
        let place = revision.place(name).unwrap_or_default();
        let is_given = base.required.contains(name) && revision.required.contains(name);
        pair.go_on((here, nodes.clone()), (place, there.clone()), is_given);
    }
    for name in revision.shown.keys() {
        if !base.shown.contains_key(name) {
            added(pair, name, &base, &revision);
        }
    }
    compare_required(pair, &base, &revision);
    compare_hidden(pair, &base, &revision);
}

/// What does not go this way, or goes this way whatever its marks.
fn compare_hidden<'v>(pair: &mut Pair<'_, 'v>, base: &Properties<'v>, revision: &Properties<'v>) {
    let names: BTreeSet<_> = base.marks.keys().chain(revision.marks.keys()).collect();
    for name in names {
        let was = base.shown.get(name).or(base.hidden.get(name));
        let is = revision.shown.get(name).or(revision.hidden.get(name));
        let hidden = (base.hidden.get(name), revision.hidden.get(name));
        let differs = match hidden {
            (Some(one), Some(other)) => {
                let one = Schema::new(&mut pair.walk.base, "", one.iter().cloned());
                let other = Schema::new(&mut pair.walk.revision, "", other.iter().cloned());
                base.marks.get(name) != revision.marks.get(name)
                    || !pair.walk.are_same(&one, &other)
            }
            (Some(_), None) => is.is_none(),
            (None, Some(_)) => was.is_none(),
            (None, None) => {
                was.is_some() && is.is_some() && base.marks.get(name) != revision.marks.get(name)
            }
        };
        if differs {
            let place = |nodes: Option<&Vec<Node<'_>>>, schema: &Schema<'_>| {
                let first = nodes.and_then(|nodes| nodes.first());
                first.map_or_else(|| schema.place("properties"), |it| it.pointer.clone())
            };
            let places = (place(was, pair.base), place(is, pair.revision));
            pair.note_at(&rule::HIDDEN_PROPERTY_CHANGED, places, *name);
        }
    }
}

fn added<'v>(
    pair: &mut Pair<'_, 'v>,
    name: &str,
    base: &Properties<'v>,
    revision: &Properties<'v>,
) {
    let needed = revision.required.contains(name)
        && (pair.direction == Direction::Response || !revision.assumed.contains(name));
    let rule = match () {
        () if needed && pair.direction == Direction::Request => &rule::REQUIRED_PROPERTY_ADDED,
        () if base.hidden.contains_key(name) => &rule::PROPERTY_SHOWN,
        () if others(pair.base) == Others::None => &rule::UNEXPECTED_PROPERTY_ADDED,
        () if needed => &rule::REQUIRED_PROPERTY_ADDED,
        () => &rule::OPTIONAL_PROPERTY_ADDED,
    };
    let key = "additionalProperties";
    let place = revision.place(name).unwrap_or_default();
    pair.note_at(rule, (pair.base.place("properties"), place.clone()), name);
    // It could be there before, as one that was not listed.
    if others(pair.base) == Others::Some {
        let other: Vec<_> = pair.base.all(key).filter(is_schema).collect();
        let nodes = revision.shown.get(name).cloned().unwrap_or_default();
        pair.go_on((pair.base.place(key), other), (place, nodes), false);
    }
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
            pair.go_on((places.0, base), (places.1, revision), false);
        }
    }
}

fn is_schema(node: &Node<'_>) -> bool {
    node.value.is_object()
}
