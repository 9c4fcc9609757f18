//! Makes one type of an operation's successes and one of its errors, as progenitor wants it.
//!
//! progenitor asserts that there is one. Where the answers differ, any single type would be a
//! wrong one for some of them, so they all stay raw: status, headers and bytes reach the caller.

use serde_json::{Map, Value, json};

use crate::constants::is_json;
use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::operations::METHODS;
use crate::pointer::join;

/// Settles the answers of every operation, whose references are resolved.
pub(crate) fn settle(document: &Corrected, root: &mut Value, findings: &mut Vec<Finding>) {
    let Some(paths) = root.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else {
                continue;
            };
            let here = join(&join(&join("/paths", path), method), "responses");
            if let Some(responses) = operation
                .get_mut("responses")
                .and_then(Value::as_object_mut)
            {
                settle_responses(document, responses, &here, findings);
            }
        }
    }
}

fn settle_responses(
    document: &Corrected,
    responses: &mut Map<String, Value>,
    here: &str,
    findings: &mut Vec<Finding>,
) {
    spell_out_default(responses);
    // What is neither a success nor an error reaches the caller whole, as an unexpected response.
    responses.retain(|status, _| status.starts_with(['2', '4', '5']) || status.starts_with("x-"));
    for (class, what) in [
        (&["2"][..], "successful answers"),
        (&["4", "5"][..], "errors"),
    ] {
        let statuses: Vec<String> = responses
            .keys()
            .filter(|status| class.iter().any(|digit| status.starts_with(digit)))
            .cloned()
            .collect();
        let bodies: Vec<Body> = statuses
            .iter()
            .filter_map(|status| responses.get(status))
            .map(|response| body_of(response, class == ["2"]))
            .collect();
        let Some(first) = bodies.first() else {
            continue;
        };
        let raw = if bodies.iter().any(|body| body != first) {
            findings.push(Finding::note(
                document.place(here),
                format!(
                    "the {what} ({}) differ in shape, so they reach the caller as bytes",
                    statuses.join(", ")
                ),
            ));
            true
        } else {
            *first == Body::Raw
        };
        for status in statuses {
            let Some(response) = responses.get_mut(&status).and_then(Value::as_object_mut) else {
                continue;
            };
            response.remove("headers");
            response.remove("links");
            match first {
                _ if raw => {
                    response.insert("content".into(), json!({ "*/*": {} }));
                }
                Body::Json(schema) => {
                    response.insert(
                        "content".into(),
                        json!({ "application/json": { "schema": schema } }),
                    );
                }
                _ => {
                    response.remove("content");
                }
            }
        }
    }
}

/// `default` stands for every status that is not listed. Read literally by progenitor it would
/// also type the successes.
fn spell_out_default(responses: &mut Map<String, Value>) {
    let Some(default) = responses.remove("default") else {
        return;
    };
    let has_success = responses.keys().any(|status| status.starts_with('2'));
    if !has_success {
        responses.insert("2XX".into(), default.clone());
    }
    for range in ["4XX", "5XX"] {
        responses.entry(range).or_insert_with(|| default.clone());
    }
}

/// What a response brings, as far as types go.
#[derive(Debug, PartialEq)]
enum Body {
    None,
    Raw,
    Json(Value),
}

fn body_of(response: &Value, success: bool) -> Body {
    let Some(content) = response
        .get("content")
        .and_then(Value::as_object)
        .filter(|it| !it.is_empty())
    else {
        return Body::None;
    };
    let schema = |media: &Value| {
        // A media type without a schema allows anything.
        let mut schema = media.get("schema").cloned().unwrap_or_else(|| json!({}));
        if let Some(members) = schema.as_object_mut() {
            members.remove("description");
        }
        schema
    };
    // The client asks for JSON, so a success comes as JSON if it can. An error comes as it likes.
    if let Some((_, media)) = content.iter().find(|(media, _)| is_json(media))
        && (success || content.len() == 1)
    {
        return Body::Json(schema(media));
    }
    let mut media = content.iter();
    match (media.next(), media.next()) {
        (Some((name, media)), None) if !success && name.ends_with("+json") => {
            Body::Json(schema(media))
        }
        _ => Body::Raw,
    }
}
