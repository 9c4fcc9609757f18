//! What the property tables of a page say otherwise than its slice.
//!
//! A table may name its properties from the body on, or from an object inside. Every object of
//! which it names a property is taken to be described in full, but for properties that can have
//! one value only.

mod kinds;
mod table;

use std::collections::BTreeSet;

use serde_json::Value;

use super::page::parts;
use super::slice::Slice;
use crate::finding::Place;
use crate::pointer;
use crate::resolve::follow;
use kinds::Kinds;
use table::{Body, Row, Table, tables};

/// A property table and the schema contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contradiction {
    /// Where: the row, or the first row of the table that lacks one.
    pub(crate) place: Place,
    /// What; the ledger explains a contradiction by repeating this.
    pub(crate) text: String,
}

/// All contradictions between the text of a page and its slice.
pub(crate) fn contradictions(text: &str, slice: &Slice) -> Vec<Contradiction> {
    let tables = tables(&parts(text).prose);
    let of = |which: Body| {
        let tables: Vec<&Table> = tables.iter().filter(|table| table.body == which).collect();
        let schema = body(slice, which).unwrap_or(&Value::Null);
        Compared::new(slice, which, schema).compare(&tables)
    };
    [Body::Request, Body::Response]
        .into_iter()
        .flat_map(of)
        .collect()
}

fn say(slice: &Slice, body: Body, path: &str, what: &str) -> String {
    let (operation, body) = (&slice.operation, body.as_str());
    format!("{operation}: {body} {path}, {what}")
}

fn unknown(slice: &Slice, body: Body, row: &Row) -> Contradiction {
    Contradiction {
        place: Place::line(&slice.name, row.line),
        text: say(slice, body, &row.path.join("."), "not in the schema"),
    }
}

/// The schema of the JSON that goes one way.
fn body(slice: &Slice, body: Body) -> Option<&Value> {
    let root = &slice.value;
    let operation = root.pointer(&slice.pointer)?;
    let content = match body {
        Body::Request => follow(root, operation.get("requestBody")?)?.get("content")?,
        Body::Response => {
            let responses = operation.get("responses")?.as_object()?;
            let success = responses
                .iter()
                .find(|(status, _)| status.starts_with('2'))?;
            follow(root, success.1)?.get("content")?
        }
    };
    let media = content.as_object()?.iter();
    let mut json = media.filter(|(kind, _)| kind.contains("json"));
    follow(root, json.next()?.1.get("schema")?)
}

/// The tables of a body beside its schema.
struct Compared<'s> {
    slice: &'s Slice,
    body: Body,
    /// All objects in the body, and their paths, the outermost first.
    objects: Vec<(String, &'s Value)>,
    /// The paths of properties that the tables name.
    named: BTreeSet<String>,
    found: Vec<Contradiction>,
}

impl<'s> Compared<'s> {
    fn new(slice: &'s Slice, body: Body, schema: &'s Value) -> Self {
        let mut all = Vec::new();
        objects(&slice.value, schema, String::new(), 0, &mut all);
        Self {
            slice,
            body,
            objects: all,
            named: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    fn compare(mut self, tables: &[&Table]) -> Vec<Contradiction> {
        for table in tables {
            let begin = self.begin(table);
            for row in &table.rows {
                self.row(begin, row);
            }
        }
        if let Some(row) = tables.first().and_then(|table| table.rows.first()) {
            self.unnamed(row.line);
        }
        self.found
    }

    /// The object that a table's names begin in: the outermost that knows most of them.
    fn begin(&self, table: &Table) -> usize {
        let known = |(_, object): &(String, &Value)| {
            let rows = table.rows.iter();
            rows.filter(|row| member(&self.slice.value, object, &row.path[0]).is_some())
                .count()
        };
        let best = self.objects.iter().map(known).max();
        let mut counts = self.objects.iter().map(|object| Some(known(object)));
        counts.position(|count| count == best).unwrap_or(0)
    }

    /// What the prose names and the schema lacks, and types that differ.
    fn row(&mut self, begin: usize, row: &Row) {
        let steps: Vec<&str> = row.path.iter().map(String::as_str).collect();
        let found = match self
            .resolve(begin, &steps)
            .or_else(|| self.parameter(&steps))
        {
            Some(schema) => Some(schema),
            None => {
                self.found.push(unknown(self.slice, self.body, row));
                // It may be there without one of the objects around it.
                let mut shorter = (0..steps.len().saturating_sub(1)).map(|at| {
                    let mut steps = steps.clone();
                    steps.remove(at);
                    steps
                });
                shorter.find_map(|steps| self.resolve(begin, &steps))
            }
        };
        let Some(schema) = found else {
            return;
        };
        let prose = Kinds::of_prose(&row.kind);
        let kinds = Kinds::of_schema(&self.slice.value, schema);
        if !prose.agree_with(&kinds) {
            let what = format!("{} in prose, {kinds} in the schema", row.kind);
            self.found.push(Contradiction {
                place: Place::line(&self.slice.name, row.line),
                text: say(self.slice, self.body, &row.path.join("."), &what),
            });
        }
    }

    /// The schema of a parameter: a table of what is sent may name those as well.
    fn parameter(&self, steps: &[&str]) -> Option<&'s Value> {
        let ([name], Body::Request) = (steps, self.body) else {
            return None;
        };
        let root = &self.slice.value;
        let around = pointer::parent(&self.slice.pointer)?;
        let lists = [self.slice.pointer.as_str(), around].into_iter();
        let mut all = lists
            .filter_map(|pointer| root.pointer(pointer)?.get("parameters")?.as_array())
            .flatten()
            .filter_map(|parameter| follow(root, parameter));
        all.find(|it| it.get("name").and_then(Value::as_str) == Some(*name))?
            .get("schema")
    }

    /// The schema at the end of a path, whose steps are then known to be named.
    fn resolve(&mut self, begin: usize, steps: &[&str]) -> Option<&'s Value> {
        let root = &self.slice.value;
        let (mut path, mut schema) = self.objects.get(begin).cloned()?;
        let mut named = Vec::new();
        for step in steps {
            let (name, is_list) = match step.strip_suffix("[]") {
                Some(name) => (name, true),
                None => (*step, false),
            };
            schema = member(root, schema, name)?;
            path = join(&path, name);
            named.push(path.clone());
            if is_list {
                schema = follow(root, schema)?.get("items")?;
                path += "[]";
            }
        }
        self.named.extend(named);
        Some(schema)
    }

