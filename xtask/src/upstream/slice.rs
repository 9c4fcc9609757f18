//! A slice: the document, cut down to one operation and what it needs, as it
//! stands on a page.

use std::ops::Range;

use serde_json::Value;

use super::found::{Found, Kind};
use super::page::{Fence, Page};
use crate::document::{Document, Source};
use crate::finding::{Finding, Place};
use crate::operations::METHODS;
use crate::{checks, pointer};

/// One operation's part of the document.
#[derive(Debug)]
pub(crate) struct Slice {
    /// The page's name for people.
    pub(crate) name: String,
    /// The page's last name; empty if it stands in for one.
    pub(crate) file: String,
    /// Where the page was read, if not from a directory.
    pub(crate) url: Option<String>,
    /// The operation's id.
    pub(crate) operation: String,
    /// The operation's pointer.
    pub(crate) pointer: String,
    /// What counts of the document.
    pub(crate) value: Value,
    /// Whether it was cut from the document at hand, because its page could not be had.
    pub(crate) stands_in: bool,
    document: Document,
    lines: Vec<String>,
    /// The page's lines before the slice.
    before: usize,
}

/// What the words after a fence say of the slice in it.
#[derive(Debug)]
pub(crate) struct Label<'p> {
    /// The document's file.
    pub(crate) document: &'p str,
    /// In lower case.
    method: String,
    path: &'p str,
}

impl<'p> Label<'p> {
    /// Reads `yaml specs/api.yaml POST /things`.
    pub(crate) fn parse(info: &'p str) -> Option<Self> {
        let mut words = info.split_whitespace();
        let (_language, document, method, path) =
            (words.next()?, words.next()?, words.next()?, words.next()?);
        let method = method.to_lowercase();
        METHODS.contains(&method.as_str()).then_some(Self {
            document,
            method,
            path,
        })
    }
}

impl Slice {
    /// Whether a block looks like a slice of any document.
    pub(crate) fn is_in(fence: &Fence<'_>) -> bool {
        Label::parse(fence.info).is_some()
            || fence
                .lines
                .iter()
                .any(|line| line.starts_with("openapi:") || line.starts_with("\"openapi\":"))
    }

    /// Reads a block; what is odd about it and can be lived with comes along.
    pub(crate) fn read(page: &Page, fence: &Fence<'_>) -> Result<(Self, Vec<Found>), Finding> {
        let at = |line: usize| Place::line(&page.source.name, line);
        let refuse = |line, what: String| Err(Finding::refusal(at(line), what, ""));
        if !fence.closed {
            let what = "the block that begins here has no end".to_owned();
            return refuse(fence.line, what);
        }
        let mut lines: Vec<String> = fence.lines.iter().map(|line| (*line).to_owned()).collect();
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let source = Source {
            name: page.source.name.clone(),
            bytes: (lines.join("\n") + "\n").into_bytes(),
        };
        let shift = |mut place: Place| {
            place.line = Some(place.line.unwrap_or(1) + fence.line);
            place
        };
        let document = Document::parse(&source).and_then(|document| {
            checks::version(&document.value, &|pointer| document.place(pointer))?;
            Ok(document)
        });
        let document = document.map_err(|mut finding| {
            finding.place = shift(finding.place);
            finding
        })?;
        let operations = operations(&document.value);
        let [(path, method)] = operations.as_slice() else {
            let what = format!("this slice holds {} operations, not one", operations.len());
            return refuse(fence.line + 1, what);
        };
        let pointer = pointer::join(&pointer::join("/paths", path), method);
        let id = document.value.pointer(&pointer);
        let id = id.and_then(|it| it.get("operationId"));
        let Some(operation) = id.and_then(Value::as_str) else {
            let line = document.line(&pointer) + fence.line;
            let what = "this operation has no operationId".to_owned();
            return refuse(line, what);
        };
        let mut found = Vec::new();
        match Label::parse(fence.info) {
            Some(label) if label.method == *method && label.path == path => {}
            _ => found.push(Kind::SliceMislabelled.at(
                at(fence.line),
                format!(
                    "the block says `{}`, and holds {} {path}",
                    fence.info,
                    method.to_uppercase()
                ),
                "read both, and ask upstream which is meant",
            )),
        }
        let slice = Self {
            name: page.source.name.clone(),
            file: page.file.clone(),
            url: page.url.clone(),
            operation: operation.to_owned(),
            pointer,
            value: document.value.clone(),
            stands_in: false,
            document,
            lines,
            before: fence.line,
        };
        Ok((slice, found))
    }

