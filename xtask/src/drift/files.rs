//! A document and the files that it refers to.
//!
//! A node of the document itself is at `/a/b`, one of another file at
//! `path/from/the/document.yaml#/a/b`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{Document, Source};
use crate::finding::{Finding, Place};
use crate::{checks, pointer};

use super::node::{Node, canonical};

/// A document of OpenAPI 3.0, and the files that it refers to.
#[derive(Debug)]
pub struct Files {
    document: Document,
    others: BTreeMap<String, Document>,
    unread: Vec<Finding>,
}

impl Files {
    /// Reads a document, and all that its references lead to: `read` is given
    /// paths from the document's own directory. URLs are not fetched.
    ///
    /// # Errors
    ///
    /// A refusal, with its place, where the document is not of OpenAPI 3.0, or
    /// a file cannot be parsed.
    pub fn gather(source: &Source, read: &dyn Fn(&str) -> Option<Source>) -> Result<Self, Finding> {
        let document = Document::parse(source)?;
        // What people mean by `3.0` is clear enough here.
        let version = document.value.get("openapi").map(canonical);
        if !version.is_some_and(|version| ["3", "\"3.0\""].contains(&&*version)) {
            checks::version(&document.value, &|pointer| document.place(pointer))?;
        }
        let mut files = Self {
            document,
            others: BTreeMap::new(),
            unread: Vec::new(),
        };
        let mut left = Vec::new();
        references(&files.document.value, "", &mut |at, reference| {
            left.push((at, reference));
        });
        let mut asked = BTreeSet::new();
        while let Some((at, reference)) = left.pop() {
            let target = files.target_of(&at, &reference);
            let name = match target.as_deref().map(split) {
                // In the document itself.
                Some(None) => continue,
                Some(Some((file, _))) => file.to_owned(),
                None => reference,
            };
            if !asked.insert(name.clone()) {
                continue;
            }
            let Some(source) = target.and_then(|_| read(&name)) else {
                files.unread.push(Finding::warning(
                    files.place(&at),
                    format!("what `{name}` holds is not known: it is compared by its name"),
                    "keep the files beside the document; URLs are not fetched",
                ));
                continue;
            };
            let other = Document::parse(&source)?;
            references(&other.value, &format!("{name}#"), &mut |at, reference| {
                left.push((at, reference));
            });
            files.others.insert(name, other);
        }
        Ok(files)
    }

    /// What is referred to and could not be read.
    pub fn unread(&self) -> &[Finding] {
        &self.unread
    }

    pub(super) fn name(&self) -> &str {
        &self.document.name
    }

    pub(super) fn root(&self) -> &Value {
        &self.document.value
    }

    /// The documents, that which refers to the others first.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        let others = self.others.values().map(|it| &it.value);
        std::iter::once(&self.document.value).chain(others)
    }

    /// The schemas with names of their own, in all files.
    pub(super) fn schemas(&self) -> Vec<Node<'_>> {
        let others = self.others.iter().map(|(name, document)| Node {
            value: &document.value,
            pointer: format!("{name}#"),
        });
        let documents = std::iter::once(Node::root(&self.document.value)).chain(others);
        let mut schemas = Vec::new();
        for document in documents {
            let components = document.get("components");
            schemas.extend(components.iter().flat_map(|it| it.members_of("schemas")));
            schemas.extend(document.members());
        }
        schemas.into_iter().map(|(_, schema)| schema).collect()
    }

    /// A node.
    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        let (document, pointer) = self.of(pointer)?;
        document.value.pointer(pointer)
    }

    /// The place of a node.
    pub(super) fn place(&self, pointer: &str) -> Place {
        match self.of(pointer) {
            Some((document, pointer)) => document.place(pointer),
            None => self.document.place(pointer),
        }
    }

    fn of<'p>(&self, pointer: &'p str) -> Option<(&Document, &'p str)> {
        match split(pointer) {
            Some((file, pointer)) => Some((self.others.get(file)?, pointer)),
            None => Some((&self.document, pointer)),
        }
    }

    /// Where a reference leads that stands at `from`; none for a URL.
    pub(super) fn target_of(&self, from: &str, reference: &str) -> Option<String> {
        let (here, _) = split(from).unwrap_or_default();
        let (path, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let fragment = pointer::percent_decode(fragment);
        if is_elsewhere(path) {
            return None;
        }
        let file = match path {
            "" => here.to_owned(),
            path => beside(here, &pointer::percent_decode(path)),
        };
        let own = self.document.name.rsplit(['/', '\\']).next();
        Some(match file.is_empty() || own == Some(&file) {
            true => fragment,
            false => format!("{file}#{fragment}"),
        })
    }
}

/// Whether a reference is a URL.
fn is_elsewhere(reference: &str) -> bool {
    reference.contains("://") || reference.starts_with('/')
}

/// The file and the pointer within it, if it is another file's.
fn split(pointer: &str) -> Option<(&str, &str)> {
    match pointer.starts_with('/') {
        true => None,
        false => pointer.split_once('#'),
    }
}

/// A path that stands in a file, from where that file's own path begins.
fn beside(file: &str, path: &str) -> String {
    let mut steps: Vec<_> = file.split('/').collect();
    steps.pop();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|it| *it != "..") => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// Finds every `$ref` and every file in a discriminator's mapping, and the pointer
/// of what it stands in.
fn references(value: &Value, root: &str, found: &mut dyn FnMut(String, String)) {
    let mut steps = Vec::new();
    search(value, &mut steps, &mut |steps, reference| {
        let at = steps.iter().fold(root.to_owned(), |at, step| match step {
            Step::Key(key) => pointer::join(&at, key),
            Step::Index(index) => pointer::at(&at, *index),
        });
        found(at, reference.to_owned());
    });
}

enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

fn search<'v>(
    value: &'v Value,
    steps: &mut Vec<Step<'v>>,
    found: &mut dyn FnMut(&[Step<'v>], &'v str),
) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(reference) if key == "$ref" => found(steps, reference),
                    Value::Object(mapping) if key == "mapping" => {
                        let targets = mapping.values().filter_map(Value::as_str);
                        // Others are names of components.
                        for target in targets.filter(|it| it.contains(['/', '#', '.'])) {
                            found(steps, target);
                        }
                    }
                    _ => {
                        steps.push(Step::Key(key));
                        search(member, steps, found);
                        steps.pop();
                    }
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                steps.push(Step::Index(index));
                search(item, steps, found);
                steps.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_from_the_file_that_names_it() {
        assert_eq!(beside("", "./a/b.yaml"), "a/b.yaml");
        assert_eq!(beside("a/b.yaml", "c.yaml"), "a/c.yaml");
        assert_eq!(beside("a/b.yaml", "../../c.yaml"), "../c.yaml");
        assert_eq!(beside("../b.yaml", "../c.yaml"), "../../c.yaml");
    }
}
