//! Paths and operations: which there are, and which is which.

use std::collections::BTreeMap;

use serde_json::Value;

use super::members::{Members, Shape};
use super::node::{Node, canonical};
use super::rule::{self, Direction};
use super::walk::{Side, Walk};
use super::{bodies, parameters, responses, security, servers};
use crate::operations::METHODS;
use crate::virtual_path;

/// An operation and what it takes from its path.
#[derive(Clone)]
pub(super) struct Operation<'v> {
    pub(super) node: Node<'v>,
    /// Its path item, and those that this refers to.
    pub(super) items: Vec<Node<'v>>,
    pub(super) method: &'static str,
    pub(super) path: &'v str,
}

impl Operation<'_> {
    /// For people.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    fn id(&self) -> Option<&str> {
        self.node.text("operationId")
    }
}

/// The operations by method and path, whose parameters may have any name.
type Table<'v> = BTreeMap<(String, &'static str), Operation<'v>>;

const PATH_ITEM: Members = Members(&[
    ("$ref", |_| true),
    ("parameters", Value::is_array),
    ("servers", Value::is_array),
    ("get", Value::is_object),
    ("put", Value::is_object),
    ("post", Value::is_object),
    ("delete", Value::is_object),
    ("options", Value::is_object),
    ("head", Value::is_object),
    ("patch", Value::is_object),
    ("trace", Value::is_object),
]);

const OPERATION: Members = Members(&[
    ("operationId", Value::is_string),
    ("deprecated", Value::is_boolean),
    ("parameters", Value::is_array),
    ("requestBody", Value::is_object),
    ("responses", Value::is_object),
    ("callbacks", Value::is_object),
    ("security", Value::is_array),
    ("servers", Value::is_array),
    ("x-virtual-path", Value::is_boolean),
]);

/// Compares the paths of two documents.
pub(super) fn compare<'v>(walk: &mut Walk<'v>) {
    let base = walk.base.root().get("paths");
    let revision = walk.revision.root().get("paths");
    let odd = |paths: &Option<Node<'v>>| {
        let odd = paths.iter().filter(|it| !it.value.is_object());
        odd.cloned().collect::<Vec<_>>()
    };
    let at = ("/paths".to_owned(), "/paths".to_owned());
    Members(&[]).compare_rest(walk, &odd(&base), &odd(&revision), at, Shape::Other);
    let base = base.map_or_else(Vec::new, |it| it.members().collect());
    let revision = revision.map_or_else(Vec::new, |it| it.members().collect());
    compare_paths(walk, base, revision, Direction::Request);
}

