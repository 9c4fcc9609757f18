//! The walk through both documents at once: what is still to be compared, what
//! was found, and from where it was reached.
//!
//! Schemas are compared one level at a time, and what they refer to later: no
//! document is too deep. A pair that was compared is not compared again, so
//! the time grows with the documents, and recursion ends.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::files::Files;
use super::node::Node;
use super::rule::{self, Direction, Level, Rule};
use super::schema::{self, Schema};

/// One of the two documents, and what of it was reached.
pub(super) struct Side<'v> {
    pub(super) document: &'v Files,
    reached: BTreeSet<String>,
    /// The components that build on another one by `allOf`, by its pointer.
    heirs: Rc<HashMap<String, Vec<Node<'v>>>>,
}

impl<'v> Side<'v> {
    fn new(document: &'v Files) -> Self {
        Self {
            document,
            reached: BTreeSet::new(),
            heirs: Rc::new(heirs(document)),
        }
    }

    /// The same document, of which nothing was reached yet.
    fn anew(&self) -> Self {
        Self {
            document: self.document,
            reached: BTreeSet::new(),
            heirs: Rc::clone(&self.heirs),
        }
    }

    /// The components that build on another one.
    pub(super) fn heirs(&self, pointer: &str) -> Vec<Node<'v>> {
        self.heirs.get(pointer).cloned().unwrap_or_default()
    }

    pub(super) fn root(&self) -> Node<'v> {
        Node::root(self.document.root())
    }

    /// The node at the end of a chain of references; where that leads nowhere,
    /// the last reference.
    pub(super) fn follow(&mut self, node: Node<'v>) -> Node<'v> {
        let mut last = node;
        let mut seen = BTreeSet::new();
        while seen.insert(last.pointer.clone()) {
            match self.target(&last) {
                Some(target) => last = target,
                None => break,
            }
        }
        last
    }

    /// A node and all that its references lead to, itself first.
    pub(super) fn chain(&mut self, node: Node<'v>) -> Vec<Node<'v>> {
        let mut chain = vec![node];
        while let Some(target) = chain.last().and_then(|last| self.target(last)) {
            if chain.iter().any(|node| node.pointer == target.pointer) {
                break;
            }
            chain.push(target);
        }
        chain
    }

    /// What a node refers to, if that is in the document.
    fn target(&mut self, node: &Node<'v>) -> Option<Node<'v>> {
        let reference = node.text("$ref")?;
        let pointer = self.document.target_of(&node.pointer, reference)?;
        let value = self.document.get(&pointer)?;
        self.reached.insert(pointer.clone());
        Some(Node { value, pointer })
    }

    /// Notes that a component counts although nothing refers to it by `$ref`.
    pub(super) fn reach(&mut self, pointer: &str) {
        self.reached.insert(pointer.to_owned());
    }

    pub(super) fn is_reached(&self, pointer: &str) -> bool {
        self.reached.contains(pointer)
    }
}

fn heirs(document: &Files) -> HashMap<String, Vec<Node<'_>>> {
    let mut heirs: HashMap<_, Vec<_>> = HashMap::new();
    let components = Node::root(document.root()).get("components");
    for (_, schema) in components.map_or_else(Vec::new, |it| it.members_of("schemas")) {
        for part in schema.items_of("allOf") {
            let reference = part.text("$ref");
            let base = reference.and_then(|it| document.target_of(&part.pointer, it));
            if let Some(base) = base {
                heirs.entry(base).or_default().push(schema.clone());
            }
        }
    }
    heirs
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
    /// The questions that were asked, and the answers.
    answers: HashMap<(String, String, Question), bool>,
    /// What this walk is to answer, if it is one to answer a question: what
    /// speaks against it ends it.
    question: Option<Question>,
    /// How many more pairs are compared at the most, in this walk and in those
    /// that answer its questions: schemas that are put together of each other
    /// make more pairs than anybody can wait for.
    steps: usize,
    steps_of_questions: usize,
}

/// What can be asked of two schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    /// Whether they say the same.
    Same,
    /// Whether a client of the one gets on with the other.
    GoesOn(Direction),
}

impl Question {
    fn directions(self) -> &'static [Direction] {
        match self {
            Self::Same => &[Direction::Request, Direction::Response],
            Self::GoesOn(Direction::Request) => &[Direction::Request],
            Self::GoesOn(Direction::Response) => &[Direction::Response],
        }
    }
}

impl<'v> Walk<'v> {
    pub(super) fn new(base: &'v Files, revision: &'v Files) -> Self {
        let size: usize = base.values().chain(revision.values()).map(size_of).sum();
        Self {
            speaks_xml: base.values().chain(revision.values()).any(speaks_xml),
            steps: 1_000 + 4 * size,
            steps_of_questions: 10_000 + 20 * size,
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
            answers: HashMap::new(),
            question: None,
            steps: 0,
            steps_of_questions: 0,
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

    /// Whether two schemas say the same, descriptions and examples aside.
    pub(super) fn are_same(&mut self, base: &Schema<'v>, revision: &Schema<'v>) -> bool {
        self.ask(base, revision, Question::Same)
    }

    /// Whether a client goes on if one schema takes the other's place.
    pub(super) fn goes_on(
        &mut self,
        base: &Schema<'v>,
        revision: &Schema<'v>,
        direction: Direction,
    ) -> bool {
        self.ask(base, revision, Question::GoesOn(direction))
    }

    /// While something is being asked, the answer counts as yes.
    fn ask(&mut self, base: &Schema<'v>, revision: &Schema<'v>, question: Question) -> bool {
        let key = (base.key(), revision.key(), question);
        if let Some(answer) = self.answers.get(&key) {
            return *answer;
        }
        self.answers.insert(key.clone(), true);
        let mut walk = Walk {
            speaks_xml: self.speaks_xml,
            answers: std::mem::take(&mut self.answers),
            question: Some(question),
            steps: std::mem::take(self.steps_for_questions()),
            ..Walk::between(self.base.anew(), self.revision.anew())
        };
        for direction in question.directions() {
            walk.schemas(base.clone(), revision.clone(), *direction);
        }
        walk.finish();
        let answer = walk.is_answered();
        self.answers = walk.answers;
        *self.steps_for_questions() = walk.steps;
        if !answer && self.question.is_none() {
            // What rested on this one is to be asked again.
            self.answers.retain(|_, answer| !*answer);
        }
        self.answers.insert(key, answer);
        answer
    }

    /// One that answers a question has no more for others than for itself.
    fn steps_for_questions(&mut self) -> &mut usize {
        match self.question {
            None => &mut self.steps_of_questions,
            Some(_) => &mut self.steps,
        }
    }

    /// Whether nothing that was found speaks against what is asked.
    fn is_answered(&self) -> bool {
        let counts = |level| match self.question {
            Some(Question::GoesOn(_)) => level == Level::Breaking,
            Some(Question::Same) | None => level != Level::Info,
        };
        !self.found.iter().any(|it| counts(it.rule.level))
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

/// How many values a value is made of.
fn size_of(value: &Value) -> usize {
    1 + match value {
        Value::Object(members) => members.values().map(size_of).sum(),
        Value::Array(items) => items.iter().map(size_of).sum(),
        _ => 0,
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