    /// What the schema has, beside what the prose names, and the prose lacks.
    fn unnamed(&mut self, line: usize) {
        let root = &self.slice.value;
        for (path, object) in &self.objects {
            let properties = properties(root, object);
            let is_named = |name: &str| self.named.contains(&join(path, name));
            if !properties.iter().any(|(name, _)| is_named(name)) {
                continue;
            }
            for (name, schema) in properties {
                if !is_named(name) && !is_constant(root, schema) {
                    let path = join(path, name);
                    self.found.push(Contradiction {
                        place: Place::line(&self.slice.name, line),
                        text: say(self.slice, self.body, &path, "not in the prose"),
                    });
                }
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

/// Deeper than any body, and an end for those that hold themselves.
const DEEPEST: usize = 12;

/// The objects of a schema and their paths, the outermost first.
fn objects<'s>(
    root: &'s Value,
    schema: &'s Value,
    path: String,
    depth: usize,
    found: &mut Vec<(String, &'s Value)>,
) {
    let Some(schema) = follow(root, schema).filter(|_| depth < DEEPEST) else {
        return;
    };
    if let Some(items) = schema.get("items") {
        return objects(root, items, path + "[]", depth + 1, found);
    }
    let properties = properties(root, schema);
    if properties.is_empty() {
        return;
    }
    found.push((path.clone(), schema));
    for (name, schema) in properties {
        objects(root, schema, join(&path, name), depth + 1, found);
    }
}

fn member<'s>(root: &'s Value, schema: &'s Value, name: &str) -> Option<&'s Value> {
    let name = name.strip_suffix("[]").unwrap_or(name);
    let mut all = properties(root, schema).into_iter();
    all.find(|(key, _)| *key == name).map(|(_, schema)| schema)
}

/// The properties of an object, whichever of its parts or alternatives has them.
fn properties<'s>(root: &'s Value, schema: &'s Value) -> Vec<(&'s str, &'s Value)> {
    let mut found = Vec::new();
    let mut open = vec![(schema, 0)];
    while let Some((schema, depth)) = open.pop() {
        let Some(schema) = follow(root, schema).filter(|_| depth < DEEPEST) else {
            continue;
        };
        let own = schema.get("properties").and_then(Value::as_object);
        found.extend(
            own.into_iter()
                .flatten()
                .map(|(name, it)| (name.as_str(), it)),
        );
        for several in ["allOf", "oneOf", "anyOf"] {
            let parts = schema.get(several).and_then(Value::as_array);
            open.extend(parts.into_iter().flatten().map(|part| (part, depth + 1)));
        }
    }
    found
}

fn is_constant(root: &Value, schema: &Value) -> bool {
    let values = follow(root, schema).and_then(|it| it.get("enum")?.as_array());
    values.is_some_and(|values| values.len() == 1)
}
