//! What tells alternatives apart.

use std::collections::BTreeMap;

use super::super::node::Node;
use super::super::rule;
use super::super::walk::Side;
use super::alternatives::KEYS;
use super::unions::name_of;
use super::{Pair, Schema};
use crate::pointer;

pub(super) fn compare(pair: &mut Pair<'_, '_>) {
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
        match (base, revision.get(&value)) {
            (Ok(base), Some(Ok(revision))) => {
                let places = (base.pointer.clone(), revision.pointer.clone());
                let (base, revision) = (vec![base], vec![revision.clone()]);
                pair.go_on((places.0, base), (places.1, revision), false);
            }
            (Err(was), Some(Err(is))) if was == *is => {}
            (_, None) => {}
            _ => {
                let places = (pair.base.place(key), pair.revision.place(key));
                let rule = &rule::REFERENCE_UNRESOLVED;
                pair.walk
                    .note(rule, places.0, places.1, format!("{key}: {value}"));
            }
        }
    }
}

/// Where a value leads, or the words that lead nowhere.
type Target<'v> = Result<Node<'v>, String>;

/// The schema that each value names: those that are written down, the names of
/// the alternatives, and, where there are none, of those that build on it.
fn mapping<'v>(schema: &Schema<'v>, side: &mut Side<'v>) -> BTreeMap<String, Target<'v>> {
    let mut named = BTreeMap::new();
    let mut written = Vec::new();
    for discriminator in schema.all("discriminator") {
        for (value, target) in discriminator.members_of("mapping") {
            let target = target.value.as_str().unwrap_or_default();
            // A component's name, or where it stands.
            let component = pointer::join("/components/schemas", target);
            let pointer = match side.document.get(&component) {
                Some(_) => component,
                None => {
                    let elsewhere = side.document.target_of(&discriminator.pointer, target);
                    elsewhere.unwrap_or(component)
                }
            };
            let node = side.document.get(&pointer).map(|value| Node {
                value,
                pointer: pointer.clone(),
            });
            side.reach(&pointer);
            written.push(pointer);
            let target = node.ok_or_else(|| target.to_owned());
            named.insert(value.to_owned(), target);
        }
    }
    for key in KEYS {
        for node in schema
            .all(key)
            .flat_map(|list| list.items().collect::<Vec<_>>())
        {
            let reference = node.text("$ref");
            let pointer = reference.and_then(|it| side.document.target_of(&node.pointer, it));
            if pointer.is_some_and(|pointer| !written.contains(&pointer))
                && let Some(name) = name_of(&node)
            {
                named.entry(name).or_insert(Ok(node));
            }
        }
    }
    let has_alternatives = KEYS.iter().any(|key| schema.says(key));
    let is = |pointer: &str| schema.parts.iter().any(|part| part.pointer == pointer);
    for part in schema
        .parts
        .iter()
        .filter(|it| it.get("discriminator").is_some())
    {
        let heirs = side.heirs(&part.pointer);
        // One of them is told apart from its siblings where their base stands.
        if has_alternatives || heirs.iter().any(|heir| is(&heir.pointer)) {
            continue;
        }
        for heir in heirs
            .into_iter()
            .filter(|it| !written.contains(&it.pointer))
        {
            side.reach(&heir.pointer);
            if let Some(name) = heir.pointer.rsplit('/').next() {
                named.entry(name.to_owned()).or_insert(Ok(heir));
            }
        }
    }
    named
}
