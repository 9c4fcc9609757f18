//! Request bodies: one media type that the client can send.

use serde_json::Value;

use super::Report;
use crate::constants::is_json;
use crate::pointer;
use crate::resolve;
use crate::walk::{Kind, walk};

pub(super) fn check(report: &mut Report<'_, '_>) {
    let root = report.root();
    walk(root, &mut |kind, here, node| {
        if kind == Kind::RequestBody && node.get("$ref").is_none() {
            media_types(report, here, node);
            request_body(report, here, node);
        }
    });
}

/// That `content` is an object of objects.
pub(super) fn media_types(report: &mut Report<'_, '_>, here: &str, around: &Value) {
    let there = pointer::join(here, "content");
    match around.get("content") {
        None => {}
        Some(Value::Object(content)) => {
            for (media, value) in content.iter().filter(|(_, value)| !value.is_object()) {
                let _ = value;
                report.refuse(
                    &pointer::join(&there, media),
                    "this media type is not an object",
                    "write `{}`, or give it a schema",
                );
            }
        }
        Some(_) => report.refuse(
            &there,
            "`content` is not an object",
            "list bodies by media type",
        ),
    }
}

fn request_body(report: &mut Report<'_, '_>, here: &str, body: &Value) {
    let there = pointer::join(here, "content");
    let Some(content) = body
        .get("content")
        .and_then(Value::as_object)
        .filter(|it| !it.is_empty())
    else {
        report.refuse(
            here,
            "this request body has no content",
            "say under `content` what is sent, or remove the body",
        );
        return;
    };
    if body.get("required") != Some(&Value::Bool(true)) {
        report.note(
            here,
            "this request body is optional; the generated method always sends one",
        );
    }
    if content.len() > 1 {
        let media: Vec<&str> = content.keys().map(String::as_str).collect();
        report.refuse(
            &there,
            format!(
                "this request body comes in several media types: {}",
                media.join(", ")
            ),
            "keep the one that the client should send, and remove the others with an overlay",
        );
        return;
    }
    for (media, value) in content {
        media_type(report, &pointer::join(&there, media), media, value);
    }
}

fn media_type(report: &mut Report<'_, '_>, here: &str, media: &str, value: &Value) {
    let essence = media.split(';').next().unwrap_or_default().trim();
    let form = essence == "application/x-www-form-urlencoded";
    let sent = form
        || is_json(media)
        || matches!(
            essence,
            "application/octet-stream" | "text/plain" | "text/x-markdown"
        );
    if !sent {
        report.refuse(
            here,
            format!("the generated client cannot send `{media}`"),
            "it sends application/json, application/x-www-form-urlencoded, application/octet-stream and text/plain",
        );
        return;
    }
    if value.get("encoding").is_some() {
        let there = pointer::join(here, "encoding");
        if form {
            report.refuse(
                &there,
                "the generated client does not know how to encode single properties",
                "remove `encoding` if the default will do",
            );
        } else {
            report.warn(
                &there,
                format!("`encoding` means nothing for `{media}`"),
                "remove it",
            );
        }
    }
    if form {
        form_body(report, here, value);
    }
}

/// A form holds names and plain values.
fn form_body(report: &mut Report<'_, '_>, here: &str, value: &Value) {
    let schema = value
        .get("schema")
        .and_then(|schema| resolve::follow(report.root(), schema));
    let properties = schema
        .and_then(|it| it.get("properties"))
        .and_then(Value::as_object);
    let Some(properties) = properties else {
        report.refuse(
            here,
            "this form has no schema with properties",
            "list the form's fields as properties of an object",
        );
        return;
    };
    for (name, property) in properties {
        let kind = resolve::follow(report.root(), property)
            .and_then(|it| it.get("type"))
            .and_then(Value::as_str);
        if !matches!(kind, Some("boolean" | "integer" | "number" | "string")) {
            let there = format!("{here}/schema/properties");
            report.refuse(
                &pointer::join(&there, name),
                format!("the form field `{name}` is no plain value"),
                "a form sends booleans, numbers and strings",
            );
        }
    }
}
