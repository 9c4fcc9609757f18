//! What a list of `oneOf` or `anyOf` comes to, however it is written down.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::node::{Node, canonical};
use super::super::walk::Side;

pub(super) const KEYS: [&str; 2] = ["oneOf", "anyOf"];

/// The different alternatives of one list.
#[derive(Debug, Clone)]
pub(super) struct Alternatives<'v> {
    pub(super) key: &'static str,
    /// Where the list stands.
    pub(super) at: String,
    pub(super) nodes: Vec<Node<'v>>,
    /// The values that they list, if that is all they do.
    pub(super) values: Option<Vec<Node<'v>>>,
    /// Their types, if each names one.
    pub(super) types: Option<Vec<&'v str>>,
}

impl<'v> Alternatives<'v> {
    /// The lists of one node.
    pub(super) fn of(side: &mut Side<'v>, node: &Node<'v>) -> Vec<Self> {
        let mut found = Vec::new();
        for key in KEYS {
            let Some(list) = node.get(key) else {
                continue;
            };
            let mut nodes = Vec::new();
            let mut inside = BTreeSet::from([node.pointer.clone()]);
            for item in list.items() {
                flatten(side, key, item, &mut nodes, &mut inside);
            }
            let mut seen = BTreeSet::new();
            nodes.retain(|node| seen.insert(canonical(node.value)));
            // Anything at all is possible.
            let is_idle = key == "anyOf" && nodes.iter().any(|node| says_nothing(side, node));
            if !is_idle {
                let values = values(side, &nodes);
                let types = nodes.iter().map(|it| side.follow(it.clone()).text("type"));
                let types = types.collect();
                found.push(Self {
                    key,
                    at: list.pointer,
                    nodes,
                    values,
                    types,
                });
            }
        }
        found
    }

    /// Takes out null, where it is one of several; returns whether it was.
    pub(super) fn take_null(&mut self, side: &mut Side<'v>) -> bool {
        let before = self.nodes.len();
        if before > 1 {
            self.nodes.retain(|node| !is_null(side, node));
        }
        before != self.nodes.len()
    }
}

/// What is an alternative of an alternative is one.
fn flatten<'v>(
    side: &mut Side<'v>,
    key: &str,
    node: Node<'v>,
    nodes: &mut Vec<Node<'v>>,
    inside: &mut BTreeSet<String>,
) {
    let target = side.follow(node.clone());
    let is_list = says(&target).eq([key]) && target.get(key).is_some_and(|it| it.value.is_array());
    if is_list && inside.insert(target.pointer.clone()) {
        for item in target.items_of(key) {
            flatten(side, key, item, nodes, inside);
        }
        inside.remove(&target.pointer);
    } else {
        nodes.push(node);
    }
}

/// The keywords that say something of a value.
fn says<'n>(node: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    const ASIDE: [&str; 5] = [
        "description",
        "title",
        "example",
        "examples",
        "externalDocs",
    ];
    let keys = node.value.as_object().into_iter().flatten();
    let keys = keys.map(|(key, _)| key.as_str());
    keys.filter(|key| !ASIDE.contains(key) && !key.starts_with("x-"))
}

fn says_nothing<'v>(side: &mut Side<'v>, node: &Node<'v>) -> bool {
    let target = side.follow(node.clone());
    target.value.is_object() && says(&target).next().is_none()
}

fn is_null<'v>(side: &mut Side<'v>, node: &Node<'v>) -> bool {
    let target = side.follow(node.clone());
    let listed = target.items_of("enum");
    let is_null = !listed.is_empty() && listed.iter().all(|it| it.value.is_null());
    is_null && says(&target).all(|key| ["enum", "nullable", "type"].contains(&key))
}

fn values<'v>(side: &mut Side<'v>, nodes: &[Node<'v>]) -> Option<Vec<Node<'v>>> {
    let mut values = Vec::new();
    for node in nodes {
        let target = side.follow(node.clone());
        if !says(&target).all(|key| ["enum", "type"].contains(&key)) {
            return None;
        }
        let listed = target.get("enum").filter(|it| it.value.is_array())?;
        values.extend(listed.items().filter(|it| !matches!(it.value, Value::Null)));
    }
    Some(values)
}
