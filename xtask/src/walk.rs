//! Visits the parts of a document by what they are, so that an example that looks like a schema
//! is never taken for one.

use serde_json::Value;

use crate::operations::METHODS;
use crate::pointer::{at, join};

/// What a node of the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Header,
    Schema,
}

impl Kind {
    /// Where components of this kind are declared.
    pub(crate) fn home(self) -> Option<&'static str> {
        match self {
            Self::PathItem | Self::Operation => None,
            Self::Parameter => Some("/components/parameters"),
            Self::RequestBody => Some("/components/requestBodies"),
            Self::Response => Some("/components/responses"),
            Self::Header => Some("/components/headers"),
            Self::Schema => Some("/components/schemas"),
        }
    }

    /// What to call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PathItem => "path",
            Self::Operation => "operation",
            Self::Parameter => "parameter",
            Self::RequestBody => "request body",
            Self::Response => "response",
            Self::Header => "header",
            Self::Schema => "schema",
        }
    }
}

/// Calls `visit` with every part of the document that code is generated from, its pointer, and
/// what it is.
pub(crate) fn walk<'v>(root: &'v Value, visit: &mut dyn FnMut(Kind, &str, &'v Value)) {
    let mut walk = Walk { visit };
    for (kind, member) in [
        (Kind::Schema, "schemas"),
        (Kind::Parameter, "parameters"),
        (Kind::Header, "headers"),
        (Kind::RequestBody, "requestBodies"),
        (Kind::Response, "responses"),
    ] {
        let here = join("/components", member);
        walk.members(kind, &here, root.pointer(&here));
    }
    walk.members(Kind::PathItem, "/paths", root.get("paths"));
}

struct Walk<'v, 'f> {
    visit: &'f mut dyn FnMut(Kind, &str, &'v Value),
}

impl<'v> Walk<'v, '_> {
    fn members(&mut self, kind: Kind, here: &str, members: Option<&'v Value>) {
        for (name, member) in members.and_then(Value::as_object).into_iter().flatten() {
            if !(name.starts_with("x-") && matches!(kind, Kind::PathItem | Kind::Response)) {
                self.node(kind, &join(here, name), member);
            }
        }
    }

    fn items(&mut self, kind: Kind, here: &str, items: Option<&'v Value>) {
        for (index, item) in items
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            self.node(kind, &at(here, index), item);
        }
    }

    fn node(&mut self, kind: Kind, here: &str, node: &'v Value) {
        (self.visit)(kind, here, node);
        if node.get("$ref").is_some_and(Value::is_string) {
            return;
        }
        match kind {
            Kind::PathItem => {
                self.items(
                    Kind::Parameter,
                    &join(here, "parameters"),
                    node.get("parameters"),
                );
                for method in METHODS {
                    if let Some(operation) = node.get(method) {
                        self.node(Kind::Operation, &join(here, method), operation);
                    }
                }
            }
            Kind::Operation => {
                self.items(
                    Kind::Parameter,
                    &join(here, "parameters"),
                    node.get("parameters"),
                );
                if let Some(body) = node.get("requestBody") {
                    self.node(Kind::RequestBody, &join(here, "requestBody"), body);
                }
                self.members(
                    Kind::Response,
                    &join(here, "responses"),
                    node.get("responses"),
                );
            }
            Kind::Parameter | Kind::Header => {
                if let Some(schema) = node.get("schema") {
                    self.node(Kind::Schema, &join(here, "schema"), schema);
                }
                self.content(here, node);
            }
            Kind::RequestBody => self.content(here, node),
            Kind::Response => {
                self.members(Kind::Header, &join(here, "headers"), node.get("headers"));
                self.content(here, node);
            }
            Kind::Schema => self.schema(here, node),
        }
    }

    fn content(&mut self, here: &str, node: &'v Value) {
        let here = join(here, "content");
        let content = node.get("content").and_then(Value::as_object);
        for (media, value) in content.into_iter().flatten() {
            if let Some(schema) = value.get("schema") {
                self.node(Kind::Schema, &join(&join(&here, media), "schema"), schema);
            }
        }
    }

    fn schema(&mut self, here: &str, node: &'v Value) {
        self.members(
            Kind::Schema,
            &join(here, "properties"),
            node.get("properties"),
        );
        for key in ["items", "not", "additionalProperties"] {
            if let Some(schema) = node.get(key).filter(|it| !it.is_boolean()) {
                self.node(Kind::Schema, &join(here, key), schema);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            self.items(Kind::Schema, &join(here, key), node.get(key));
        }
    }
}
