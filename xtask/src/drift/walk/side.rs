//! One of the two documents.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::super::files::Files;
use super::super::node::Node;
use super::super::schema::Choices;

/// One of the two documents, for as many walks as there are.
#[derive(Clone)]
pub(in super::super) struct Side<'v> {
    pub(in super::super) document: &'v Files,
    known: Rc<Known<'v>>,
}

/// What was found out about a document.
#[derive(Default)]
struct Known<'v> {
    reached: RefCell<BTreeSet<String>>,
    /// The schemas that build on another one by `allOf`, by its pointer.
    heirs: HashMap<String, Vec<Node<'v>>>,
    /// What lists of alternatives come to, by the schema that they are in.
    choices: RefCell<HashMap<String, Rc<Choices<'v>>>>,
}

impl<'v> Side<'v> {
    pub(super) fn new(document: &'v Files) -> Self {
        let mut side = Self {
            document,
            known: Rc::default(),
        };
        let heirs = heirs(&mut side);
        side.known = Rc::new(Known {
            heirs,
            ..Known::default()
        });
        side
    }

    /// The schemas that build on another one, or on one of those.
    pub(in super::super) fn heirs(&self, pointer: &str) -> Vec<Node<'v>> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut left = vec![pointer];
        while let Some(pointer) = left.pop() {
            for heir in self.known.heirs.get(pointer).into_iter().flatten() {
                if seen.insert(&heir.pointer) {
                    found.push(heir.clone());
                    left.push(&heir.pointer);
                }
            }
        }
        found
    }

    /// What the lists of alternatives in a schema come to.
    pub(in super::super) fn choices(&mut self, node: &Node<'v>) -> Rc<Choices<'v>> {
        if let Some(choices) = self.known.choices.borrow().get(&node.pointer) {
            return Rc::clone(choices);
        }
        let choices = Rc::new(Choices::of(self, node));
        let mut known = self.known.choices.borrow_mut();
        known.insert(node.pointer.clone(), Rc::clone(&choices));
        choices
    }

    pub(in super::super) fn root(&self) -> Node<'v> {
        Node::root(self.document.root())
    }

    /// The node at the end of a chain of references; where that leads nowhere,
    /// the last reference.
    pub(in super::super) fn follow(&mut self, node: Node<'v>) -> Node<'v> {
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
    pub(in super::super) fn chain(&mut self, node: Node<'v>) -> Vec<Node<'v>> {
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
        self.reach(&pointer);
        Some(Node { value, pointer })
    }

    /// Notes that a component counts although nothing refers to it by `$ref`.
    pub(in super::super) fn reach(&self, pointer: &str) {
        self.known.reached.borrow_mut().insert(pointer.to_owned());
    }

    pub(in super::super) fn is_reached(&self, pointer: &str) -> bool {
        self.known.reached.borrow().contains(pointer)
    }
}

fn heirs<'v>(side: &mut Side<'v>) -> HashMap<String, Vec<Node<'v>>> {
    let mut heirs: HashMap<_, Vec<_>> = HashMap::new();
    for schema in side.document.schemas() {
        let mut left = schema.items_of("allOf");
        let mut seen = BTreeSet::new();
        while let Some(part) = left.pop() {
            if !seen.insert(part.pointer.clone()) {
                continue;
            }
            // Whatever it is called on the way.
            let chain = side.chain(part);
            for base in &chain[1..] {
                let heirs = heirs.entry(base.pointer.clone()).or_default();
                heirs.push(schema.clone());
            }
            if let [only] = &*chain {
                left.extend(only.items_of("allOf"));
            }
        }
    }
    heirs
}
