//! The servers that serve an operation: those of its own, else its path's, else
//! the document's.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::members::Members;
use super::node::Node;
use super::operations::{self, Operation};
use super::rule;
use super::walk::{Side, Walk};

const SERVER: Members = Members(&[("url", Value::is_string), ("variables", Value::is_object)]);
const VARIABLE: Members = Members(&[("default", Value::is_string), ("enum", Value::is_array)]);

/// The list that counts for an operation; none where no level has one.
fn list<'v>(side: &Side<'v>, operation: &Operation<'v>) -> Option<Node<'v>> {
    let root = side.root();
    let levels = std::iter::once(&operation.node).chain(&operation.items);
    let mut lists = levels.chain([&root]).filter_map(|it| it.get("servers"));
    lists.find(|list| list.value.as_array().is_some_and(|list| !list.is_empty()))
}

pub(super) fn compare<'v>(walk: &mut Walk<'v>, base: &Operation<'v>, revision: &Operation<'v>) {
    let one = list(&walk.base, base);
    let other = list(&walk.revision, revision);
    // Where none is named, it is the one that the document came from.
    let root = |list: &Option<Node<'v>>, root: Node<'v>| list.clone().unwrap_or(root);
    let (one_at, other_at) = (
        root(&one, walk.base.root()),
        root(&other, walk.revision.root()),
    );
    walk.once(&one_at, &other_at, None, |walk| {
        let own = |at: &Node<'_>| at.pointer != "/servers" && !at.pointer.is_empty();
        let first = |list: &Option<Node<'v>>| {
            let first = list.as_ref().and_then(|it| it.items().next());
            let url = first.and_then(|server| server.text("url"));
            operations::shape_of(&plain(url.unwrap_or_default()))
        };
        if own(&one_at) && !own(&other_at) && first(&one) != first(&other) {
            let what = format!("{} → {}", first(&one), first(&other));
            let rule = &rule::SERVER_INHERITED;
            walk.note(rule, &one_at.pointer, &other_at.pointer, what);
        }
        let (base, mut left) = (by_url(one.as_ref()), by_url(other.as_ref()));
        let mut gone = Vec::new();
        for (url, server) in base {
            match left.remove(&url) {
                Some(other) => compare_servers(walk, server.as_ref(), other.as_ref()),
                None => gone.push((url, server)),
            }
        }
        for (url, server) in gone {
            // The names of its variables are never sent.
            let shape = operations::shape_of(&url);
            let renamed = left.keys().find(|it| operations::shape_of(it) == shape);
            if let Some(other) = renamed.cloned().and_then(|url| left.remove(&url)) {
                compare_servers(walk, server.as_ref(), other.as_ref());
                continue;
            }
            let here = server.as_ref().map_or(&one_at.pointer, |it| &it.pointer);
            // A variable that can have one value only is none.
            let values = server.as_ref().map(values_of).unwrap_or_default();
            if values.len() == 1 && left.remove(&values[0]).is_some() {
                continue;
            }
            let mut served = other.iter().flat_map(|list| list.items());
            let Some(server) = served.find(|it| values_of(it).contains(&url)) else {
                walk.note(&rule::SERVER_REMOVED, here, &other_at.pointer, url);
                continue;
            };
            left.retain(|_, it| it.as_ref().is_none_or(|it| it.pointer != server.pointer));
            if values_of(&server).len() > 1 {
                let rule = &rule::SERVER_VARIABLE_VALUE_ADDED;
                walk.note(rule, here, &server.pointer, format!("beside {url}"));
            }
        }
        for (url, server) in left {
            let there = server.as_ref().map_or(&other_at.pointer, |it| &it.pointer);
            walk.note(&rule::SERVER_ADDED, &one_at.pointer, there, url);
        }
    });
}

