//! Schemas, in the direction in which their values go.
//!
//! A schema is taken as all that must hold of a value at once: its own
//! keywords, those of what it refers to, and those of every `allOf`. So it does
//! not matter how it is written down. Each keyword is compared for itself, and
//! each tells whether fewer values are possible or more: the first breaks what
//! is sent, the second what is received.

mod alternatives;
mod bounds;
mod discriminator;
mod keywords;
mod kinship;
mod matching;
mod object;
mod types;
mod unions;
mod values;

use std::collections::BTreeSet;
use std::rc::Rc;

use super::node::Node;
use super::rule::Direction;
use super::walk::{Side, Walk};
use alternatives::Alternatives;
pub(super) use alternatives::Choices;

/// All that must hold of a value at once.
#[derive(Debug, Clone)]
pub(super) struct Schema<'v> {
    /// Where it is used.
    pub(super) at: String,
    /// The places that say something of it, each without its `allOf`.
    pub(super) parts: Vec<Node<'v>>,
    /// Its lists of alternatives, other than those that come to none.
    unions: Vec<Rc<Alternatives<'v>>>,
    /// Whether null is one of the alternatives.
    has_null: bool,
    /// Whether its values are written as plain text, so that `5` is text too.
    as_text: bool,
    /// Whether a value is always given, so that no default counts.
    is_given: bool,
    /// Whether it was told elsewhere if null has come or gone.
    null_is_told: bool,
}

impl<'v> Schema<'v> {
    /// The schema that several nodes make together; none allows everything.
    pub(super) fn new(
        side: &mut Side<'v>,
        at: impl Into<String>,
        nodes: impl IntoIterator<Item = Node<'v>>,
    ) -> Self {
        let mut left: Vec<_> = nodes.into_iter().collect();
        left.reverse();
        let mut seen = BTreeSet::new();
        let mut parts = Vec::new();
        let mut unions = Vec::new();
        let mut has_null = false;
        while let Some(node) = left.pop() {
            let node = side.follow(node);
            if !seen.insert(node.pointer.clone()) {
                continue;
            }
            let mut all = node.items_of("allOf");
            let choices = side.choices(&node);
            has_null |= choices.has_null;
            unions.extend(choices.unions.iter().cloned());
            // One alternative is none.
            all.extend(choices.only.iter().cloned());
            left.extend(all.into_iter().rev());
            parts.push(node);
        }
        Self {
            at: at.into(),
            parts,
            unions,
            has_null,
            as_text: false,
            is_given: false,
            null_is_told: false,
        }
    }

    /// The schema of what is written as plain text: in a path, a query, a header.
    pub(super) fn written_as_text(self) -> Self {
        Self {
            as_text: true,
            ..self
        }
    }

    /// The schema of what is never left out.
    pub(super) fn always_given(self) -> Self {
        Self {
            is_given: true,
            ..self
        }
    }

    fn whatever_is_null(self) -> Self {
        Self {
            null_is_told: true,
            ..self
        }
    }

    /// An alternative of its, of which the same is known.
    fn alternative(&self, side: &mut Side<'v>, node: &Node<'v>) -> Self {
        Self {
            as_text: self.as_text,
            is_given: self.is_given,
            ..Self::new(side, node.pointer.clone(), [node.clone()])
        }
    }

    /// Without what is said of several alternatives, where it has only one.
    fn undistinguished(&self) -> Self {
        let mut schema = self.clone();
        let says = |part: &Node<'v>| !alternatives::is_list(part);
        if schema.parts.iter().any(says) {
            schema.parts.retain(says);
        }
        schema
    }

    /// The schema of its items.
    pub(super) fn items(&self, side: &mut Side<'v>) -> Self {
        Self::new(side, self.place("items"), self.all("items"))
    }

    /// What tells it from others of its document.
    pub(super) fn key(&self) -> String {
        let mut pointers: Vec<_> = self.parts.iter().map(|it| it.pointer.as_str()).collect();
        pointers.sort_unstable();
        if self.as_text {
            pointers.push("text");
        }
        if self.is_given {
            pointers.push("given");
        }
        if self.null_is_told {
            pointers.push("null");
        }
        pointers.join("\n")
    }

    /// Every value of a keyword.
    fn all<'s>(&'s self, key: &'s str) -> impl Iterator<Item = Node<'v>> + 's {
        let nodes = self.parts.iter().filter_map(move |part| part.get(key));
        // Nothing is said by a null.
        nodes.filter(move |node| key == "default" || !node.value.is_null())
    }

    /// Where a keyword stands, or else the schema.
    fn place(&self, key: &str) -> String {
        let own = self.all(key).next();
        own.map_or_else(|| self.at.clone(), |node| node.pointer)
    }

    /// Whether a keyword stands in it.
    pub(super) fn says(&self, key: &str) -> bool {
        self.all(key).next().is_some()
    }

    fn flag(&self, key: &str) -> bool {
        self.parts.iter().any(|part| part.flag(key))
    }
}

/// Compares two schemas; what they consist of is left for later.
pub(super) fn compare<'v>(
    walk: &mut Walk<'v>,
    base: &Schema<'v>,
    revision: &Schema<'v>,
    direction: Direction,
) {
    keywords::compare(walk, base, revision);
    let mut pair = Pair {
        walk,
        base,
        revision,
        direction,
    };
    if !unions::compare_alone(&mut pair) && types::compare(&mut pair) {
        values::compare(&mut pair);
        bounds::compare(&mut pair);
        object::compare(&mut pair);
        unions::compare(&mut pair);
    }
}

/// Two schemas that are compared.
struct Pair<'p, 'v> {
    walk: &'p mut Walk<'v>,
    base: &'p Schema<'v>,
    revision: &'p Schema<'v>,
    direction: Direction,
}

impl<'v> Pair<'_, 'v> {
    /// Notes a difference of a keyword.
    fn note(&mut self, rule: &'static super::rule::Both, key: &str, what: impl Into<String>) {
        let places = (self.base.place(key), self.revision.place(key));
        self.note_at(rule, places, what);
    }

    fn note_at(
        &mut self,
        rule: &'static super::rule::Both,
        (base, revision): (String, String),
        what: impl Into<String>,
    ) {
        let rule = rule.of(self.direction);
        self.walk.note(rule, base, revision, what);
    }

    /// Leaves what two lists of nodes say together for later, of a value that is
    /// always given or not.
    fn go_on(
        &mut self,
        (base_at, base): (String, Vec<Node<'v>>),
        (revision_at, revision): (String, Vec<Node<'v>>),
        is_given: bool,
    ) {
        let mut one = Schema::new(&mut self.walk.base, base_at, base);
        let mut other = Schema::new(&mut self.walk.revision, revision_at, revision);
        // An object inside of another one is written as JSON.
        if self.base.as_text && !types::is_object(&one) && !types::is_object(&other) {
            (one, other) = (one.written_as_text(), other.written_as_text());
        }
        if is_given && (one.says("default") || other.says("default")) {
            (one, other) = (one.always_given(), other.always_given());
        }
        self.walk.schemas(one, other, self.direction);
    }
}
