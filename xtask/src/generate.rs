//! From a document and its overlay to files of code. Reads nothing and writes nothing.

use std::collections::BTreeMap;

use openapiv3::OpenAPI;
use quote::{ToTokens, quote};
use serde_json::Value;

use crate::blame::Blame;
use crate::corrected::Corrected;
use crate::document::{Document, Source};
use crate::emit::client::Needs;
use crate::emit::{self, client};
use crate::finding::{Error, Finding, Severity};
use crate::operations::Operation;
use crate::registry::Types;
use crate::{answers, checks, header, hoist, model, operations, overlay, prepare, resolve};

/// Whom the code is generated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// This workspace: transport and hooks are hand-written, and every correction has its reason.
    Project,
    /// Any document: hooks that send each operation to its own server are generated too.
    General,
}

/// The generated files by name, and what the user should know about them.
#[derive(Debug)]
pub struct Generated {
    /// By file name.
    pub files: BTreeMap<String, String>,
    /// Warnings and notes.
    pub findings: Vec<Finding>,
    /// The ids of the operations, in the document's order.
    pub operations: Vec<String>,
    /// The crates, besides the client's usual ones, that the code needs.
    pub needs: Vec<&'static str>,
}

/// Generates the client of `document`.
///
/// # Errors
///
/// [`Error::Refused`] with everything that was found, when code could not be right.
pub fn generate(
    document: &Source,
    overlay: Option<&Source>,
    profile: Profile,
) -> Result<Generated, Error> {
    let mut findings = Vec::new();
    let corrected = correct(document, overlay, profile, &mut findings)?;
    stop_at_refusals(&mut findings)?;
    checks::run(&corrected, &mut findings);
    let operations = operations::read(&corrected, &mut findings);
    stop_at_refusals(&mut findings)?;

    let mut root = corrected.value.clone();
    let types = hoist::hoist(&corrected, &mut root, &mut findings);
    stop_at_refusals(&mut findings)?;
    resolve::operations(&mut root);
    prepare::components(&mut root);
    prepare::requests(&mut root);
    answers::settle(&corrected, &mut root, &mut findings);
    root.sort_all_objects();
    let model = model::read(&corrected, root)?;

    let (files, needs) = emit(&corrected, &model, &operations, &types, profile)?;
    let header = header::header(document, overlay);
    let files = files
        .into_iter()
        .map(|(name, code)| (name.to_owned(), format!("{header}\n{code}")))
        .collect();
    findings.sort_by_key(|finding| finding.place.line);
    Ok(Generated {
        files,
        findings,
        operations: operations
            .into_iter()
            .map(|operation| operation.id)
            .collect(),
        needs: crates(needs),
    })
}

fn correct(
    document: &Source,
    overlay: Option<&Source>,
    profile: Profile,
    findings: &mut Vec<Finding>,
) -> Result<Corrected, Error> {
    let mut corrected = Corrected::new(Document::parse(document)?);
    checks::version(&corrected.value, &|pointer| corrected.place(pointer))?;
    if let Some(overlay) = overlay {
        let undescribed = match profile {
            Profile::Project => Severity::Refusal,
            Profile::General => Severity::Warning,
        };
        overlay::apply(
            &mut corrected,
            &Document::parse(overlay)?,
            undescribed,
            findings,
        );
    }
    // Maps keep their insertion order if some crate in the build asks serde_json for it, and what
    // is generated must not depend on that.
    corrected.value.sort_all_objects();
    Ok(corrected)
}

/// Refusals stop the generation between steps, so that a step is told whole.
fn stop_at_refusals(findings: &mut Vec<Finding>) -> Result<(), Error> {
    if findings.iter().any(Finding::is_refusal) {
        findings.sort_by_key(|finding| finding.severity);
        return Err(Error::Refused(std::mem::take(findings)));
    }
    Ok(())
}

type Files = BTreeMap<&'static str, String>;

fn emit(
    corrected: &Corrected,
    model: &OpenAPI,
    operations: &[Operation],
    types: &Types,
    profile: Profile,
) -> Result<(Files, Needs), Error> {
    let inner = match profile {
        Profile::Project => quote!(crate::transport::Inner),
        Profile::General => quote!(super::routing::Routing),
    };
    let model = &in_order(model, operations);
    let settings = client::settings(inner, &types.replaced);
    let blame = Blame {
        document: corrected,
        settings: &settings,
        model,
        operations,
        types,
    };
    let (client, needs) = client::generate(&settings, model).map_err(|said| blame.find(&said))?;
    blame.unused_replacements(&client)?;
    blame.doubled(&client)?;
    let mock =
        emit::httpmock::generate(&settings, model, operations).map_err(|said| blame.find(&said))?;
    blame.doubled(&mock)?;
    let routing = profile == Profile::General;
    let mut tokens = vec![
        ("client.rs", client.into_token_stream()),
        ("httpmock.rs", mock.into_token_stream()),
        ("mod.rs", emit::module::generate(&model.info.title, routing)),
        ("operations.rs", emit::operations::generate(operations)),
    ];
    if routing {
        tokens.push(("routing.rs", emit::routing::generate()));
    }
    let mut files = Files::new();
    for (name, tokens) in tokens {
        files.insert(name, emit::format(&corrected.place(""), tokens)?);
    }
    Ok((files, needs))
}

/// The model with its paths in the order of the table, so that code reads like the document.
fn in_order(model: &OpenAPI, operations: &[Operation]) -> OpenAPI {
    let mut model = model.clone();
    let rank = |path: &str| {
        operations
            .iter()
            .position(|operation| operation.path == path)
    };
    model
        .paths
        .paths
        .sort_by(|one, _, other, _| rank(one).cmp(&rank(other)));
    model
}

fn crates(needs: Needs) -> Vec<&'static str> {
    let all = [
        (needs.chrono, "chrono (feature serde)"),
        (needs.uuid, "uuid (feature serde)"),
        (needs.regress, "regress"),
        (needs.futures, "futures"),
        (needs.websockets, "base64 and rand"),
    ];
    all.into_iter()
        .filter(|(needed, _)| *needed)
        .map(|(_, name)| name)
        .collect()
}

/// The corrected document, for commands that compare documents.
///
/// # Errors
///
/// [`Error::Refused`] when document or overlay cannot be read or applied.
pub fn corrected_value(document: &Source, overlay: Option<&Source>) -> Result<Value, Error> {
    let mut findings = Vec::new();
    let corrected = correct(document, overlay, Profile::General, &mut findings)?;
    stop_at_refusals(&mut findings)?;
    Ok(corrected.value)
}
