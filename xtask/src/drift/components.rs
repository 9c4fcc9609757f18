//! Components that no operation refers to: they reach no client. Where there
//! are no operations at all, the components are what a document is for.

use std::collections::BTreeMap;

use super::node::{Node, canonical};
use super::rule::{self, Direction};
use super::schema::Schema;
use super::walk::{Side, Walk};
use super::{bodies, parameters, responses};

/// Compares components by their names, as if each were sent and received.
pub(super) fn compare_all(walk: &mut Walk<'_>) {
    let components = |side: &Side<'_>| {
        side.root()
            .get("components")
            .unwrap_or_else(|| side.root())
            .pointer
    };
    let places = (components(&walk.base), components(&walk.revision));
    for kind in [
        "schemas",
        "parameters",
        "headers",
        "requestBodies",
        "responses",
    ] {
        let (was, is) = (named(&walk.base, kind), named(&walk.revision, kind));
        for (name, one) in &was {
            match is.get(name) {
                Some(other) => compare_one(walk, kind, one, other),
                None => walk.note(&rule::COMPONENT_REMOVED, &one.pointer, &places.1, *name),
            }
        }
        for (name, other) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
            walk.note(&rule::COMPONENT_ADDED, &places.0, &other.pointer, *name);
        }
    }
}

fn named<'v>(side: &Side<'v>, kind: &str) -> BTreeMap<&'v str, Node<'v>> {
    let components = side.root().get("components");
    let named = components.map_or_else(Vec::new, |it| it.members_of(kind));
    named.into_iter().collect()
}

fn compare_one<'v>(walk: &mut Walk<'v>, kind: &str, base: &Node<'v>, revision: &Node<'v>) {
    walk.base.reach(&base.pointer);
    walk.revision.reach(&revision.pointer);
    let one = walk.base.follow(base.clone());
    let other = walk.revision.follow(revision.clone());
    match kind {
        "parameters" => parameters::compare_one(walk, &one, &other, Direction::Request),
        "headers" => parameters::compare_header(walk, &one, &other, Direction::Response),
        "requestBodies" => bodies::compare_one(walk, &one, &other, Direction::Request),
        "responses" => responses::compare_one(walk, &one, &other, Direction::Response),
        _ => {
            for direction in [Direction::Request, Direction::Response] {
                let one = Schema::new(&mut walk.base, one.pointer.clone(), [one.clone()]);
                let other = Schema::new(&mut walk.revision, other.pointer.clone(), [other.clone()]);
                walk.schemas(one, other, direction);
            }
        }
    }
}

/// Notes what differs among those that nothing refers to.
pub(super) fn compare(walk: &mut Walk<'_>) {
    let (was, is) = (unused(&walk.base), unused(&walk.revision));
    for (pointer, node) in &was {
        let same = is
            .get(pointer)
            .is_some_and(|other| canonical(other.value) == canonical(node.value));
        // What is used now was compared where it is used.
        if !same && !walk.revision.is_reached(pointer) {
            walk.note(&rule::UNUSED_COMPONENT_CHANGED, pointer, pointer, "");
        }
    }
    for pointer in is.keys() {
        if !was.contains_key(pointer) && !walk.base.is_reached(pointer) {
            walk.note(&rule::UNUSED_COMPONENT_CHANGED, pointer, pointer, "");
        }
    }
}

fn unused<'v>(side: &Side<'v>) -> BTreeMap<String, Node<'v>> {
    let mut unused = BTreeMap::new();
    let Some(components) = side.root().get("components") else {
        return unused;
    };
    for (_, kind) in components.members() {
        for (_, node) in kind.members() {
            if !side.is_reached(&node.pointer) {
                unused.insert(node.pointer.clone(), node);
            }
        }
    }
    unused
}