    /// Cuts an operation out of a whole document.
    pub(crate) fn stand_in(source: &Source, operation: &str) -> Option<Self> {
        let document = Document::parse(source).ok()?;
        let mut value = document.value.clone();
        let all = operations(&value).into_iter();
        let mut all = all.map(|(path, method)| {
            let pointer = pointer::join(&pointer::join("/paths", &path), &method);
            (path, method, pointer)
        });
        let (path, method, pointer) = all.find(|(_, _, pointer)| {
            let id = value.pointer(pointer).and_then(|it| it.get("operationId"));
            id.and_then(Value::as_str) == Some(operation)
        })?;
        let paths = value.get_mut("paths")?.as_object_mut()?;
        paths.retain(|key, _| *key == path);
        let item = paths.get_mut(&path)?.as_object_mut()?;
        item.retain(|key, _| *key == method || !METHODS.contains(&key.as_str()));
        Some(Self {
            name: source.name.clone(),
            file: String::new(),
            url: None,
            operation: operation.to_owned(),
            pointer,
            value,
            stands_in: true,
            document,
            lines: source.text().ok()?.lines().map(str::to_owned).collect(),
            before: 0,
        })
    }

    /// `METHOD /path`.
    pub(crate) fn address(&self) -> String {
        let mut operations = operations(&self.value).into_iter();
        let (path, method) = operations.next().unwrap_or_default();
        format!("{} {path}", method.to_uppercase())
    }

    pub(crate) fn title(&self) -> Option<&str> {
        self.value.pointer("/info/title").and_then(Value::as_str)
    }

    /// Where a node stands on the page.
    pub(crate) fn place(&self, pointer: &str) -> Place {
        let mut place = self.document.place(pointer);
        place.line = place.line.map(|line| line + self.before);
        place
    }

    /// A line of the slice, and its number on the page.
    pub(crate) fn line(&self, index: usize) -> (&str, usize) {
        let line = self.lines.get(index).map_or("", String::as_str);
        (line, index + 1 + self.before)
    }

    /// The keys of a node, in the order in which they are written.
    pub(crate) fn keys(&self, pointer: &str) -> Vec<&str> {
        self.written(&self.value, pointer)
    }

    /// The lines of a node, its key's among them.
    pub(crate) fn block(&self, pointer: &str) -> Range<usize> {
        let start = self.start(pointer);
        let Some(around) = pointer::parent(pointer) else {
            return 0..self.lines.len();
        };
        let mut after = self.written(&self.document.value, around).into_iter();
        after.find(|key| pointer::join(around, key) == pointer);
        let end = match after.next() {
            Some(next) => self.start(&pointer::join(around, next)),
            None => self.block(around).end,
        };
        start..end
    }

    /// The lines of a node before its first child: its key's.
    pub(crate) fn head(&self, pointer: &str) -> Range<usize> {
        let start = self.start(pointer);
        let first = self.written(&self.document.value, pointer).first().copied();
        let end = first.map_or(start + 1, |key| self.start(&pointer::join(pointer, key)));
        start..end
    }

    fn written<'v>(&self, value: &'v Value, pointer: &str) -> Vec<&'v str> {
        let members = value.pointer(pointer).and_then(Value::as_object);
        let mut keys: Vec<&str> = members
            .into_iter()
            .flatten()
            .map(|it| it.0.as_str())
            .collect();
        keys.sort_by_key(|key| self.start(&pointer::join(pointer, key)));
        keys
    }

    fn start(&self, pointer: &str) -> usize {
        self.document.line(pointer) - 1
    }
}

/// Path and method of each operation.
fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document.get("paths").and_then(Value::as_object);
    let mut found = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        let methods = METHODS.into_iter().filter(|it| item.get(it).is_some());
        found.extend(methods.map(|method| (path.clone(), method.to_owned())));
    }
    found
}
