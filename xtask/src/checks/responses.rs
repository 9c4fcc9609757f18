//! Responses: which statuses they are for.

use serde_json::Value;

use super::Report;
use crate::operations;
use crate::pointer;

pub(super) fn check(report: &mut Report<'_, '_>) {
    for (_, operation) in operations::pointers(report.document) {
        let here = pointer::join(&operation, "responses");
        let Some(responses) = report.root().pointer(&here) else {
            report.refuse(
                &operation,
                "this operation has no `responses`",
                "list at least the successful answer",
            );
            continue;
        };
        let Some(responses) = responses.as_object() else {
            report.refuse(
                &here,
                "`responses` is not an object",
                "list answers by status",
            );
            continue;
        };
        for (status, response) in responses {
            let there = pointer::join(&here, status);
            if status.starts_with("x-") {
                continue;
            }
            if !is_status(status) {
                report.refuse(
                    &there,
                    format!("`{status}` is not a status"),
                    "write a status such as '404', a range such as '4XX', or `default`",
                );
            }
            content(report, &there, response);
        }
    }
    let components = report
        .root()
        .pointer("/components/responses")
        .and_then(Value::as_object);
    for (name, response) in components.into_iter().flatten() {
        content(
            report,
            &pointer::join("/components/responses", name),
            response,
        );
    }
}

fn is_status(status: &str) -> bool {
    let bytes = status.as_bytes();
    status == "default"
        || (bytes.len() == 3
            && (b'1'..=b'5').contains(&bytes[0])
            && (&bytes[1..] == b"XX" || bytes[1..].iter().all(u8::is_ascii_digit)))
}

fn content(report: &mut Report<'_, '_>, here: &str, response: &Value) {
    if !response.is_object() {
        report.refuse(
            here,
            "this response is not an object",
            "give it a `description`",
        );
    } else if response.get("$ref").is_none()
        && !response.get("description").is_some_and(Value::is_string)
    {
        report.refuse(
            here,
            "this response has no `description`",
            "OpenAPI wants one; an overlay can add it",
        );
    }
    super::bodies::media_types(report, here, response);
}
