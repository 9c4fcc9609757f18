//! Puts the slices together again, by their own lines: what has not changed on
//! the pages stays as it is in the document, byte for byte.

use serde_json::Value;

use super::found::{Found, Kind};
use super::slice::Slice;
use crate::document::{Document, Source};
use crate::finding::Place;
use crate::operations::METHODS;
use crate::pointer;

/// The document that the slices are cut from.
#[derive(Debug)]
pub struct Assembled {
    /// The whole text.
    pub source: Source,
    /// Where each of its lines was published.
    origins: Vec<Place>,
}

impl Assembled {
    /// Where a place in the document was published.
    pub(crate) fn origin(&self, place: &Place) -> Place {
        let line = place.line.unwrap_or(1);
        let origin = self.origins.get(line - 1).or(self.origins.last());
        Place {
            pointer: place.pointer.clone(),
            ..origin.unwrap_or(place).clone()
        }
    }
}

/// How deep a member of the document is taken apart; what is below is one piece.
fn depth(key: &str) -> usize {
    match key {
        // Paths and their methods, kinds of components and their names.
        "paths" | "components" => 2,
        _ => 0,
    }
}

/// Puts slices together in their order; what they share comes from the first that has it.
///
/// With what they disagree on, or cannot be put together for.
pub(crate) fn assemble(slices: &[Slice], name: &str) -> (Option<Assembled>, Vec<Found>) {
    let mut writer = Writer {
        slices,
        lines: String::new(),
        origins: Vec::new(),
        pieces: Vec::new(),
        found: Vec::new(),
    };
    let published: Vec<&Slice> = slices.iter().filter(|slice| !slice.stands_in).collect();
    for key in merged(published.iter().map(|slice| slice.keys(""))) {
        writer.write(&pointer::join("", key), depth(key));
    }
    let Writer {
        lines,
        origins,
        pieces,
        mut found,
        ..
    } = writer;
    let assembled = Assembled {
        source: Source {
            name: name.to_owned(),
            bytes: lines.into_bytes(),
        },
        origins,
    };
    if published.is_empty() {
        return (None, found);
    }
    let misfit = match Document::parse(&assembled.source) {
        Ok(whole) => {
            let mut pieces = pieces.iter();
            let misfit = pieces.find(|(pointer, slice)| {
                whole.value.pointer(pointer) != slice.value.pointer(pointer)
            });
            misfit.map(|(pointer, slice)| slice.place(pointer))
        }
        Err(finding) => Some(assembled.origin(&finding.place)),
    };
    if let Some(place) = misfit {
        found.push(Kind::SliceRefused.at(
            place,
            "this part cannot be put together with the others line by line",
            "the slices are indented differently, in flow style, or hold anchors: put the \
             document together by hand",
        ));
        return (None, found);
    }
    (Some(assembled), found)
}

struct Writer<'s> {
    slices: &'s [Slice],
    lines: String,
    origins: Vec<Place>,
    /// What was copied as it stands, and from where.
    pieces: Vec<(String, &'s Slice)>,
    found: Vec<Found>,
}

impl<'s> Writer<'s> {
    /// Writes a node: whole, or its key and then its members.
    fn write(&mut self, pointer: &str, depth: usize) {
        let slices = self.slices;
        let having = || {
            let all = slices.iter();
            all.filter(|slice| slice.value.pointer(pointer).is_some())
        };
        // A slice that stands in for a page does not speak where a page does.
        let Some(first) = having().min_by_key(|slice| slice.stands_in) else {
            return;
        };
        let parts: Vec<&Slice> = having()
            .filter(|slice| is_mapping(slice, pointer))
            .collect();
        self.all_or_none(pointer, first);
        if depth == 0 || !parts.iter().any(|slice| std::ptr::eq(*slice, first)) {
            self.agreement(pointer, first);
            self.copy(first, first.block(pointer));
            self.pieces.push((pointer.to_owned(), first));
            return;
        }
        self.copy(first, first.head(pointer));
        for key in merged(parts.iter().map(|slice| slice.keys(pointer))) {
            self.write(&pointer::join(pointer, key), depth - 1);
        }
    }

