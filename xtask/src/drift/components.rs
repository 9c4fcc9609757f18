//! Components that no operation refers to: they reach no client.

use std::collections::BTreeMap;

use super::node::{Node, canonical};
use super::rule;
use super::walk::{Side, Walk};

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
