//! One of the two documents.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::super::files::Files;
use super::super::node::Node;

/// One of the two documents, and what of it was reached.
pub(in super::super) struct Side<'v> {
    pub(in super::super) document: &'v Files,
    reached: BTreeSet<String>,
    /// The components that build on another one by `allOf`, by its pointer.
    heirs: Rc<HashMap<String, Vec<Node<'v>>>>,
}

impl<'v> Side<'v> {
    pub(super) fn new(document: &'v Files) -> Self {
        Self {
            document,
            reached: BTreeSet::new(),
            heirs: Rc::new(heirs(document)),
        }
    }

    /// The same document, of which nothing was reached yet.
    pub(super) fn anew(&self) -> Self {
        Self {
            document: self.document,
            reached: BTreeSet::new(),
            heirs: Rc::clone(&self.heirs),
        }
    }

    /// The components that build on another one, or on one of those.
    pub(in super::super) fn heirs(&self, pointer: &str) -> Vec<Node<'v>> {
        let mut found: Vec<Node<'v>> = Vec::new();
        let mut left = vec![pointer.to_owned()];
        while let Some(pointer) = left.pop() {
            for heir in self.heirs.get(&pointer).into_iter().flatten() {
                if found.iter().all(|it| it.pointer != heir.pointer) {
                    found.push(heir.clone());
                    left.push(heir.pointer.clone());
                }
            }
        }
        found
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
        self.reached.insert(pointer.clone());
        Some(Node { value, pointer })
    }

    /// Notes that a component counts although nothing refers to it by `$ref`.
    pub(in super::super) fn reach(&mut self, pointer: &str) {
        self.reached.insert(pointer.to_owned());
    }

    pub(in super::super) fn is_reached(&self, pointer: &str) -> bool {
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