    fn copy(&mut self, slice: &Slice, lines: std::ops::Range<usize>) {
        for index in lines {
            let (line, number) = slice.line(index);
            self.lines.push_str(line);
            self.lines.push('\n');
            self.origins.push(Place::line(&slice.name, number));
        }
    }

    /// Two slices that have a node have the same.
    fn agreement(&mut self, pointer: &str, first: &Slice) {
        let value = first.value.pointer(pointer);
        for other in self.slices.iter().filter(|slice| !slice.stands_in) {
            let (Some(one), Some(two)) = (value, other.value.pointer(pointer)) else {
                continue;
            };
            if first.stands_in || one == two {
                continue;
            }
            let at = difference(one, two, pointer.to_owned());
            let elsewhere = first.place(&at);
            self.found.push(Kind::SlicesDisagree.at(
                other.place(&at),
                format!("this slice and another disagree on what they share: see {elsewhere}"),
                "upstream is of two minds; ask which of them holds",
            ));
        }
    }

    /// What is not cut down to an operation stands in every slice, or in none.
    fn all_or_none(&mut self, pointer: &str, first: &Slice) {
        let steps: Vec<&str> = pointer.split('/').skip(1).collect();
        let around = match steps.as_slice() {
            [key] if depth(key) == 0 => "",
            ["paths", _, key] if !METHODS.contains(key) => {
                pointer::parent(pointer).unwrap_or_default()
            }
            _ => return,
        };
        for other in self.slices.iter().filter(|slice| !slice.stands_in) {
            let is_without = other.value.pointer(pointer).is_none();
            if is_without && other.value.pointer(around).is_some() && !first.stands_in {
                let elsewhere = first.place(pointer);
                let key = steps.last().copied().unwrap_or_default();
                self.found.push(Kind::SlicesDisagree.at(
                    other.place(around),
                    format!("this slice has no `{key}`, and another has: see {elsewhere}"),
                    "upstream is of two minds; ask which of them holds",
                ));
            }
        }
    }
}

fn is_mapping(slice: &Slice, pointer: &str) -> bool {
    let members = slice.value.pointer(pointer).and_then(Value::as_object);
    members.is_some_and(|members| !members.is_empty())
}

/// Lists as one: what a list has that those before it do not goes behind what precedes it there,
/// or before what follows it, or to the end.
fn merged<'k>(lists: impl Iterator<Item = Vec<&'k str>>) -> Vec<&'k str> {
    let mut all: Vec<&str> = Vec::new();
    for list in lists {
        let known = |all: &[&str], key: &str| all.iter().position(|it| *it == key);
        let follower = list.iter().find_map(|key| known(&all, key));
        let mut next = follower.unwrap_or(all.len());
        for key in list {
            match known(&all, key) {
                Some(at) => next = at + 1,
                None => {
                    all.insert(next, key);
                    next += 1;
                }
            }
        }
    }
    all
}

/// The pointer of the first node, as deep as possible, in which two values differ.
fn difference(one: &Value, two: &Value, here: String) -> String {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            let keys = one.keys().chain(two.keys());
            let mut differing = keys.filter(|key| one.get(*key) != two.get(*key));
            match differing
                .next()
                .map(|key| (key, one.get(key), two.get(key)))
            {
                Some((key, Some(one), Some(two))) => {
                    difference(one, two, pointer::join(&here, key))
                }
                Some((key, _, _)) => pointer::join(&here, key),
                None => here,
            }
        }
        (Value::Array(one), Value::Array(two)) => {
            let mut pairs = one.iter().zip(two).enumerate();
            match pairs.find(|(_, (one, two))| one != two) {
                Some((index, (one, two))) => difference(one, two, pointer::at(&here, index)),
                None => here,
            }
        }
        _ => here,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_merged_where_each_has_its_own() {
        let lists = [
            vec!["b", "d"],
            vec!["a", "b", "c"],
            vec!["f"],
            vec!["d", "e"],
        ];
        let all = merged(lists.into_iter());
        assert_eq!(all, ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn a_difference_is_where_it_is_deepest() {
        let one = json!({ "a": [1, { "b": 2, "c": 3 }] });
        let two = json!({ "a": [1, { "b": 2, "c": 4 }] });
        assert_eq!(difference(&one, &two, String::new()), "/a/1/c");
    }
}
