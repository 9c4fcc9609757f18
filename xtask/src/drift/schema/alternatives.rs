//! What a list of `oneOf` or `anyOf` comes to, however it is written down.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use super::super::node::{Node, canonical};
use super::super::walk::Side;

pub(super) const KEYS: [&str; 2] = ["oneOf", "anyOf"];

/// What the lists of alternatives in one schema come to.
#[derive(Debug, Default)]
pub(in super::super) struct Choices<'v> {
    pub(super) unions: Vec<Rc<Alternatives<'v>>>,
    /// Alternatives that are none, because there is no other.
    pub(super) only: Vec<Node<'v>>,
    /// Whether null is one of several.
    pub(super) has_null: bool,
}

/// The different alternatives of one list.
#[derive(Debug)]
pub(super) struct Alternatives<'v> {
    pub(super) key: &'static str,
    /// Where the list stands.
    pub(super) at: String,
    pub(super) nodes: Vec<Node<'v>>,
    /// What tells each from the others.
    pub(super) identities: Vec<String>,
    /// The values that they list, if that is all they do.
    pub(super) values: Option<Vec<Node<'v>>>,
    /// Their types, if each names one.
    pub(super) types: Option<Vec<&'v str>>,
}

impl<'v> Choices<'v> {
    pub(in super::super) fn of(side: &mut Side<'v>, node: &Node<'v>) -> Self {
        let mut choices = Self::default();
        for key in KEYS {
            let Some(list) = node.get(key) else {
                continue;
            };
            let mut nodes = flat(side, key, &list);
            // Anything at all is possible.
            if key == "anyOf" && nodes.iter().any(|node| says_nothing(side, node)) {
                continue;
            }
            if nodes.len() > 1 {
                let before = nodes.len();
                nodes.retain(|node| !is_null(side, node));
                choices.has_null |= before != nodes.len();
            }
            if nodes.len() < 2 {
                choices.only.append(&mut nodes);
                continue;
            }
            let types = nodes.iter().map(|it| side.follow(it.clone()).text("type"));
            let types = types.collect();
            choices.unions.push(Rc::new(Alternatives {
                key,
                at: list.pointer,
                identities: nodes.iter().map(|it| identity(side, it)).collect(),
                values: values(side, &nodes),
                types,
                nodes,
            }));
        }
        choices
    }
}

/// A list without alternatives that stand in it twice; what is an alternative of an
/// alternative is one.
fn flat<'v>(side: &mut Side<'v>, key: &str, list: &Node<'v>) -> Vec<Node<'v>> {
    let mut flat = Vec::new();
    let mut seen = BTreeSet::from([list.pointer.clone()]);
    let mut identities = BTreeSet::new();
    let mut left: Vec<_> = list.items().collect();
    left.reverse();
    while let Some(node) = left.pop() {
        let target = side.follow(node.clone());
        let inner = target.get(key).filter(|it| it.value.is_array());
        match inner.filter(|_| says(&target).eq([key])) {
            Some(inner) => {
                if seen.insert(inner.pointer.clone()) {
                    left.extend(inner.items().collect::<Vec<_>>().into_iter().rev());
                }
            }
            None => {
                if identities.insert(identity(side, &node)) {
                    flat.push(node);
                }
            }
        }
    }
    flat
}

/// Where a reference leads, or what stands there.
fn identity<'v>(side: &mut Side<'v>, node: &Node<'v>) -> String {
    let reference = node.text("$ref");
    match reference.and_then(|it| side.document.target_of(&node.pointer, it)) {
        Some(target) => target,
        // The same words mean something else in another file.
        None => {
            let file = node.pointer.split_once('#').map_or("", |(file, _)| file);
            format!("{file}{}", canonical(node.value))
        }
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

/// Whether a node does nothing but list alternatives and tell them apart.
pub(super) fn is_list(node: &Node<'_>) -> bool {
    let keys = ["oneOf", "anyOf", "discriminator", "nullable"];
    says(node).all(|key| keys.contains(&key)) && KEYS.iter().any(|key| node.get(key).is_some())
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
