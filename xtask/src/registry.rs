//! The types of a document by their Rust names, each with the one schema it stands for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::names::{is_type_name, type_name};
use crate::pointer::join;
use crate::schema;

/// The types of a document, by name.
#[derive(Debug, Default)]
pub(crate) struct Types {
    /// Where the schema of each stands.
    pub(crate) places: BTreeMap<String, String>,
    /// The Rust paths of hand-written types that stand in for some of them.
    pub(crate) replaced: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Registry<'d> {
    document: &'d Corrected,
    types: BTreeMap<String, Entry>,
    renamed: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Entry {
    schema: Value,
    /// What of the schema reaches a type.
    essence: Value,
    pointer: String,
    replaced_by: Option<String>,
}

impl<'d> Registry<'d> {
    pub(crate) fn new(document: &'d Corrected) -> Self {
        Self {
            document,
            types: BTreeMap::new(),
            renamed: BTreeMap::new(),
        }
    }

    /// A declared schema's Rust name.
    pub(crate) fn rename(&mut self, declared: &str, rust_name: String) {
        self.renamed.insert(declared.to_owned(), rust_name);
    }

    /// The Rust name of a declared schema.
    pub(crate) fn renamed(&self, declared: &str) -> String {
        self.renamed
            .get(declared)
            .cloned()
            .unwrap_or_else(|| type_name(declared))
    }

    /// The name that `x-type-name` or `x-replace-with` chooses.
    pub(crate) fn chosen_name(
        &self,
        schema: &Value,
        here: &str,
        findings: &mut Vec<Finding>,
    ) -> Option<String> {
        let mut refuse = |key: &str, what: String, remedy: &str| {
            findings.push(Finding::refusal(
                self.document.place(&join(here, key)),
                what,
                remedy,
            ));
        };
        let named = schema.get("x-type-name");
        let replaced = schema.get("x-replace-with");
        if named.is_some() && replaced.is_some() {
            refuse(
                "x-replace-with",
                "`x-type-name` and `x-replace-with` stand on one schema".into(),
                "choose one: a replaced schema has the name of the type that replaces it",
            );
            return None;
        }
        if let Some(named) = named {
            match named.as_str() {
                Some(name) if is_type_name(name) => return Some(name.to_owned()),
                Some(name) => refuse(
                    "x-type-name",
                    format!("`{name}` is not a type name"),
                    &format!("write `{}`", type_name(name)),
                ),
                None => refuse(
                    "x-type-name",
                    "`x-type-name` is not a string".into(),
                    "write a type name, such as `Recipient`",
                ),
            }
            return None;
        }
        let replaced = replaced?;
        let path = replaced
            .as_str()
            .filter(|path| path.starts_with("crate::") || path.starts_with("::"));
        match path.and_then(|path| syn::parse_str::<syn::Path>(path).ok()) {
            Some(path) => path
                .segments
                .last()
                .map(|segment| type_name(&segment.ident.to_string())),
            None => {
                refuse(
                    "x-replace-with",
                    format!("`x-replace-with: {replaced}` is not the path of a type"),
                    "write a full path, such as `crate::points::Amount`",
                );
                None
            }
        }
    }

    /// Adds a schema, whose own schemas were added before, under its name.
    pub(crate) fn add(
        &mut self,
        name: &str,
        mut schema: Value,
        here: &str,
        findings: &mut Vec<Finding>,
    ) {
        let replaced_by = schema
            .get("x-replace-with")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let Some(members) = schema.as_object_mut() {
            members.remove("x-type-name");
            members.remove("x-replace-with");
        }
        let essence = if replaced_by.is_some() {
            Value::Null
        } else {
            schema::essence(&schema)
        };
        let Some(first) = self.types.get(name) else {
            let entry = Entry {
                schema,
                essence,
                pointer: here.to_owned(),
                replaced_by,
            };
            self.types.insert(name.to_owned(), entry);
            return;
        };
        if first.essence == essence && first.replaced_by == replaced_by {
            return;
        }
        findings.push(Finding::refusal(
            self.document.place(here),
            format!(
                "two different schemas would both become the type `{name}`: this one and the one at {}",
                self.document.place(&first.pointer)
            ),
            "give one of them another name with `x-type-name` in an overlay",
        ));
    }

    /// The schemas to declare, and what else is known of their types.
    pub(crate) fn finish(self) -> (Map<String, Value>, Types) {
        let mut schemas = Map::new();
        let mut types = Types::default();
        for (name, entry) in self.types {
            if let Some(path) = entry.replaced_by {
                types.replaced.insert(name.clone(), path);
            }
            types.places.insert(name.clone(), entry.pointer);
            schemas.insert(name, entry.schema);
        }
        (schemas, types)
    }
}
