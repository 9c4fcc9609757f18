//! `oneOf` and `anyOf`.

use super::super::node::Node;
use super::super::rule;
use super::super::walk::Side;
use super::matching::Matching;
use super::{Pair, Schema, discriminator, types};
use crate::pointer;

/// Several alternatives.
#[derive(Clone)]
pub(super) struct Union<'v> {
    key: &'static str,
    at: String,
    pub(super) alternatives: Vec<Schema<'v>>,
    /// The names of those that are references.
    pub(super) names: Vec<Option<String>>,
    /// What tells each from the others.
    pub(super) identities: Vec<String>,
}

impl<'v> Union<'v> {
    fn of(schema: &Schema<'v>, side: &mut Side<'v>) -> Vec<Self> {
        let unions = schema.unions.iter();
        // What is listed is a matter of values.
        let unions = unions.filter(|it| it.values.is_none());
        let unions = unions.map(|union| {
            let nodes = union.nodes.iter();
            Self {
                key: union.key,
                at: union.at.clone(),
                names: nodes.clone().map(name_of).collect(),
                identities: union.identities.clone(),
                alternatives: nodes
                    .map(|node| schema.alternative(side, node).whatever_is_null())
                    .collect(),
            }
        });
        unions.collect()
    }

    /// A schema as the only alternative to itself.
    fn alone(schema: &Schema<'v>, like: &Self) -> Self {
        let named = schema.parts.iter().find_map(|part| {
            let name = part.pointer.strip_prefix("/components/schemas/")?;
            Some((name.to_owned(), part.pointer.clone()))
        });
        let (name, identity) = named.unzip();
        Self {
            key: like.key,
            at: schema.at.clone(),
            alternatives: vec![schema.undistinguished().whatever_is_null()],
            names: vec![name],
            identities: vec![identity.unwrap_or_default()],
        }
    }

    /// How many alternatives two have in common, at first sight.
    fn likeness(&self, other: &Self) -> usize {
        let named = |name: &Option<String>| name.is_some() && other.names.contains(name);
        let each = self.names.iter().zip(&self.identities);
        each.filter(|(name, identity)| named(name) || other.identities.contains(identity))
            .count()
    }

    fn shown(&self, index: usize) -> String {
        match &self.names[index] {
            Some(name) => name.clone(),
            None => format!("alternative {}", index + 1),
        }
    }
}

pub(super) fn name_of(node: &Node<'_>) -> Option<String> {
    let last = node.text("$ref")?.rsplit(['/', '#']).next()?;
    Some(pointer::percent_decode(last))
}

/// Compares a schema with several alternatives of which it is one. Returns
/// whether that is what they are.
pub(super) fn compare_alone(pair: &mut Pair<'_, '_>) -> bool {
    let base = Union::of(pair.base, &mut pair.walk.base);
    let revision = Union::of(pair.revision, &mut pair.walk.revision);
    let (base, revision) = match (&*base, &*revision) {
        ([], [only]) if is_all(pair.revision) => (Union::alone(pair.base, only), only.clone()),
        ([only], []) if is_all(pair.base) => (only.clone(), Union::alone(pair.revision, only)),
        _ => return false,
    };
    let matching = Matching::of(pair, &base, &revision);
    let is_one = !matching.matched.is_empty();
    if is_one {
        types::compare_nulls(pair);
        note(pair, &base, &revision, matching);
        discriminator::compare(pair);
    }
    is_one
}

/// Null belongs to all alternatives together.
pub(super) fn can_be_null<'v>(schema: &Schema<'v>, side: &mut Side<'v>) -> bool {
    let alternatives = schema.unions.iter().flat_map(|it| &it.nodes);
    types::can_be_null(schema)
        || alternatives
            .map(|node| Schema::new(side, "", [node.clone()]))
            .any(|schema| types::can_be_null(&schema))
}

pub(super) fn compare(pair: &mut Pair<'_, '_>) {
    let base = Union::of(pair.base, &mut pair.walk.base);
    let mut revision = Union::of(pair.revision, &mut pair.walk.revision);
    let mut left = Vec::new();
    for union in base {
        let others = revision.iter().enumerate();
        let alike = others.map(|(index, other)| (union.likeness(other), index));
        // The first of those that are the most alike.
        let best = alike.max_by_key(|(likeness, index)| (*likeness, usize::MAX - index));
        match best {
            Some((1.., index)) => compare_unions(pair, &union, &revision.remove(index)),
            _ => left.push(union),
        }
    }
    let paired = left.len().min(revision.len());
    for (union, other) in left.drain(..paired).zip(revision.drain(..paired)) {
        compare_unions(pair, &union, &other);
    }
    for more in revision {
        let places = (pair.base.at.clone(), more.at);
        pair.note_at(&rule::ALTERNATIVES_INTRODUCED, places, more.key);
    }
    for gone in left {
        let places = (gone.at, pair.revision.at.clone());
        pair.note_at(&rule::ALTERNATIVES_LIFTED, places, gone.key);
    }
    discriminator::compare(pair);
}

/// Whether a union is all that a schema says.
fn is_all(schema: &Schema<'_>) -> bool {
    const ASIDE: [&str; 11] = [
        "allOf",
        "type",
        "example",
        "examples",
        "externalDocs",
        "oneOf",
        "anyOf",
        "discriminator",
        "description",
        "title",
        "nullable",
    ];
    let members = schema.parts.iter().filter_map(Node::object).flatten();
    members
        .into_iter()
        .all(|(key, _)| ASIDE.contains(&key.as_str()) || key.starts_with("x-"))
}

fn compare_unions<'v>(pair: &mut Pair<'_, 'v>, base: &Union<'v>, revision: &Union<'v>) {
    let matching = Matching::of(pair, base, revision);
    note(pair, base, revision, matching);
}

fn note<'v>(pair: &mut Pair<'_, 'v>, base: &Union<'v>, revision: &Union<'v>, matching: Matching) {
    let places = (base.at.clone(), revision.at.clone());
    match (base.key, revision.key) {
        ("anyOf", "oneOf") => pair.note_at(&rule::ALTERNATIVES_EXCLUDE, places.clone(), ""),
        ("oneOf", "anyOf") => pair.note_at(&rule::ALTERNATIVES_OVERLAP, places.clone(), ""),
        _ => {}
    }
    for (one, other) in matching.matched {
        let schemas = (&base.alternatives[one], &revision.alternatives[other]);
        pair.walk
            .schemas(schemas.0.clone(), schemas.1.clone(), pair.direction);
    }
    for index in matching.gone {
        let at = base.alternatives[index].at.clone();
        let places = (at, revision.at.clone());
        pair.note_at(&rule::ALTERNATIVE_REMOVED, places, base.shown(index));
    }
    for index in matching.new {
        let at = revision.alternatives[index].at.clone();
        let places = (base.at.clone(), at);
        pair.note_at(&rule::ALTERNATIVE_ADDED, places, revision.shown(index));
    }
}
