//! How the parts of a form are written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::members::{Members, Shape};
use super::node::Node;
use super::parameters;
use super::rule::{self, Direction};
use super::schema::Schema;
use super::walk::{Side, Walk};

const ENCODING: Members = Members(&[
    ("contentType", Value::is_string),
    ("headers", Value::is_object),
    ("style", Value::is_string),
    ("explode", Value::is_boolean),
    ("allowReserved", Value::is_boolean),
]);

/// Compares what two media types say of their parts.
pub(super) fn compare<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    let of = |media: &Node<'v>| {
        let parts = media.members_of("encoding").into_iter();
        parts.collect::<BTreeMap<_, _>>()
    };
    let (was, is) = (of(base), of(revision));
    let names: BTreeSet<_> = was.keys().chain(is.keys()).copied().collect();
    for name in names {
        let (one, other) = (was.get(name), is.get(name));
        let nodes = |node: Option<&Node<'v>>| Vec::from_iter(node.cloned());
        let at = |node: Option<&Node<'_>>, media: &Node<'_>| node.unwrap_or(media).pointer.clone();
        let places = (at(one, base), at(other, revision));
        let (ones, others) = (nodes(one), nodes(other));
        ENCODING.compare_rest(walk, &ones, &others, places.clone(), Shape::Other);
        let before = written(&mut walk.base, base, name, one);
        let after = written(&mut walk.revision, revision, name, other);
        if before != after {
            let what = format!("{name}: {before} → {after}");
            let rule = rule::ENCODING_CHANGED.of(direction);
            walk.note(rule, &places.0, &places.1, what);
        }
        compare_headers(walk, (one, other), &places, direction);
    }
}

/// How a part is written, with what counts where nothing is said.
fn written<'v>(
    side: &mut Side<'v>,
    media: &Node<'v>,
    name: &str,
    encoding: Option<&Node<'v>>,
) -> String {
    let text = |key| encoding.and_then(|it| it.text(key));
    let flag = |key| encoding?.value.get(key)?.as_bool();
    let mut types: Vec<_> = match text("contentType") {
        Some(types) => types.to_lowercase(),
        None => usual(side, media, name).unwrap_or_default().to_owned(),
    }
    .split(',')
    .map(|it| it.trim().to_owned())
    .collect();
    types.sort_unstable();
    let style = text("style").unwrap_or("form");
    let explode = flag("explode").unwrap_or(style == "form");
    let reserved = flag("allowReserved").unwrap_or_default();
    let types = types.join(", ");
    format!("{types} (style {style}, explode {explode}, allowReserved {reserved})")
}

/// The media type of a part of which none is said.
fn usual<'v>(side: &mut Side<'v>, media: &Node<'v>, name: &str) -> Option<&'static str> {
    let whole = Schema::new(side, "", media.get("schema"));
    let properties = whole.parts.iter().filter_map(|it| it.get("properties"));
    let mut left: Vec<_> = properties.filter_map(|it| it.get(name)).collect();
    // Of a list, that of its items, unless it holds itself.
    let mut seen = BTreeSet::new();
    loop {
        let part = Schema::new(side, "", left);
        if !seen.insert(part.key()) {
            return None;
        }
        let text = |key: &str| part.parts.iter().find_map(|it| it.text(key));
        match (text("type")?, text("format")) {
            ("object", _) => return Some("application/json"),
            ("string", Some("binary")) => return Some("application/octet-stream"),
            ("array", _) => left = part.parts.iter().filter_map(|it| it.get("items")).collect(),
            _ => return Some("text/plain"),
        }
    }
}

fn compare_headers<'v>(
    walk: &mut Walk<'v>,
    (base, revision): (Option<&Node<'v>>, Option<&Node<'v>>),
    places: &(String, String),
    direction: Direction,
) {
    let of = |side: &mut Side<'v>, encoding: Option<&Node<'v>>| {
        let headers = encoding.map_or_else(Vec::new, |it| it.members_of("headers"));
        let headers = headers.into_iter();
        let headers = headers.map(|(name, node)| (name.to_lowercase(), side.follow(node)));
        headers.collect::<BTreeMap<_, _>>()
    };
    let (was, is) = (of(&mut walk.base, base), of(&mut walk.revision, revision));
    let names: BTreeSet<_> = was.keys().chain(is.keys()).collect();
    for name in names {
        match (was.get(name), is.get(name)) {
            (Some(one), Some(other)) => walk.once(one, other, Some(direction), |walk| {
                parameters::compare_header(walk, one, other, direction);
            }),
            _ => {
                let rule = rule::ENCODING_CHANGED.of(direction);
                let what = format!("the header {name} of a part");
                walk.note(rule, &places.0, &places.1, what);
            }
        }
    }
}
