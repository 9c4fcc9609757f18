//! The operation table: for each operation its method, its paths, its servers, whether a bearer
//! goes along, and the body's constants.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::names;
use crate::servers::{self, Server};
use crate::{bearer, constants, pointer, virtual_path};

/// The methods an OpenAPI path can have.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// The document's `operationId`.
    pub(crate) id: String,
    /// In upper case.
    pub(crate) method: String,
    /// As the document writes it.
    pub(crate) path: String,
    /// What of the path is sent; shorter than `path` where the rest is virtual.
    pub(crate) wire_path: String,
    pub(crate) bearer: bool,
    pub(crate) servers: Vec<Server>,
    /// Required properties of the request body that can have one value only.
    pub(crate) constants: Vec<(String, String)>,
    pub(crate) summary: Option<String>,
    /// The operation's place in the document.
    pub(crate) pointer: String,
}

impl Operation {
    /// The name of its variant in the table.
    pub(crate) fn variant(&self) -> String {
        names::type_name(&self.id)
    }

    /// The name of its method in the client.
    pub(crate) fn method_name(&self) -> String {
        names::method_name(&self.id)
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.wire_path != self.path
    }
}

/// Every path item's operations, in the order in which they were written.
pub(crate) fn pointers(document: &Corrected) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let paths = document.value.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            if item.get(method).is_some_and(Value::is_object) {
                let item = pointer::join("/paths", path);
                found.push((path.clone(), pointer::join(&item, method)));
            }
        }
    }
    found.sort_by_cached_key(|(_, pointer)| document.position(pointer));
    found
}

/// The table. What is wrong with the document's servers and paths goes into `findings`.
pub(crate) fn read(document: &Corrected, findings: &mut Vec<Finding>) -> Vec<Operation> {
    let mut lists = ServerLists {
        document,
        read: BTreeMap::new(),
    };
    // Read the document's own list even if every operation has another.
    lists.at("/servers", findings);
    let mut operations = Vec::new();
    for (path, here) in pointers(document) {
        let Some(operation) = document.value.pointer(&here) else {
            continue;
        };
        let item = pointer::parent(&here).unwrap_or_default();
        let own = pointer::join(&here, "servers");
        let of_path = pointer::join(item, "servers");
        let list = [own, of_path]
            .into_iter()
            .find(|list| document.value.pointer(list).is_some())
            .unwrap_or_else(|| "/servers".to_owned());
        let servers = lists.at(&list, findings);
        let wire_path =
            virtual_path::wire_path(document, &here, &path, &servers, &lists.all(), findings);
        operations.push(Operation {
            id: text(operation, "operationId").unwrap_or_default(),
            method: here.rsplit('/').next().unwrap_or_default().to_uppercase(),
            path: path.clone(),
            wire_path,
            bearer: bearer::is_sent(document, &here, findings),
            servers,
            constants: constants::of_body(document, &here),
            summary: text(operation, "summary"),
            pointer: here,
        });
    }
    without_servers(document, &operations, findings);
    operations
}

/// An operation without a server goes to the base URL, wherever that is.
fn without_servers(document: &Corrected, operations: &[Operation], findings: &mut Vec<Finding>) {
    let (with, without): (Vec<_>, Vec<_>) = operations
        .iter()
        .partition(|operation| !operation.servers.is_empty());
    if with.is_empty() && !without.is_empty() {
        findings.push(Finding::note(
            document.place(""),
            "the document names no servers, so requests go to the base URL that the client is given",
        ));
        return;
    }
    for operation in without {
        findings.push(Finding::warning(
            document.place(&operation.pointer),
            format!(
                "the operation `{}` has no servers, and goes to the base URL",
                operation.id
            ),
            "list its servers, as other operations have theirs",
        ));
    }
}

fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Each list is read once, however many operations have it, so that its faults are told once.
struct ServerLists<'d> {
    document: &'d Corrected,
    read: BTreeMap<String, Vec<Server>>,
}

impl ServerLists<'_> {
    fn at(&mut self, pointer: &str, findings: &mut Vec<Finding>) -> Vec<Server> {
        self.read
            .entry(pointer.to_owned())
            .or_insert_with(|| servers::read(self.document, pointer, findings))
            .clone()
    }

    fn all(&self) -> Vec<Server> {
        self.read.values().flatten().cloned().collect()
    }
}
