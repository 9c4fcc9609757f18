//! Gives every schema that becomes a type a name, under `components.schemas`.
//!
//! typify invents names for inline schemas, and of two that come out alike it silently keeps the
//! first: wrong types, no error. So nothing is left for it to invent. A name is chosen with
//! `x-type-name` (by an overlay), or derived from where the schema stands; two different schemas
//! under one name are refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::constants::is_json;
use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::names::type_name;
use crate::operations::METHODS;
use crate::pointer::{at, join};
use crate::registry::{Registry, Types};
use crate::schema::{self, SCHEMAS, Union};
use crate::unions;

/// Moves the schemas of `root`, which begins as the document's value, and returns what is known of
/// the types that they become.
pub(crate) fn hoist(document: &Corrected, root: &mut Value, findings: &mut Vec<Finding>) -> Types {
    let mut hoist = Hoist {
        document,
        registry: Registry::new(document),
        nullable: BTreeSet::new(),
        findings,
    };
    hoist.components(root);
    hoist.paths(root);
    let (schemas, types) = hoist.registry.finish();
    let components = root
        .as_object_mut()
        .map(|root| root.entry("components").or_insert_with(|| json!({})));
    if let Some(Value::Object(components)) = components {
        components.insert("schemas".into(), Value::Object(schemas));
    }
    types
}

struct Hoist<'d, 'f> {
    document: &'d Corrected,
    registry: Registry<'d>,
    /// Declared schemas that allow null. The type itself does not; every use of it does.
    nullable: BTreeSet<String>,
    findings: &'f mut Vec<Finding>,
}

impl Hoist<'_, '_> {
    fn components(&mut self, root: &mut Value) {
        let schemas = take(root, SCHEMAS);
        for (name, schema) in &schemas {
            let here = join(SCHEMAS, name);
            let rust_name = self.registry.chosen_name(schema, &here, self.findings);
            self.registry
                .rename(name, rust_name.unwrap_or_else(|| type_name(name)));
            if schema::allows_null(schema) {
                self.nullable.insert(name.clone());
            }
        }
        for (name, mut schema) in schemas {
            let here = join(SCHEMAS, &name);
            let rust_name = self.registry.renamed(&name);
            if schema.get("$ref").is_some() {
                self.place(&mut schema, &rust_name, &here);
            } else {
                self.settle(&mut schema, &here);
                schema::forbid_null(&mut schema);
                self.children(&mut schema, &rust_name, &here);
            }
            self.registry.add(&rust_name, schema, &here, self.findings);
        }
        for (kind, suffix) in [
            ("parameters", ""),
            ("requestBodies", "Request"),
            ("responses", "Response"),
        ] {
            let here = join("/components", kind);
            let mut members = take(root, &here);
            for (name, member) in &mut members {
                let there = join(&here, name);
                let mut derived = type_name(name);
                if !derived.ends_with(suffix) {
                    derived.push_str(suffix);
                }
                if kind == "parameters" {
                    self.parameter(member, &derived, &there);
                } else {
                    self.content(member, &derived, &there);
                }
            }
            if !members.is_empty()
                && let Some(components) = root.get_mut("components").and_then(Value::as_object_mut)
            {
                components.insert(kind.into(), Value::Object(members));
            }
        }
    }

    fn paths(&mut self, root: &mut Value) {
        let Some(paths) = root.get_mut("paths").and_then(Value::as_object_mut) else {
            return;
        };
        for (path, item) in paths {
            let here = join("/paths", path);
            let shared = type_name(path);
            self.parameters(item, &shared, &here);
            for method in METHODS {
                let Some(operation) = item.get_mut(method) else {
                    continue;
                };
                let there = join(&here, method);
                let id = operation
                    .get("operationId")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let id = type_name(id);
                self.parameters(operation, &id, &there);
                if let Some(body) = operation.get_mut("requestBody") {
                    self.content(body, &format!("{id}Request"), &join(&there, "requestBody"));
                }
                self.responses(operation, &id, &there);
            }
        }
    }

    fn responses(&mut self, operation: &mut Value, id: &str, here: &str) {
        let Some(responses) = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
        else {
            return;
        };
        let successes = responses
            .keys()
            .filter(|status| status.starts_with('2'))
            .count();
        for (status, response) in responses {
            let alone = status.starts_with('2') && successes == 1;
            let name = if alone {
                format!("{id}Response")
            } else {
                format!("{id}{}Response", type_name(status).trim_start_matches('X'))
            };
            let there = join(&join(here, "responses"), status);
            self.content(response, &name, &there);
        }
    }

