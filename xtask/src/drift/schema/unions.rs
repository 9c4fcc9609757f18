//! `oneOf`, `anyOf`, and what tells the alternatives apart.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::node::{Node, canonical};
use super::super::rule;
use super::super::walk::Side;
use super::{Pair, Schema};
use crate::pointer;

pub(super) const KEYS: [&str; 2] = ["oneOf", "anyOf"];

/// More alternatives than this are paired in their order, not each with each.
const MOST_COMPARED: usize = 12;

/// Several alternatives.
#[derive(Clone)]
struct Union<'v> {
    key: &'static str,
    at: String,
    alternatives: Vec<Schema<'v>>,
    /// The names of those that are references.
    names: Vec<Option<String>>,
    /// How they are written down.
    texts: Vec<String>,
}

impl<'v> Union<'v> {
    fn of(schema: &Schema<'v>, side: &mut Side<'v>) -> Vec<Self> {
        let mut unions = Vec::new();
        for key in KEYS {
            for list in schema.all(key) {
                let nodes: Vec<_> = list.items().collect();
                // One alternative was taken as none.
                if nodes.len() == 1 {
                    continue;
                }
                let names = nodes.iter().map(name_of).collect();
                let texts = nodes.iter().map(|node| canonical(node.value)).collect();
                let alternatives = nodes
                    .into_iter()
                    .map(|node| Schema::new(side, node.pointer.clone(), [node]));
                unions.push(Self {
                    key,
                    at: list.pointer.clone(),
                    alternatives: alternatives.collect(),
                    names,
                    texts,
                });
            }
        }
        unions
    }

    /// A schema as the only alternative to itself.
    fn alone(schema: &Schema<'v>, like: &Self) -> Self {
        let named = schema.parts.first().and_then(|part| {
            let name = part.pointer.strip_prefix("/components/schemas/")?;
            Some(name.to_owned())
        });
        Self {
            key: like.key,
            at: schema.at.clone(),
            alternatives: vec![schema.clone()],
            names: vec![named],
            texts: vec![String::new()],
        }
    }

    fn shown(&self, index: usize) -> String {
        match &self.names[index] {
            Some(name) => name.clone(),
            None => format!("alternative {}", index + 1),
        }
    }
}

fn name_of(node: &Node<'_>) -> Option<String> {
    let target = pointer::of_reference(node.text("$ref")?)?;
    target.rsplit('/').next().map(str::to_owned)
}

/// Compares a schema with several alternatives of which it is one. Returns
/// whether that is what they are.
pub(super) fn compare_alone(pair: &mut Pair<'_, '_>) -> bool {
    let base = Union::of(pair.base, &mut pair.walk.base);
    let revision = Union::of(pair.revision, &mut pair.walk.revision);
    let (base, revision) = match (&*base, &*revision) {
        ([], [only]) if is_all(pair.revision) => (Union::alone(pair.base, only), only.clone()),
        ([only], []) if is_all(pair.base) => (only.clone(), Union::alone(pair.revision, only)),
        _ => return false,
    };
    let is_one = !matches(pair, &base, &revision).0.is_empty();
    if is_one {
        compare_unions(pair, &base, &revision);
    }
    is_one
}

pub(super) fn compare(pair: &mut Pair<'_, '_>) {
    let base = Union::of(pair.base, &mut pair.walk.base);
    let revision = Union::of(pair.revision, &mut pair.walk.revision);
    for (base, revision) in base.iter().zip(&revision) {
        compare_unions(pair, base, revision);
    }
    if let Some(more) = revision.get(base.len()) {
        pair.note(&rule::ALTERNATIVES_INTRODUCED, more.key, "");
    }
    if let Some(gone) = base.get(revision.len()) {
        pair.note(&rule::ALTERNATIVES_LIFTED, gone.key, "");
    }
    compare_discriminators(pair);
}

/// Whether a union is all that a schema says.
fn is_all(schema: &Schema<'_>) -> bool {
    const ASIDE: [&str; 11] = [
        "allOf",
        "type",
        "example",
        "examples",
        "externalDocs",
        "oneOf",
        "anyOf",
        "discriminator",
        "description",
        "title",
        "nullable",
    ];
    let members = schema.parts.iter().filter_map(Node::object).flatten();
    members
        .into_iter()
        .all(|(key, _)| ASIDE.contains(&key.as_str()) || key.starts_with("x-"))
}

fn compare_unions<'v>(pair: &mut Pair<'_, 'v>, base: &Union<'v>, revision: &Union<'v>) {
    let places = (base.at.clone(), revision.at.clone());
    match (base.key, revision.key) {
        ("anyOf", "oneOf") => pair.note_at(&rule::ALTERNATIVES_EXCLUDE, places.clone(), ""),
        ("oneOf", "anyOf") => pair.note_at(&rule::ALTERNATIVES_OVERLAP, places.clone(), ""),
        _ => {}
    }
    let (matched, gone, new) = matches(pair, base, revision);
    for (one, other) in matched {
        let schemas = (&base.alternatives[one], &revision.alternatives[other]);
        pair.walk
            .schemas(schemas.0.clone(), schemas.1.clone(), pair.direction);
    }
    for index in gone {
        let at = base.alternatives[index].at.clone();
        let places = (at, revision.at.clone());
        pair.note_at(&rule::ALTERNATIVE_REMOVED, places, base.shown(index));
    }
    for index in new {
        let at = revision.alternatives[index].at.clone();
        let places = (base.at.clone(), at);
        pair.note_at(&rule::ALTERNATIVE_ADDED, places, revision.shown(index));
    }
}

