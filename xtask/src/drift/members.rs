//! The members of an object that no rule compares.

use std::collections::BTreeMap;

use serde_json::Value;

use super::node::{Node, canonical, shown};
use super::rule::{self, Rule};
use super::walk::Walk;

/// The members that rules compare, and whether such a value is one that they
/// understand.
pub(super) struct Members(pub(super) &'static [Member]);

/// A member's name, and whether a value is one that it may have.
type Member = (&'static str, fn(&Value) -> bool);

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Schema,
    Other,
}

/// What is said for people alone.
const DESCRIPTIONS: [&str; 6] = [
    "description",
    "summary",
    "title",
    "externalDocs",
    "tags",
    "bearerFormat",
];
/// What later versions of JSON Schema know, and OpenAPI 3.0 does not: whoever
/// writes it means something by it.
const LATER: [&str; 17] = [
    "$id",
    "$dynamicRef",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];
const EXAMPLES: [&str; 2] = ["example", "examples"];

impl Members {
    /// Compares what is left of one object.
    pub(super) fn compare_node(&self, walk: &mut Walk<'_>, base: &Node<'_>, revision: &Node<'_>) {
        let places = (base.pointer.clone(), revision.pointer.clone());
        let (base, revision) = (std::slice::from_ref(base), std::slice::from_ref(revision));
        self.compare_rest(walk, base, revision, places, Shape::Other);
    }

    /// Compares what is left of one object, or of several that are taken
    /// together.
    pub(super) fn compare_rest(
        &self,
        walk: &mut Walk<'_>,
        base: &[Node<'_>],
        revision: &[Node<'_>],
        (base_at, revision_at): (String, String),
        shape: Shape,
    ) {
        let (was, is) = (self.rest(base), self.rest(revision));
        let keys = was
            .keys()
            .chain(is.keys().filter(|it| !was.contains_key(*it)));
        for key in keys {
            let (before, after) = (was.get(key), is.get(key));
            // Mostly nothing has changed.
            if let (Some([before]), Some([after])) =
                (before.map(Vec::as_slice), after.map(Vec::as_slice))
                && before.value == after.value
            {
                continue;
            }
            let texts = |values: Option<&Vec<Node<'_>>>| {
                let values = values.into_iter().flatten();
                let mut texts: Vec<_> = values.map(|it| canonical(it.value)).collect();
                texts.sort_unstable();
                // The same, said in several places, is said once.
                texts.dedup();
                texts
            };
            if texts(before) == texts(after) {
                continue;
            }
            let place = |values: Option<&Vec<Node<'_>>>, at: &str| {
                let first = values.and_then(|it| it.first());
                first.map_or_else(|| at.to_owned(), |node| node.pointer.clone())
            };
            let words = |values: Option<&Vec<Node<'_>>>| match values.and_then(|it| it.first()) {
                Some(node) => shown(node.value),
                None => "nothing".into(),
            };
            let rule = self.rule(key, shape);
            let places = (place(before, &base_at), place(after, &revision_at));
            let what = match rule.level {
                // They are long, and nobody needs them here.
                rule::Level::Info => (*key).to_owned(),
                _ => format!("{key}: {} → {}", words(before), words(after)),
            };
            walk.note(rule, places.0, places.1, what);
        }
    }

    fn rest<'v>(&self, nodes: &[Node<'v>]) -> BTreeMap<&'v str, Vec<Node<'v>>> {
        let mut rest: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for node in nodes {
            if node.object().is_none() {
                rest.entry("").or_default().push(node.clone());
            }
            for (key, value) in node.object().into_iter().flatten() {
                let known = self.0.iter().find(|(known, _)| *known == key);
                // Nothing is said by a null.
                if known.is_some() && value.is_null() {
                    continue;
                }
                if !known.is_some_and(|(_, is_understood)| is_understood(value)) {
                    rest.entry(key.as_str()).or_default().extend(node.get(key));
                }
            }
        }
        rest
    }

    fn rule(&self, key: &str, shape: Shape) -> &'static Rule {
        match key {
            "$ref" => &rule::REFERENCE_UNRESOLVED,
            _ if DESCRIPTIONS.contains(&key) => &rule::DESCRIPTION_CHANGED,
            _ if EXAMPLES.contains(&key) => &rule::EXAMPLE_CHANGED,
            "x-type-name" | "x-replace-with" if shape == Shape::Schema => &rule::EXTENSION_CHANGED,
            _ if key.starts_with("x-") => &rule::OTHER_EXTENSION_CHANGED,
            "" => &rule::NOT_UNDERSTOOD,
            _ if self.0.iter().any(|(known, _)| *known == key) => &rule::NOT_UNDERSTOOD,
            _ if shape == Shape::Schema && LATER.contains(&key) => &rule::NOT_UNDERSTOOD,
            _ => &rule::UNKNOWN_MEMBER_CHANGED,
        }
    }
}