/// The URLs that a server with one variable stands for, if they are listed.
fn values_of(server: &Node<'_>) -> Vec<String> {
    let url = server.text("url").unwrap_or_default();
    let Some((before, (name, after))) = url
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    else {
        return Vec::new();
    };
    let variable = server.get("variables").and_then(|it| it.get(name));
    let Some(variable) = variable.filter(|_| !after.contains('{')) else {
        return Vec::new();
    };
    let listed = variable.items_of("enum");
    let values = listed.iter().filter_map(|it| it.value.as_str());
    values
        .map(|value| plain(&format!("{before}{value}{after}")))
        .collect()
}

/// By URL, without a slash at its end.
fn by_url<'v>(list: Option<&Node<'v>>) -> BTreeMap<String, Option<Node<'v>>> {
    let Some(list) = list else {
        return BTreeMap::from([(String::new(), None)]);
    };
    let servers = list.items().map(|server| {
        let url = server.text("url").unwrap_or_default();
        (plain(url), Some(server))
    });
    servers.collect()
}

/// A URL as it is sent: hosts are written in any case, and ports may be left out.
fn plain(url: &str) -> String {
    let parsed = Url::parse(url).ok().filter(|_| !url.contains('{'));
    let url = parsed.map_or_else(|| url.to_owned(), |url| url.to_string());
    url.trim_end_matches('/').to_owned()
}

fn compare_servers<'v>(walk: &mut Walk<'v>, base: Option<&Node<'v>>, revision: Option<&Node<'v>>) {
    // The document's own address, wherever that is.
    let (Some(base), Some(revision)) = (base, revision) else {
        return;
    };
    SERVER.compare_node(walk, base, revision);
    // A variable that is not in the URL counts for nothing.
    for (name, other) in names(base).zip(names(revision)) {
        let variable = |server: &Node<'v>, name| server.get("variables")?.get(name);
        match (variable(base, name), variable(revision, other)) {
            (Some(one), Some(other)) => compare_variables(walk, name, &one, &other),
            (None, None) => {}
            _ => {
                let what = format!("the variable {name} is not declared");
                walk.note(
                    &rule::NOT_UNDERSTOOD,
                    &base.pointer,
                    &revision.pointer,
                    what,
                );
            }
        }
    }
}

/// The names of the variables in a server's URL.
fn names<'v>(server: &Node<'v>) -> impl Iterator<Item = &'v str> {
    let parts = server.text("url").unwrap_or_default().split('{').skip(1);
    parts.filter_map(|part| part.split('}').next())
}

fn compare_variables(walk: &mut Walk<'_>, name: &str, base: &Node<'_>, revision: &Node<'_>) {
    VARIABLE.compare_node(walk, base, revision);
    let places = (&base.pointer, &revision.pointer);
    let default = |node: &Node<'_>| node.text("default").unwrap_or_default().to_owned();
    let (was, is) = (default(base), default(revision));
    if was != is {
        let what = format!("{name}: {was} → {is}");
        walk.note(
            &rule::SERVER_VARIABLE_DEFAULT_CHANGED,
            places.0,
            places.1,
            what,
        );
    }
    let values = |node: &Node<'_>| {
        let list = node.get("enum")?;
        let values = list.items().map(|it| super::node::canonical(it.value));
        Some(values.collect::<std::collections::BTreeSet<_>>())
    };
    let (was, is) = (values(base), values(revision));
    let note = |walk: &mut Walk<'_>, rule, value: &str| {
        walk.note(rule, places.0, places.1, format!("{name}: {value}"));
    };
    match (was, is) {
        (None, None) => {}
        (None, Some(_)) => note(walk, &rule::SERVER_VARIABLE_VALUE_REMOVED, "any → a list"),
        (Some(_), None) => note(walk, &rule::SERVER_VARIABLE_VALUE_ADDED, "a list → any"),
        (Some(was), Some(is)) => {
            for gone in was.difference(&is) {
                note(walk, &rule::SERVER_VARIABLE_VALUE_REMOVED, gone);
            }
            for new in is.difference(&was) {
                note(walk, &rule::SERVER_VARIABLE_VALUE_ADDED, new);
            }
        }
    }
}