type Matches = (Vec<(usize, usize)>, Vec<usize>, Vec<usize>);

/// Which alternative is which: those of one name, then those that say the same,
/// then, where as many are left on both sides, in their order.
fn matches<'v>(pair: &mut Pair<'_, 'v>, base: &Union<'v>, revision: &Union<'v>) -> Matches {
    let mut matched = Vec::new();
    let mut gone: Vec<_> = (0..base.alternatives.len()).collect();
    let mut new: Vec<_> = (0..revision.alternatives.len()).collect();
    let mut take = |gone: &mut Vec<usize>, same: &mut dyn FnMut(usize, usize) -> bool| {
        gone.retain(|one| {
            let found = new.iter().position(|other| same(*one, *other));
            if let Some(found) = found {
                matched.push((*one, new.remove(found)));
            }
            found.is_none()
        });
    };
    take(&mut gone, &mut |one, other| {
        base.names[one].is_some() && base.names[one] == revision.names[other]
    });
    take(&mut gone, &mut |one, other| {
        base.texts[one] == revision.texts[other]
    });
    if gone.len() <= MOST_COMPARED {
        take(&mut gone, &mut |one, other| {
            let (one, other) = (&base.alternatives[one], &revision.alternatives[other]);
            pair.walk.are_same(one, other)
        });
    }
    // Neither gone nor new: changed.
    let several = base.alternatives.len() > 1 && revision.alternatives.len() > 1;
    if several && gone.len() == new.len() {
        matched.extend(gone.drain(..).zip(new.drain(..)));
    }
    (matched, gone, new)
}

fn compare_discriminators(pair: &mut Pair<'_, '_>) {
    let key = "discriminator";
    let property = |schema: &Schema<'_>| {
        let found = schema.all(key).find_map(|it| it.text("propertyName"));
        found.map(str::to_owned)
    };
    let (base, revision) = (property(pair.base), property(pair.revision));
    if base.is_none() && revision.is_some() {
        let what = revision.unwrap_or_default();
        pair.note(&rule::DISCRIMINATOR_ADDED, key, what);
        return;
    }
    if base != revision {
        let words = |property: Option<String>| property.unwrap_or_else(|| "none".into());
        let what = format!("{} → {}", words(base), words(revision));
        pair.note(&rule::DISCRIMINATOR_CHANGED, key, what);
        return;
    }
    if base.is_none() {
        return;
    }
    let base = mapping(pair.base, &mut pair.walk.base);
    let revision = mapping(pair.revision, &mut pair.walk.revision);
    for value in base.keys().filter(|it| !revision.contains_key(*it)) {
        pair.note(&rule::DISCRIMINATOR_VALUE_REMOVED, key, value);
    }
    for value in revision.keys().filter(|it| !base.contains_key(*it)) {
        pair.note(&rule::DISCRIMINATOR_VALUE_ADDED, key, value);
    }
    for (value, base) in base {
        if let (Some(base), Some(Some(revision))) = (base, revision.get(&value)) {
            let places = (base.pointer.clone(), revision.pointer.clone());
            pair.go_on((places.0, vec![base]), (places.1, vec![revision.clone()]));
        }
    }
}

/// The schema that each value names: those that are written down, and the names
/// of the alternatives.
fn mapping<'v>(schema: &Schema<'v>, side: &mut Side<'v>) -> BTreeMap<String, Option<Node<'v>>> {
    let mut named = BTreeMap::new();
    let mut written = Vec::new();
    for discriminator in schema.all("discriminator") {
        for (value, target) in discriminator.members_of("mapping") {
            let target = target.value.as_str().unwrap_or_default();
            let pointer = pointer::of_reference(target)
                .unwrap_or_else(|| pointer::join("/components/schemas", target));
            let node = side.document.value.pointer(&pointer).map(|value| Node {
                value,
                pointer: pointer.clone(),
            });
            side.reach(&pointer);
            written.push(pointer);
            named.insert(value.to_owned(), node);
        }
    }
    for key in KEYS {
        for node in schema
            .all(key)
            .flat_map(|list| list.items().collect::<Vec<_>>())
        {
            let pointer = node.value.get("$ref").and_then(Value::as_str);
            let pointer = pointer.and_then(pointer::of_reference);
            if pointer.is_some_and(|pointer| !written.contains(&pointer))
                && let Some(name) = name_of(&node)
            {
                named.entry(name).or_insert(Some(node));
            }
        }
    }
    named
}
