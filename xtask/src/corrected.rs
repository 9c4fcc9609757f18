//! The document after its overlay, in which every node still knows where it was written.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::Document;
use crate::finding::Place;
use crate::pointer;

#[derive(Debug)]
pub(crate) struct Corrected {
    pub(crate) value: Value,
    document: Document,
    overlay: String,
    /// Nodes that the overlay wrote, and the line that did.
    overlaid: BTreeMap<String, usize>,
    /// Arrays that lost an element, so that later indices no longer say where an element stands.
    shifted: Vec<String>,
}

impl Corrected {
    pub(crate) fn new(document: Document) -> Self {
        Self {
            value: document.value.clone(),
            document,
            overlay: String::new(),
            overlaid: BTreeMap::new(),
            shifted: Vec::new(),
        }
    }

    pub(crate) fn overlaid_by(&mut self, name: &str) {
        name.clone_into(&mut self.overlay);
    }

    pub(crate) fn added(&mut self, nodes: BTreeMap<String, usize>) {
        self.overlaid.extend(nodes);
    }

    pub(crate) fn removed(&mut self, pointer: &str) {
        let around = pointer::parent(pointer).unwrap_or_default();
        if self.value.pointer(around).is_some_and(Value::is_array) {
            self.shifted.push(format!("{around}/"));
        }
    }

    /// Where a node, or else its nearest ancestor, was written.
    pub(crate) fn place(&self, pointer: &str) -> Place {
        let mut near = pointer;
        while let Some(array) = self
            .shifted
            .iter()
            .find(|array| near.starts_with(array.as_str()))
        {
            near = array.trim_end_matches('/');
        }
        let mut ancestor = Some(near);
        while let Some(here) = ancestor {
            if let Some(line) = self.overlaid.get(here) {
                return Place {
                    file: self.overlay.clone(),
                    line: Some(*line),
                    pointer: Some(pointer.to_owned()),
                };
            }
            if self.document.value.pointer(here).is_some() {
                break;
            }
            ancestor = pointer::parent(here);
        }
        Place {
            pointer: Some(pointer.to_owned()),
            ..self.document.place(near)
        }
    }

    /// The order in which people wrote things: by line, then by pointer.
    pub(crate) fn position(&self, pointer: &str) -> (usize, String) {
        let line = if self.overlaid.contains_key(pointer) {
            usize::MAX
        } else {
            self.document.line(pointer)
        };
        (line, pointer.to_owned())
    }
}
