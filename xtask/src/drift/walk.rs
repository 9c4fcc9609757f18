//! The walk through both documents at once: what is still to be compared, what
//! was found, and from where it was reached.
//!
//! Schemas are compared one level at a time, and what they refer to later: no
//! document is too deep. A pair that was compared is not compared again, so
//! the time grows with the documents, and recursion ends.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::Value;

use super::node::Node;
use super::rule::{Direction, Level, Rule};
use super::schema::{self, Schema};
use crate::document::Document;
use crate::pointer;

/// One of the two documents, and what of it was reached.
pub(super) struct Side<'v> {
    pub(super) document: &'v Document,
    reached: BTreeSet<String>,
}

impl<'v> Side<'v> {
    fn new(document: &'v Document) -> Self {
        Self {
            document,
            reached: BTreeSet::new(),
        }
    }

    pub(super) fn root(&self) -> Node<'v> {
        Node::root(&self.document.value)
    }

    /// The node at the end of a chain of references; where that leads nowhere,
    /// the last reference.
    pub(super) fn follow(&mut self, node: Node<'v>) -> Node<'v> {
        let mut node = node;
        let mut seen = BTreeSet::new();
        while seen.insert(node.pointer.clone()) {
            let Some(reference) = node.text("$ref") else {
                return node;
            };
            let target = pointer::of_reference(reference);
            let found = target.and_then(|pointer| {
                let value = self.document.value.pointer(&pointer)?;
                Some(Node { value, pointer })
            });
            let Some(found) = found else {
                return node;
            };
            self.reached.insert(found.pointer.clone());
            node = found;
        }
        node
    }

    /// Notes that a component counts although nothing refers to it by `$ref`.
    pub(super) fn reach(&mut self, pointer: &str) {
        self.reached.insert(pointer.to_owned());
    }

    pub(super) fn is_reached(&self, pointer: &str) -> bool {
        self.reached.contains(pointer)
    }
}

/// A difference, before it is known which operations it reaches.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rule: &'static Rule,
    pub(super) base: String,
    pub(super) revision: String,
    pub(super) what: String,
    pub(super) at: usize,
}

/// Something that was compared, and what it was reached from.
#[derive(Debug, Default)]
pub(super) struct Stop {
    pub(super) from: Vec<usize>,
    /// The operation, if it is one.
    pub(super) operation: Option<String>,
}

type Pair = (String, String, Option<Direction>);

pub(super) struct Walk<'v> {
    pub(super) base: Side<'v>,
    pub(super) revision: Side<'v>,
    pub(super) found: Vec<Found>,
    pub(super) stops: Vec<Stop>,
    here: usize,
    seen: HashMap<Pair, usize>,
    left: VecDeque<(Schema<'v>, Schema<'v>, Direction, usize)>,
    /// Whether anything is written as XML.
    pub(super) speaks_xml: bool,
    /// What was found of pairs that might be the same.
    sames: HashMap<(String, String), bool>,
    /// Whether this walk is one to see whether a pair is the same: the first
    /// difference ends it.
    is_question: bool,
}

impl<'v> Walk<'v> {
    pub(super) fn new(base: &'v Document, revision: &'v Document) -> Self {
        Self {
            base: Side::new(base),
            revision: Side::new(revision),
            found: Vec::new(),
            // The document as a whole.
            stops: vec![Stop::default()],
            here: 0,
            seen: HashMap::new(),
            left: VecDeque::new(),
            speaks_xml: [base, revision].iter().any(|it| speaks_xml(&it.value)),
            sames: HashMap::new(),
            is_question: false,
        }
    }

    /// Notes a difference between two places.
    pub(super) fn note(
        &mut self,
        rule: &'static Rule,
        base: impl Into<String>,
        revision: impl Into<String>,
        what: impl Into<String>,
    ) {
        self.found.push(Found {
            rule,
            base: base.into(),
            revision: revision.into(),
            what: what.into(),
            at: self.here,
        });
    }

