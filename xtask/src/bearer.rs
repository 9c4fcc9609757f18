//! Whether an operation is sent with a bearer token.

use serde_json::Value;

use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::pointer;

/// By the operation's `security`, else the document's; an empty list means none. A scheme that is
/// no bearer is noted: the generated client does not speak it.
pub(crate) fn is_sent(document: &Corrected, here: &str, findings: &mut Vec<Finding>) -> bool {
    let own = pointer::join(here, "security");
    let at = if document.value.pointer(&own).is_some() {
        own
    } else {
        "/security".to_owned()
    };
    let requirements = document.value.pointer(&at).and_then(Value::as_array);
    let mut sent = false;
    for (index, requirement) in requirements.into_iter().flatten().enumerate() {
        for scheme in requirement.as_object().into_iter().flat_map(|it| it.keys()) {
            let there = pointer::join(&pointer::at(&at, index), scheme);
            match kind(document, scheme) {
                Some(Kind::Bearer) => sent = true,
                Some(Kind::Other(kind)) => {
                    let note = Finding::note(
                        document.place(&there),
                        format!(
                            "the security scheme `{scheme}` ({kind}) is left to the caller: the generated client attaches bearer tokens only"
                        ),
                    );
                    if !findings.contains(&note) {
                        findings.push(note);
                    }
                }
                None => {
                    let refusal = Finding::refusal(
                        document.place(&there),
                        format!("there is no security scheme `{scheme}`"),
                        "declare it under /components/securitySchemes, or correct the name",
                    );
                    if !findings.contains(&refusal) {
                        findings.push(refusal);
                    }
                }
            }
        }
    }
    sent
}

enum Kind {
    Bearer,
    Other(String),
}

fn kind(document: &Corrected, scheme: &str) -> Option<Kind> {
    let mut at = pointer::join("/components/securitySchemes", scheme);
    let mut found = document.value.pointer(&at)?;
    // A scheme may be a reference to another; no document has long chains of them.
    for _ in 0..8 {
        let Some(reference) = found.get("$ref").and_then(Value::as_str) else {
            break;
        };
        at = pointer::of_reference(reference)?;
        found = document.value.pointer(&at)?;
    }
    let text = |key| found.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(match (text("type"), text("scheme")) {
        ("http", scheme) if scheme.eq_ignore_ascii_case("bearer") => Kind::Bearer,
        ("oauth2" | "openIdConnect", _) => Kind::Bearer,
        ("http", scheme) => Kind::Other(format!("http {scheme}")),
        (kind, _) => Kind::Other(kind.to_owned()),
    })
}
