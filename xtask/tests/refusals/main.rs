//! Documents that code must not be generated from are refused in a sentence that says where.

mod document;
mod operations;
mod schemas;

use xtask::{Error, Finding, Profile, Source, generate};

const NAME: &str = "api.yaml";

fn refusals(document: &str) -> Vec<Finding> {
    let document = Source {
        name: NAME.into(),
        bytes: document.into(),
    };
    match generate(&document, None, Profile::General) {
        Err(Error::Refused(findings)) => findings.into_iter().filter(Finding::is_refusal).collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

/// Asserts that the document is refused at the line that has `# <--` on it, at `pointer`, with
/// these words.
#[track_caller]
fn refused(document: &str, pointer: &str, words: &str) {
    let line = document
        .lines()
        .position(|line| line.contains("# <--"))
        .map(|index| index + 1);
    let all = refusals(document);
    let found = all
        .iter()
        .find(|finding| finding.what.contains(words))
        .unwrap_or_else(|| {
            panic!("no refusal says {words:?}: {all:#?}");
        });
    assert_eq!(found.place.file, NAME);
    assert_eq!(found.place.line, line, "{found}");
    assert_eq!(
        found.place.pointer.as_deref().unwrap_or_default(),
        pointer,
        "{found}"
    );
    assert!(!found.remedy.is_empty(), "what to do is not said: {found}");
}

/// A document with these paths and components.
fn with(paths: &str, components: &str) -> String {
    let indent = |text: &str| {
        text.lines()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
    };
    let mut document = "openapi: 3.0.3\ninfo: { title: T, version: '1' }\n".to_owned();
    document += &format!("paths:\n{}", indent(paths));
    if !components.is_empty() {
        document += &format!("components:\n{}", indent(components));
    }
    document
}

const OK: &str = "responses: { '200': { description: '' } }";

/// A document with one operation, `get /a`, that has these members besides a response.
fn operation(members: &str) -> String {
    let members: String = members
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    with(
        &format!("/a:\n  get:\n    operationId: a\n    {OK}\n{members}"),
        "",
    )
}

/// A document with one operation whose answer has this schema.
fn schema(schema: &str) -> String {
    let schema: String = schema
        .lines()
        .map(|line| format!("              {line}\n"))
        .collect();
    let paths = "/a:\n  get:\n    operationId: a\n    responses:\n      '200':\n        description: ''\n        content:\n          application/json:\n            schema:\n";
    with(&format!("{paths}{schema}"), "")
}

const SCHEMA: &str = "/paths/~1a/get/responses/200/content/application~1json/schema";