/// Compares path items: the document's, or those of a callback.
pub(super) fn compare_paths<'v>(
    walk: &mut Walk<'v>,
    base: Vec<(&'v str, Node<'v>)>,
    revision: Vec<(&'v str, Node<'v>)>,
    direction: Direction,
) {
    let at = |paths: &[(&str, Node<'_>)]| {
        let first = paths.first().map(|(_, node)| node.pointer.as_str());
        let around = first.and_then(crate::pointer::parent);
        around.unwrap_or("/paths").to_owned()
    };
    let (base_at, revision_at) = (at(&base), at(&revision));
    compare_items(walk, &base, &revision);
    let mut base = table(&mut walk.base, base);
    let mut revision = table(&mut walk.revision, revision);
    let keys: Vec<_> = base.keys().cloned().collect();
    for key in keys {
        if revision.contains_key(&key)
            && let (Some(one), Some(other)) = (base.remove(&key), revision.remove(&key))
        {
            walk.operation(one.name(), |walk| {
                compare_operations(walk, &one, &other, direction);
            });
        }
    }
    for one in base.into_values() {
        let moved = revision
            .iter()
            .find(|(_, other)| one.id().is_some() && one.id() == other.id());
        let moved = moved.map(|(key, _)| key.clone());
        let other = moved.and_then(|key| revision.remove(&key));
        walk.operation(one.name(), |walk| match &other {
            Some(other) => {
                let what = format!("{} → {}", one.name(), other.name());
                let places = (&one.node.pointer, &other.node.pointer);
                walk.note(&rule::OPERATION_MOVED, places.0, places.1, what);
                compare_operations(walk, &one, other, direction);
            }
            None => walk.note(
                &rule::OPERATION_REMOVED,
                &one.node.pointer,
                &revision_at,
                one.name(),
            ),
        });
    }
    for other in revision.into_values() {
        walk.operation(other.name(), |walk| {
            let there = &other.node.pointer;
            walk.note(&rule::OPERATION_ADDED, &base_at, there, other.name());
        });
    }
}

/// What path items say beside their operations.
fn compare_items<'v>(
    walk: &mut Walk<'v>,
    base: &[(&'v str, Node<'v>)],
    revision: &[(&'v str, Node<'v>)],
) {
    let of = |items: &[(&'v str, Node<'v>)], side: &mut Side<'v>| {
        let mut shaped = BTreeMap::<_, Vec<_>>::new();
        for (path, node) in items.iter().filter(|(path, _)| !path.starts_with("x-")) {
            let nodes = shaped.entry(shape_of(path)).or_default();
            nodes.extend(side.chain(node.clone()));
        }
        shaped
    };
    let extensions = |items: &[(&'v str, Node<'v>)]| {
        let items = items.iter().filter(|(path, _)| path.starts_with("x-"));
        let items = items.map(|(name, node)| (*name, canonical(node.value)));
        items.collect::<BTreeMap<_, _>>()
    };
    if extensions(base) != extensions(revision) {
        walk.note(&rule::OTHER_EXTENSION_CHANGED, "/paths", "/paths", "paths");
    }
    let (base, revision) = (of(base, &mut walk.base), of(revision, &mut walk.revision));
    let at = |nodes: &[Node<'_>]| nodes[0].pointer.clone();
    // What leads nowhere is known by its reference.
    let leads_nowhere =
        |nodes: &[Node<'_>]| nodes.last().is_some_and(|it| it.text("$ref").is_some());
    for (path, nodes) in revision.iter().filter(|(it, _)| !base.contains_key(*it)) {
        let there = ("/paths".to_owned(), at(nodes));
        PATH_ITEM.compare_rest(walk, &[], nodes, there.clone(), Shape::Other);
        if leads_nowhere(nodes) {
            walk.note(&rule::OPERATION_ADDED, there.0, there.1, path);
        }
    }
    for (path, nodes) in &base {
        let Some(others) = revision.get(path) else {
            let here = (at(nodes), "/paths".to_owned());
            PATH_ITEM.compare_rest(walk, nodes, &[], here.clone(), Shape::Other);
            if leads_nowhere(nodes) {
                walk.note(&rule::OPERATION_REMOVED, here.0, here.1, path);
            }
            continue;
        };
        let places = (at(nodes), at(others));
        PATH_ITEM.compare_rest(walk, nodes, others, places, Shape::Other);
        if let (Some(last), Some(other)) = (nodes.last(), others.last())
            && last.text("$ref") != other.text("$ref")
        {
            let what = format!("$ref of {path}");
            let places = (&last.pointer, &other.pointer);
            walk.note(&rule::REFERENCE_UNRESOLVED, places.0, places.1, what);
        }
    }
}

fn table<'v>(side: &mut Side<'v>, paths: Vec<(&'v str, Node<'v>)>) -> Table<'v> {
    let mut table = Table::new();
    for (path, item) in paths {
        if path.starts_with("x-") {
            continue;
        }
        let items = side.chain(item);
        for method in METHODS {
            // What stands beside a reference counts before what it leads to.
            let mut nodes = items.iter().filter_map(|item| item.get(method));
            let Some(node) = nodes.find(|node| node.value.is_object()) else {
                continue;
            };
            let operation = Operation {
                node,
                items: items.clone(),
                method,
                path,
            };
            // Paths that differ by name alone are known by it.
            let shape = match table.contains_key(&(shape_of(path), method)) {
                true => path.to_owned(),
                false => shape_of(path),
            };
            table.insert((shape, method), operation);
        }
    }
    table
}

/// A path without the names of its parameters. A callback's expressions are none.
pub(super) fn shape_of(path: &str) -> String {
    if path.contains("{$") {
        return path.to_owned();
    }
    let mut shape = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        shape.push_str(before);
        shape.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    shape + rest
}

fn compare_operations<'v>(
    walk: &mut Walk<'v>,
    base: &Operation<'v>,
    revision: &Operation<'v>,
    direction: Direction,
) {
    let (here, there) = (&base.node, &revision.node);
    OPERATION.compare_node(walk, here, there);
    if base.id() != revision.id() {
        let words = |operation: &Operation<'_>| operation.id().unwrap_or("none").to_owned();
        let what = format!("{} → {}", words(base), words(revision));
        walk.note(
            &rule::OPERATION_ID_CHANGED,
            &here.pointer,
            &there.pointer,
            what,
        );
    }
    match (here.flag("deprecated"), there.flag("deprecated")) {
        (false, true) => walk.note(
            &rule::OPERATION_DEPRECATED,
            &here.pointer,
            &there.pointer,
            "",
        ),
        (true, false) => {
            walk.note(
                &rule::OPERATION_UNDEPRECATED,
                &here.pointer,
                &there.pointer,
                "",
            );
        }
        _ => {}
    }
    let virtually = |node: &Node<'_>| {
        let told = node.text("description").and_then(virtual_path::real_url);
        (node.flag("x-virtual-path"), told.map(str::to_owned))
    };
    let (was, is) = (virtually(here), virtually(there));
    if was != is {
        let words = |(marked, told): (bool, Option<String>)| match (told, marked) {
            (Some(url), _) => url,
            (None, true) => "virtual".into(),
            (None, false) => "as written".into(),
        };
        let what = format!("{} → {}", words(was), words(is));
        walk.note(
            &rule::WIRE_PATH_CHANGED,
            &here.pointer,
            &there.pointer,
            what,
        );
    }
    // Whom a callback reaches, and how it is admitted, is its receiver's matter.
    if direction == Direction::Request {
        servers::compare(walk, base, revision);
        security::compare(walk, here, there);
    }
    parameters::compare(walk, base, revision, direction);
    bodies::compare(walk, here, there, direction);
    responses::compare(walk, here, there, direction);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_s_shape_has_no_names() {
        assert_eq!(shape_of("/a/{id}/b/{other}.json"), "/a/{}/b/{}.json");
        assert_eq!(shape_of("/a/{id"), "/a/{}");
    }
}
