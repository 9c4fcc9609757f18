//! What is refused before anything is generated, with the place and what to do about it.
//!
//! A check stands here if progenitor or typify would panic, stay silent, or generate code that
//! does not compile or sends something else than the document says.

mod bodies;
mod extensions;
mod names;
mod parameters;
mod paths;
mod references;
mod responses;
mod schemas;

pub(crate) use parameters::is_ignored_header;

use serde_json::Value;

use crate::corrected::Corrected;
use crate::finding::{Finding, Place};

/// Only 3.0.x is read: 2.0 has no servers, 3.1 another schema language.
pub(crate) fn version(document: &Value, place: &dyn Fn(&str) -> Place) -> Result<(), Finding> {
    let refuse = |at: &str, what: String| {
        Err(Finding::refusal(
            place(at),
            what,
            "convert the document to OpenAPI 3.0.3",
        ))
    };
    if document.get("swagger").is_some() {
        return refuse("/swagger", "this is a Swagger 2 document".into());
    }
    match document.get("openapi") {
        Some(Value::String(version)) if version.starts_with("3.0.") => Ok(()),
        Some(Value::String(version)) => {
            refuse("/openapi", format!("this is an OpenAPI {version} document"))
        }
        Some(_) => refuse(
            "/openapi",
            "`openapi` is not a version string such as '3.0.3'".into(),
        ),
        None => refuse(
            "",
            "this is no OpenAPI document: it has no `openapi` version".into(),
        ),
    }
}

/// All checks of the corrected document.
pub(crate) fn run(document: &Corrected, findings: &mut Vec<Finding>) {
    let mut report = Report { document, findings };
    info(&mut report);
    paths::check(&mut report);
    references::check(&mut report);
    schemas::check(&mut report);
    parameters::check(&mut report);
    bodies::check(&mut report);
    responses::check(&mut report);
    names::check(&mut report);
    extensions::check(&mut report);
}

/// Where checks put what they find.
struct Report<'d, 'f> {
    document: &'d Corrected,
    findings: &'f mut Vec<Finding>,
}

impl<'d> Report<'d, '_> {
    fn root(&self) -> &'d Value {
        &self.document.value
    }

    fn refuse(&mut self, pointer: &str, what: impl Into<String>, remedy: &str) {
        let place = self.document.place(pointer);
        self.findings.push(Finding::refusal(place, what, remedy));
    }

    fn warn(&mut self, pointer: &str, what: impl Into<String>, remedy: &str) {
        let place = self.document.place(pointer);
        self.findings.push(Finding::warning(place, what, remedy));
    }

    fn note(&mut self, pointer: &str, what: impl Into<String>) {
        let place = self.document.place(pointer);
        self.findings.push(Finding::note(place, what));
    }
}

fn info(report: &mut Report<'_, '_>) {
    let Some(info) = report.root().get("info").filter(|info| info.is_object()) else {
        report.refuse(
            "",
            "`info` is missing, or not an object",
            "give the document a title and a version",
        );
        return;
    };
    for key in ["title", "version"] {
        match info.get(key) {
            Some(Value::String(_)) => {}
            Some(_) => report.refuse(
                &format!("/info/{key}"),
                format!("the {key} is not a string"),
                "put it in quotes",
            ),
            None => report.refuse(
                "/info",
                format!("there is no {key} here"),
                "give the document a title and a version",
            ),
        }
    }
    let version = info
        .get("version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !version.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        report.refuse(
            "/info/version",
            "the version has characters that no HTTP header can hold, and every request carries it in `api-version`",
            "use letters, digits and punctuation of ASCII",
        );
    }
}