    /// Compares an operation.
    pub(super) fn operation(&mut self, name: String, compare: impl FnOnce(&mut Self)) {
        let before = self.here;
        self.here = self.stop(Some(name));
        compare(self);
        self.here = before;
    }

    /// Compares what several operations may share, once.
    pub(super) fn once(
        &mut self,
        base: &Node<'_>,
        revision: &Node<'_>,
        direction: Option<Direction>,
        compare: impl FnOnce(&mut Self),
    ) {
        let pair = (base.pointer.clone(), revision.pointer.clone(), direction);
        let before = self.here;
        if let Some(stop) = self.arrive(pair) {
            self.here = stop;
            compare(self);
            self.here = before;
        }
    }

    /// Compares two schemas, by and by.
    pub(super) fn schemas(&mut self, base: Schema<'v>, revision: Schema<'v>, direction: Direction) {
        let pair = (base.key(), revision.key(), Some(direction));
        if let Some(stop) = self.arrive(pair) {
            self.left.push_back((base, revision, direction, stop));
        }
    }

    /// Compares all that is left.
    pub(super) fn finish(&mut self) {
        while let Some((base, revision, direction, stop)) = self.left.pop_front() {
            if self.is_question && self.has_difference() {
                return;
            }
            self.here = stop;
            schema::compare(self, &base, &revision, direction);
        }
        self.here = 0;
    }

    /// Whether two schemas say the same, descriptions and examples aside. While
    /// that is being asked, the pair counts as the same.
    pub(super) fn are_same(&mut self, base: &Schema<'v>, revision: &Schema<'v>) -> bool {
        let pair = (base.key(), revision.key());
        if let Some(same) = self.sames.get(&pair) {
            return *same;
        }
        let mut walk = Walk::new(self.base.document, self.revision.document);
        walk.is_question = true;
        walk.speaks_xml = self.speaks_xml;
        walk.sames = std::mem::take(&mut self.sames);
        walk.sames.insert(pair.clone(), true);
        walk.schemas(base.clone(), revision.clone(), Direction::Request);
        walk.schemas(base.clone(), revision.clone(), Direction::Response);
        walk.finish();
        let same = !walk.has_difference();
        self.sames = walk.sames;
        if !same && !self.is_question {
            // What was the same if this was is to be asked again.
            self.sames.retain(|_, same| !*same);
        }
        self.sames.insert(pair, same);
        same
    }

    fn has_difference(&self) -> bool {
        self.found.iter().any(|it| it.rule.level != Level::Info)
    }

    /// A new stop for a pair that was not compared yet.
    fn arrive(&mut self, pair: Pair) -> Option<usize> {
        match self.seen.get(&pair) {
            Some(stop) => {
                self.stops[*stop].from.push(self.here);
                None
            }
            None => {
                let stop = self.stop(None);
                self.seen.insert(pair, stop);
                Some(stop)
            }
        }
    }

    fn stop(&mut self, operation: Option<String>) -> usize {
        self.stops.push(Stop {
            from: vec![self.here],
            operation,
        });
        self.stops.len() - 1
    }

    /// The operations from which a stop was reached.
    pub(super) fn operations(&self, stop: usize) -> BTreeSet<&str> {
        let mut seen = BTreeSet::from([stop]);
        let mut left = vec![stop];
        let mut operations = BTreeSet::new();
        while let Some(stop) = left.pop() {
            let stop = &self.stops[stop];
            operations.extend(stop.operation.as_deref());
            left.extend(stop.from.iter().filter(|from| seen.insert(**from)));
        }
        operations
    }
}

/// Whether a media type of XML stands anywhere.
fn speaks_xml(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, member)| {
            key.ends_with("/xml") || key.ends_with("+xml") || speaks_xml(member)
        }),
        Value::Array(items) => items.iter().any(speaks_xml),
        _ => false,
    }
}
