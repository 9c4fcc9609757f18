//! The walk through both documents at once: what is still to be compared, what
//! was found, and from where it was reached.
//!
//! Schemas are compared one level at a time, and what they refer to later: no
//! document is too deep. A pair that was compared is not compared again, so
//! the time grows with the documents, and recursion ends.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::node::Node;
use super::rule::{Direction, Rule};
use super::schema::{self, Schema};
use crate::document::Document;
use crate::pointer;

/// A chain of references longer than this is a cycle.
const LONGEST_CHAIN: usize = 64;

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
        for _ in 0..LONGEST_CHAIN {
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
    /// How many walks this one is inside of, to see whether alternatives are
    /// the same.
    depth: usize,
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
            depth: 0,
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
            self.here = stop;
            schema::compare(self, &base, &revision, direction);
        }
        self.here = 0;
    }

    /// Whether two schemas say the same, descriptions and examples aside.
    pub(super) fn are_same(&self, base: &Schema<'v>, revision: &Schema<'v>) -> bool {
        const DEEPEST: usize = 4;
        if self.depth == DEEPEST {
            return false;
        }
        let mut walk = Walk::new(self.base.document, self.revision.document);
        walk.depth = self.depth + 1;
        walk.schemas(base.clone(), revision.clone(), Direction::Request);
        walk.schemas(base.clone(), revision.clone(), Direction::Response);
        walk.finish();
        walk.found
            .iter()
            .all(|it| it.rule.level == super::rule::Level::Info)
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
