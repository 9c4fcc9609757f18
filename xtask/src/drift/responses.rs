//! Responses, their headers and links, and callbacks.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::members::Members;
use super::node::{Node, canonical};
use super::rule::{self, Direction};
use super::walk::{Side, Walk};
use super::{content, operations, parameters};

const RESPONSE: Members = Members(&[
    ("headers", Value::is_object),
    ("content", Value::is_object),
    ("links", Value::is_object),
]);

pub(super) fn compare<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    let (was, is) = (
        followed(&mut walk.base, base, "responses"),
        followed(&mut walk.revision, revision, "responses"),
    );
    let at = |operation: &Node<'_>| {
        let responses = operation.get("responses");
        responses.map_or_else(|| operation.pointer.clone(), |it| it.pointer)
    };
    let (here, there) = (at(base), at(revision));
    for (status, response) in &was {
        match covering(&is, status) {
            Some(other) => compare_one(walk, response, other, direction.turned()),
            None => {
                // A default beside a success stands for errors.
                let default = *status == "default" && was.keys().any(|it| it.starts_with('2'));
                let named = is.keys().any(|it| falls_under(it, status));
                let rule = match () {
                    () if named => rule::RESPONSE_RANGE_NARROWED.of(direction.turned()),
                    () if default || status.starts_with(['4', '5']) => {
                        rule::ERROR_RESPONSE_REMOVED.of(direction.turned())
                    }
                    () => &rule::SUCCESS_RESPONSE_REMOVED,
                };
                walk.note(rule, &response.pointer, &there, *status);
            }
        }
    }
    for (status, other) in is.iter().filter(|(status, _)| !was.contains_key(*status)) {
        match covering(&was, status) {
            // It came under another entry before.
            Some(response) => compare_one(walk, response, other, direction.turned()),
            None => walk.note(&rule::RESPONSE_ADDED, &here, &other.pointer, *status),
        }
    }
    compare_callbacks(walk, base, revision, direction);
}

/// The members of a member, with references followed. Only among responses there
/// are extensions.
fn followed<'v>(side: &mut Side<'v>, owner: &Node<'v>, key: &str) -> BTreeMap<&'v str, Node<'v>> {
    let members = owner.members_of(key).into_iter();
    let members = members.filter(|(name, _)| key != "responses" || !name.starts_with("x-"));
    members
        .map(|(name, node)| (name, side.follow(node)))
        .collect()
}

/// Whether a status is one of those that a range or the default stands for.
fn falls_under(status: &str, range: &str) -> bool {
    match range.strip_suffix("XX") {
        Some(hundred) => status != range && status.starts_with(hundred),
        None => range == "default" && status != range,
    }
}

/// The entry that a status falls under: its own, its hundred's, or the default.
fn covering<'m, 'v>(
    responses: &'m BTreeMap<&'v str, Node<'v>>,
    status: &str,
) -> Option<&'m Node<'v>> {
    let hundred = status.get(..1).map(|digit| format!("{digit}XX"));
    let hundred = hundred.filter(|_| status.starts_with(|c: char| c.is_ascii_digit()));
    responses
        .get(status)
        .or_else(|| responses.get(hundred?.as_str()))
        .or_else(|| responses.get("default"))
}

pub(super) fn compare_one<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    walk.once(base, revision, Some(direction), |walk| {
        RESPONSE.compare_node(walk, base, revision);
        compare_headers(walk, base, revision, direction);
        content::compare(walk, base, revision, direction);
        compare_links(walk, base, revision);
    });
}

fn compare_headers<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    let of = |side: &mut Side<'v>, response: &Node<'v>| {
        let headers = followed(side, response, "headers").into_iter();
        let headers = headers.map(|(name, node)| (name.to_lowercase(), node));
        // It is the media types' matter.
        headers
            .filter(|(name, _)| name != "content-type")
            .collect::<BTreeMap<_, _>>()
    };
    let (was, is) = (of(&mut walk.base, base), of(&mut walk.revision, revision));
    for (name, header) in &was {
        match is.get(name) {
            Some(other) => walk.once(header, other, Some(direction), |walk| {
                parameters::compare_header(walk, header, other, direction);
            }),
            None => {
                let there = &revision.pointer;
                walk.note(&rule::RESPONSE_HEADER_REMOVED, &header.pointer, there, name);
            }
        }
    }
    for (name, header) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
        let rule = match header.flag("required") {
            true => rule::REQUIRED_HEADER_ADDED.of(direction),
            false => &rule::RESPONSE_HEADER_ADDED,
        };
        walk.note(rule, &base.pointer, &header.pointer, name);
    }
}

fn compare_links<'v>(walk: &mut Walk<'v>, base: &Node<'v>, revision: &Node<'v>) {
    let was = followed(&mut walk.base, base, "links");
    let is = followed(&mut walk.revision, revision, "links");
    for (name, link) in &was {
        let places = (&link.pointer, &revision.pointer);
        match is.get(name) {
            None => walk.note(&rule::LINK_REMOVED, places.0, places.1, *name),
            Some(other) if said(link) != said(other) => {
                walk.note(&rule::LINK_CHANGED, &link.pointer, &other.pointer, *name);
            }
            Some(_) => {}
        }
    }
    for (name, link) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
        walk.note(&rule::LINK_ADDED, &base.pointer, &link.pointer, *name);
    }
}

/// A link without what it says to people, and without members that say nothing.
fn said(link: &Node<'_>) -> BTreeMap<String, String> {
    let empty = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    let members = link
        .members()
        .filter(|(key, member)| *key != "description" && !empty(member.value));
    members
        .map(|(key, member)| (key.to_owned(), canonical(member.value)))
        .collect()
}

/// What the server calls, the other way round.
fn compare_callbacks<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    let was = followed(&mut walk.base, base, "callbacks");
    let is = followed(&mut walk.revision, revision, "callbacks");
    for (name, callback) in &was {
        match is.get(name) {
            None => {
                let there = &revision.pointer;
                walk.note(&rule::CALLBACK_REMOVED, &callback.pointer, there, *name);
            }
            Some(other) => walk.once(callback, other, Some(direction), |walk| {
                let (one, other) = (callback.members().collect(), other.members().collect());
                operations::compare_paths(walk, one, other, direction.turned());
            }),
        }
    }
    for (name, callback) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
        walk.note(
            &rule::CALLBACK_ADDED,
            &base.pointer,
            &callback.pointer,
            *name,
        );
    }
}
