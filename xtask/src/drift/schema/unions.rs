//! `oneOf` and `anyOf`.

use std::cmp::Reverse;

use super::super::node::{Node, canonical};
use super::super::rule::{self, Direction};
use super::super::walk::Side;
use super::kinship::{CLOSE, kinship};
use super::{Pair, Schema, discriminator, types};
use crate::pointer;

/// More pairs of alternatives than this are not compared each with each.
const MOST_COMPARED: usize = 200;

/// Several alternatives.
#[derive(Clone)]
struct Union<'v> {
    key: &'static str,
    at: String,
    alternatives: Vec<Schema<'v>>,
    /// The names of those that are references.
    names: Vec<Option<String>>,
    /// How they are written down.
    texts: Vec<String>,
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
                texts: nodes.clone().map(|it| canonical(it.value)).collect(),
                alternatives: nodes
                    .map(|node| Schema::new(side, node.pointer.clone(), [node.clone()]))
                    .collect(),
            }
        });
        unions.collect()
    }

    /// A schema as the only alternative to itself.
    fn alone(schema: &Schema<'v>, like: &Self) -> Self {
        let named = schema.parts.first().and_then(|part| {
            let name = part.pointer.strip_prefix("/components/schemas/")?;
            Some(name.to_owned())
        });
        Self {
            key: like.key,
            at: schema.at.clone(),
            alternatives: vec![schema.clone()],
            names: vec![named],
            texts: vec![String::new()],
        }
    }

    fn whatever_is_null(self) -> Self {
        let alternatives = self.alternatives.into_iter();
        Self {
            alternatives: alternatives.map(Schema::whatever_is_null).collect(),
            ..self
        }
    }

    /// How many alternatives two have in common, at first sight.
    fn likeness(&self, other: &Self) -> usize {
        let named = |name: &Option<String>| name.is_some() && other.names.contains(name);
        let each = self.names.iter().zip(&self.texts);
        each.filter(|(name, text)| named(name) || other.texts.contains(text))
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
    // Null belongs to all of them together.
    let can_be_null = |whole: &Schema<'_>, union: &Union<'_>| {
        types::can_be_null(whole) || union.alternatives.iter().any(types::can_be_null)
    };
    let was = can_be_null(pair.base, &base);
    let is = can_be_null(pair.revision, &revision);
    let (base, revision) = (base.whatever_is_null(), revision.whatever_is_null());
    let is_one = !matches(pair, &base, &revision).0.is_empty();
    if is_one {
        types::compare_nulls(pair, (was, is));
        compare_unions(pair, &base, &revision);
    }
    is_one
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
    let places = (base.at.clone(), revision.at.clone());
    match (base.key, revision.key) {
        ("anyOf", "oneOf") => pair.note_at(&rule::ALTERNATIVES_EXCLUDE, places.clone(), ""),
        ("oneOf", "anyOf") => pair.note_at(&rule::ALTERNATIVES_OVERLAP, places.clone(), ""),
        _ => {}
    }
    let (matched, gone, new) = matches(pair, base, revision);
    for (one, other) in matched {
        let schemas = (&base.alternatives[one], &revision.alternatives[other]);
        pair.walk
            .schemas(schemas.0.clone(), schemas.1.clone(), pair.direction);
    }
    for index in gone {
        let at = base.alternatives[index].at.clone();
        let places = (at, revision.at.clone());
        pair.note_at(&rule::ALTERNATIVE_REMOVED, places, base.shown(index));
    }
    for index in new {
        let at = revision.alternatives[index].at.clone();
        let places = (base.at.clone(), at);
        pair.note_at(&rule::ALTERNATIVE_ADDED, places, revision.shown(index));
    }
}

type Matches = (Vec<(usize, usize)>, Vec<usize>, Vec<usize>);

/// Which alternative is which: those of one name, then those that say the same,
/// then those that take in what the other had, then those that are the most alike,
/// then, where as many are left on both sides, in their order.
fn matches<'v>(pair: &mut Pair<'_, 'v>, base: &Union<'v>, revision: &Union<'v>) -> Matches {
    let mut matched = Vec::new();
    let mut gone: Vec<_> = (0..base.alternatives.len()).collect();
    let mut new: Vec<_> = (0..revision.alternatives.len()).collect();
    let mut take = |gone: &mut Vec<usize>,
                    new: &mut Vec<usize>,
                    same: &mut dyn FnMut(usize, usize) -> bool| {
        gone.retain(|one| {
            let found = new.iter().position(|other| same(*one, *other));
            if let Some(found) = found {
                matched.push((*one, new.remove(found)));
            }
            found.is_none()
        });
    };
    take(&mut gone, &mut new, &mut |one, other| {
        base.names[one].is_some() && base.names[one] == revision.names[other]
    });
    take(&mut gone, &mut new, &mut |one, other| {
        base.texts[one] == revision.texts[other]
    });
    let schemas =
        |one: usize, other: usize| (&base.alternatives[one], &revision.alternatives[other]);
    let (walk, direction) = (&mut *pair.walk, pair.direction);
    let few = gone.len() * new.len() <= MOST_COMPARED;
    if few {
        take(&mut gone, &mut new, &mut |one, other| {
            let (one, other) = schemas(one, other);
            walk.are_same(one, other)
        });
    }
    let several = base.alternatives.len() > 1 && revision.alternatives.len() > 1;
    if few {
        take(&mut gone, &mut new, &mut |one, other| {
            let (one, other) = schemas(one, other);
            walk.goes_on(one, other, direction)
        });
    }
    // Neither gone nor new: changed.
    let mut kin: Vec<_> = gone
        .iter()
        .flat_map(|one| new.iter().map(move |other| (*one, *other)))
        .take(MOST_COMPARED)
        .map(|(one, other)| {
            let (base, revision) = schemas(one, other);
            (kinship(base, revision), one, other)
        })
        .filter(|(kinship, _, _)| *kinship >= CLOSE)
        .collect();
    kin.sort_by_key(|(kinship, one, other)| (Reverse(*kinship), *one, *other));
    for (_, one, other) in kin {
        if gone.contains(&one) && new.contains(&other) {
            gone.retain(|it| *it != one);
            new.retain(|it| *it != other);
            matched.push((one, other));
        }
    }
    if several && gone.len() == new.len() {
        matched.extend(gone.drain(..).zip(new.drain(..)));
    }
    let few = gone.len() * revision.alternatives.len() + new.len() * base.alternatives.len()
        <= MOST_COMPARED;
    // What another alternative has room for is not gone, or not new.
    if few {
        match direction {
            Direction::Request => gone.retain(|one| {
                let mut others = 0..revision.alternatives.len();
                let heir = others.find(|other| {
                    let (one, other) = schemas(*one, *other);
                    walk.goes_on(one, other, direction)
                });
                matched.extend(heir.map(|other| (*one, other)));
                heir.is_none()
            }),
            Direction::Response => new.retain(|other| {
                let mut ones = 0..base.alternatives.len();
                let home = ones.find(|one| {
                    let (one, other) = schemas(*one, *other);
                    walk.goes_on(one, other, direction)
                });
                matched.extend(home.map(|one| (one, *other)));
                home.is_none()
            }),
        }
    }
    (matched, gone, new)
}
