//! Media types, and the schemas of what is written in them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::encoding;
use super::members::Members;
use super::node::Node;
use super::rule::{self, Direction};
use super::schema::Schema;
use super::walk::{Side, Walk};

const MEDIA_TYPE: Members =
    Members(&[("schema", Value::is_object), ("encoding", Value::is_object)]);

/// Compares what two objects have as `content`.
pub(super) fn compare<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    let (was, is) = (media_types(base), media_types(revision));
    let places = (at(base), at(revision));
    let note =
        |walk: &mut Walk<'v>, rule: &'static rule::Both, places: (&str, &str), what: &str| {
            walk.note(rule.of(direction), places.0, places.1, what);
        };
    match (was.is_empty(), is.is_empty()) {
        (true, true) => return,
        (true, false) => return note(walk, &rule::BODY_ADDED, (&places.0, &places.1), ""),
        (false, true) => return note(walk, &rule::BODY_REMOVED, (&places.0, &places.1), ""),
        (false, false) => {}
    }
    for (name, media) in &was {
        match like(&is, name) {
            Some(other) => compare_media_types(walk, name, (media, other), direction),
            None => match covering(&is, name) {
                Some((star, other)) => {
                    let what = format!("{name} → {star}");
                    note(
                        walk,
                        &rule::MEDIA_TYPE_WIDENED,
                        (&media.pointer, &other.pointer),
                        &what,
                    );
                    compare_media_types(walk, name, (media, other), direction);
                }
                None => {
                    let rule = match is.keys().any(|it| falls_under(it, name)) {
                        true => &rule::MEDIA_TYPE_NARROWED,
                        false => &rule::MEDIA_TYPE_REMOVED,
                    };
                    note(walk, rule, (&media.pointer, &places.1), name);
                }
            },
        }
    }
    for (name, media) in is.iter().filter(|(name, _)| like(&was, name).is_none()) {
        match covering(&was, name) {
            Some((_, star)) => compare_media_types(walk, name, (star, media), direction),
            // That it stands for one of them was told.
            None if was.keys().any(|it| falls_under(it, name)) => {}
            None => note(
                walk,
                &rule::MEDIA_TYPE_ADDED,
                (&places.0, &media.pointer),
                name,
            ),
        }
    }
}

fn at(owner: &Node<'_>) -> String {
    let content = owner.get("content");
    content.map_or_else(|| owner.pointer.clone(), |it| it.pointer)
}

/// By name; names are written in any case, with or without spaces.
fn media_types<'v>(owner: &Node<'v>) -> BTreeMap<String, Node<'v>> {
    let types = owner.members_of("content").into_iter();
    let types = types.map(|(name, media)| {
        let name: String = name.chars().filter(|it| !it.is_whitespace()).collect();
        let name = name.to_lowercase();
        // It is how any of them is written.
        let parameters = name.split(';').filter(|it| !it.starts_with("charset="));
        (parameters.collect::<Vec<_>>().join(";"), media)
    });
    types.collect()
}

/// The entry of a media type, whatever its parameters where only one has any.
fn like<'m, 'v>(types: &'m BTreeMap<String, Node<'v>>, name: &str) -> Option<&'m Node<'v>> {
    let bare = types.iter().find(|(other, _)| {
        let either = |it: &str| plain(it) == it;
        plain(other) == plain(name) && (either(other) || either(name))
    });
    types.get(name).or(bare.map(|(_, media)| media))
}

/// The entry with a star that a media type falls under.
fn covering<'m, 'v>(
    types: &'m BTreeMap<String, Node<'v>>,
    name: &str,
) -> Option<(&'m String, &'m Node<'v>)> {
    types.iter().find(|(star, _)| falls_under(name, star))
}

fn falls_under(name: &str, star: &str) -> bool {
    let kind = |name: &str| name.split('/').next().map(str::to_owned);
    match star {
        "*/*" => name != star,
        _ => star.ends_with("/*") && name != star && kind(name) == kind(star),
    }
}

fn plain(name: &str) -> &str {
    name.split(';').next().unwrap_or_default()
}

fn compare_media_types<'v>(
    walk: &mut Walk<'v>,
    name: &str,
    (base, revision): (&Node<'v>, &Node<'v>),
    direction: Direction,
) {
    MEDIA_TYPE.compare_node(walk, base, revision);
    let is_form = plain(name).starts_with("multipart/") || plain(name).ends_with("-urlencoded");
    // Elsewhere it counts for nothing.
    if is_form {
        encoding::compare(walk, base, revision, direction);
    }
    let schema = |media: &Node<'v>, side: &mut Side<'v>| {
        let schema = Schema::new(side, media.pointer.clone(), media.get("schema"));
        match is_form || plain(name) == "text/plain" {
            true => schema.written_as_text(),
            false => schema,
        }
    };
    let one = schema(base, &mut walk.base);
    let other = schema(revision, &mut walk.revision);
    walk.schemas(one, other, direction);
}
