//! The walk through both documents at once: what is still to be compared, what
//! was found, and from where it was reached.
//!
//! Schemas are compared one level at a time, and what they refer to later: no
//! document is too deep. A pair that was compared is not compared again, so
//! the time grows with the documents, and recursion ends.

mod question;
mod side;

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::Value;

use super::files::Files;
use super::node::Node;
use super::rule::{self, Direction, Rule};
use super::schema::{self, Schema};
use question::{Answers, Question};
pub(super) use side::Side;

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
    answers: Answers,
    /// What this walk is to answer, if it is one to answer a question: what
    /// speaks against it ends it.
    question: Option<Question>,
    /// Whether something was met that speaks against it and is known.
    is_refuted: bool,
    /// How many more pairs are compared at the most, in this walk and in those
    /// that answer its questions: schemas that are put together of each other
    /// make more pairs than anybody can wait for.
    steps: usize,
    steps_of_questions: usize,
    /// How many questions this walk is inside of.
    depth: usize,
}

impl<'v> Walk<'v> {
    pub(super) fn new(base: &'v Files, revision: &'v Files) -> Self {
        let mut survey = Survey::default();
        for value in base.values().chain(revision.values()) {
            survey.add(value);
        }
        Self {
            speaks_xml: survey.speaks_xml,
            steps: 1_000 + 4 * survey.size,
            steps_of_questions: 5_000 + 5 * survey.size,
            ..Self::between(Side::new(base), Side::new(revision))
        }
    }

    fn between(base: Side<'v>, revision: Side<'v>) -> Self {
        Self {
            base,
            revision,
            found: Vec::new(),
            // The document as a whole.
            stops: vec![Stop::default()],
            here: 0,
            seen: HashMap::new(),
            left: VecDeque::new(),
            speaks_xml: false,
            answers: Answers::default(),
            is_refuted: false,
            question: None,
            steps: 0,
            steps_of_questions: 0,
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
        if let Some(question) = self.question
            && let Some(answer) = self.answers.get(&(base.key(), revision.key(), question))
        {
            self.is_refuted |= !answer;
            return;
        }
        self.leave(base, revision, direction);
    }

    fn leave(&mut self, base: Schema<'v>, revision: Schema<'v>, direction: Direction) {
        let pair = (base.key(), revision.key(), Some(direction));
        if let Some(stop) = self.arrive(pair) {
            self.left.push_back((base, revision, direction, stop));
        }
    }

    /// Compares all that is left.
    pub(super) fn finish(&mut self) {
        while let Some((base, revision, direction, stop)) = self.left.pop_front() {
            if self.question.is_some() && !self.is_answered() {
                return;
            }
            self.here = stop;
            let Some(steps) = self.steps.checked_sub(1) else {
                self.left.clear();
                // The same document says the same, however tangled it is.
                if !self
                    .base
                    .document
                    .values()
                    .eq(self.revision.document.values())
                {
                    let what = "and what is below";
                    self.note(&rule::NOT_COMPARED, base.at, revision.at, what);
                }
                break;
            };
            self.steps = steps;
            schema::compare(self, &base, &revision, direction);
        }
        self.here = 0;
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

    /// Whether either document has an operation.
    pub(super) fn met_operations(&self) -> bool {
        self.stops.iter().any(|stop| stop.operation.is_some())
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

/// What is known of both documents before they are walked through, from one look
/// at each value.
#[derive(Default)]
struct Survey {
    /// How many values there are.
    size: usize,
    /// Whether a media type of XML stands anywhere.
    speaks_xml: bool,
}

impl Survey {
    fn add(&mut self, value: &Value) {
        self.size += 1;
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    self.speaks_xml |= key.ends_with("/xml") || key.ends_with("+xml");
                    self.add(member);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            _ => {}
        }
    }
}
