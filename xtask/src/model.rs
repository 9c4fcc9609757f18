//! progenitor's own model of the prepared document.

use openapiv3::{
    OpenAPI, Operation, Parameter, PathItem, ReferenceOr, RequestBody, Response, Schema,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::operations::METHODS;
use crate::pointer::{at, join};
use crate::schema::SCHEMAS;

/// The model, or a refusal at the part of the document that is not what OpenAPI has there.
pub(crate) fn read(document: &Corrected, root: Value) -> Result<OpenAPI, Finding> {
    // Told from the outside, the place of an error is lost in serde's flattened structs. The parts
    // are small, and tell it better.
    parts(document, &root)?;
    part(document, "", &root)
}

fn parts(document: &Corrected, root: &Value) -> Result<(), Finding> {
    for (name, schema) in members(root.pointer(SCHEMAS)) {
        part::<ReferenceOr<Schema>>(document, &join(SCHEMAS, name), schema)?;
    }
    for (path, item) in members(root.get("paths")).filter(|(path, _)| !path.starts_with("x-")) {
        let here = join("/paths", path);
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operation_parts(document, &join(&here, method), operation)?;
            }
        }
        part::<PathItem>(document, &here, item)?;
    }
    Ok(())
}

fn operation_parts(document: &Corrected, here: &str, operation: &Value) -> Result<(), Finding> {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        part::<ReferenceOr<Parameter>>(document, &at(&join(here, "parameters"), index), parameter)?;
    }
    if let Some(body) = operation.get("requestBody") {
        part::<ReferenceOr<RequestBody>>(document, &join(here, "requestBody"), body)?;
    }
    let responses = members(operation.get("responses"));
    for (status, response) in responses.filter(|(status, _)| !status.starts_with("x-")) {
        part::<ReferenceOr<Response>>(document, &join(&join(here, "responses"), status), response)?;
    }
    part::<Operation>(document, here, operation).map(drop)
}

fn members(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    object.and_then(Value::as_object).into_iter().flatten()
}

fn part<T: DeserializeOwned>(
    document: &Corrected,
    here: &str,
    value: &Value,
) -> Result<T, Finding> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = error
            .path()
            .iter()
            .fold(here.to_owned(), |pointer, step| match step {
                serde_path_to_error::Segment::Map { key } => join(&pointer, key),
                serde_path_to_error::Segment::Seq { index } => at(&pointer, *index),
                _ => pointer,
            });
        Finding::refusal(
            document.place(&pointer),
            format!("this is not what OpenAPI 3.0 has here: {}", error.inner()),
            "compare with https://spec.openapis.org/oas/v3.0.3.html",
        )
    })
}