    fn parameters(&mut self, around: &mut Value, prefix: &str, here: &str) {
        let parameters = around.get_mut("parameters").and_then(Value::as_array_mut);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let name = parameter
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let derived = format!("{prefix}{}", type_name(name));
            self.parameter(parameter, &derived, &at(&join(here, "parameters"), index));
        }
    }

    fn parameter(&mut self, parameter: &mut Value, name: &str, here: &str) {
        if let Some(schema) = parameter.get_mut("schema") {
            self.place(schema, name, &join(here, "schema"));
        }
    }

    /// The schemas of a body's or a response's media types, as far as types are made of them.
    fn content(&mut self, around: &mut Value, name: &str, here: &str) {
        let content = around.get_mut("content").and_then(Value::as_object_mut);
        for (media, value) in content.into_iter().flatten() {
            let typed = is_json(media)
                || media.ends_with("+json")
                || media.starts_with("application/x-www-form-urlencoded");
            if let Some(schema) = value.get_mut("schema").filter(|_| typed) {
                let there = join(&join(&join(here, "content"), media), "schema");
                self.place(schema, name, &there);
            }
        }
    }

    /// One place where a schema stands: what needs a name gets it, and a reference is left behind.
    fn place(&mut self, schema: &mut Value, name: &str, here: &str) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let declared = schema::declared_name(reference)
                .unwrap_or_default()
                .to_owned();
            let reference = reference_to(&self.registry.renamed(&declared));
            *schema = if self.nullable.contains(&declared) {
                json!({ "allOf": [reference], "nullable": true })
            } else {
                reference
            };
            return;
        }
        self.settle(schema, here);
        let chosen = self.registry.chosen_name(schema, here, self.findings);
        if chosen.is_none()
            && let Some(only) = schema::only_alternative(schema)
        {
            if let Some(member) = schema.pointer_mut(only) {
                self.place(member, name, &format!("{here}{only}"));
            }
            return;
        }
        let named = chosen.is_some() || schema::needs_name(schema);
        let name = chosen.unwrap_or_else(|| name.to_owned());
        let null = schema::allows_null(schema);
        if named {
            schema::forbid_null(schema);
        }
        self.children(schema, &name, here);
        if named {
            let replaced = schema.get("x-replace-with").is_some();
            let mut left = Map::new();
            for key in ["description", "default"] {
                if let Some(value) = schema.get(key).filter(|_| key != "default" || !replaced) {
                    left.insert(key.into(), value.clone());
                }
            }
            if null {
                left.insert("nullable".into(), Value::Bool(true));
            }
            self.registry
                .add(&name, std::mem::take(schema), here, self.findings);
            let reference = reference_to(&name);
            *schema = if left.is_empty() {
                reference
            } else {
                left.insert("allOf".into(), json!([reference]));
                Value::Object(left)
            };
        }
    }

    /// Turns unions that cannot be read safely into JSON values, and says so.
    fn settle(&mut self, schema: &mut Value, here: &str) {
        let union = unions::at(schema, here);
        if unions::settle(schema, &self.document.value) {
            self.findings.push(Finding::note(
                self.document.place(&union),
                "these alternatives cannot be told apart by their shape, so their values stay JSON",
            ));
        }
    }

    /// The places within a schema.
    fn children(&mut self, schema: &mut Value, name: &str, here: &str) {
        let union = schema::union(schema, &self.document.value);
        let Some(members) = schema.as_object_mut() else {
            return;
        };
        // typify prefers a title to the name it is given.
        members.remove("title");
        members.remove("discriminator");
        for (key, property) in members
            .get_mut("properties")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            let derived = format!("{name}{}", type_name(key));
            self.place(property, &derived, &join(&join(here, "properties"), key));
        }
        if let Some(items) = members.get_mut("items") {
            self.place(items, &format!("{name}Item"), &join(here, "items"));
        }
        if let Some(values) = members
            .get_mut("additionalProperties")
            .filter(|it| it.is_object())
        {
            self.place(
                values,
                &format!("{name}Value"),
                &join(here, "additionalProperties"),
            );
        }
        if let Some(excluded) = members.get_mut("not") {
            self.merged(excluded, name, &join(here, "not"));
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            let alternatives = members.get_mut(key).and_then(Value::as_array_mut);
            for (index, alternative) in alternatives.into_iter().flatten().enumerate() {
                let there = at(&join(here, key), index);
                if key == "allOf" {
                    self.merged(alternative, name, &there);
                    continue;
                }
                let variant = match alternative.get("title").and_then(Value::as_str) {
                    Some(title) => format!("{name}{}", type_name(title)),
                    None => format!("{name}Variant{index}"),
                };
                match union {
                    Union::Tagged if alternative.get("$ref").is_none() => {
                        self.tagged(alternative, &variant, &there);
                    }
                    _ => self.place(alternative, &variant, &there),
                }
            }
        }
    }

    /// A member of an `allOf`, which typify merges into the type around it.
    fn merged(&mut self, member: &mut Value, name: &str, here: &str) {
        if let Some(reference) = member.get("$ref").and_then(Value::as_str) {
            let declared = schema::declared_name(reference).unwrap_or_default();
            *member = reference_to(&self.registry.renamed(declared));
        } else {
            self.children(member, name, here);
        }
    }

    /// A member of a union that typify recognises by its shape, and only while it stands inline.
    fn tagged(&mut self, member: &mut Value, name: &str, here: &str) {
        let properties = member.get_mut("properties").and_then(Value::as_object_mut);
        for (key, property) in properties.into_iter().flatten() {
            if !schema::is_constant(property) {
                let derived = format!("{name}{}", type_name(key));
                self.place(property, &derived, &join(&join(here, "properties"), key));
            }
        }
    }
}

fn reference_to(name: &str) -> Value {
    json!({ "$ref": format!("#{}", join(SCHEMAS, name)) })
}

/// The object at `pointer`, which is left empty.
fn take(root: &mut Value, pointer: &str) -> Map<String, Value> {
    root.pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .map(std::mem::take)
        .unwrap_or_default()
}
