//! The clients in `foreign/src` are what is generated from `foreign/documents` now, so that what
//! the tests there say of them is true of the generator.

use std::path::Path;

use xtask::{Generated, Profile, Source, diffs, generate};

fn generated(document: &str, overlay: Option<&str>) -> Generated {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/documents");
    let read = |name: &str| Source::read(&documents.join(name), name).unwrap();
    let overlay = overlay.map(read);
    generate(&read(document), overlay.as_ref(), Profile::General).unwrap()
}

#[track_caller]
fn fresh(module: &str, generated: &Generated) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/foreign/src")
        .join(module);
    let diffs = diffs(&dir, module, &generated.files).unwrap();
    let command = "cargo xtask generate --spec documents/FILE [--overlay FILE] --out src/MODULE";
    assert!(
        diffs.is_empty(),
        "{}\nin xtask/tests/foreign: {command}",
        diffs.concat()
    );
}

fn notes(generated: &Generated) -> Vec<&str> {
    generated
        .findings
        .iter()
        .map(|finding| finding.what.as_str())
        .collect()
}

#[test]
fn jobs_is_fresh_and_its_mixed_errors_are_noted() {
    let jobs = generated("jobs.yaml", None);
    fresh("jobs", &jobs);
    assert_eq!(
        notes(&jobs),
        [
            "OpenAPI ignores a parameter for the header `Accept`, and so does the generated client",
            "the errors (404, 409, 500) differ in shape, so they reach the caller as bytes",
        ]
    );
}

#[test]
fn queue_is_fresh() {
    fresh(
        "queue",
        &generated("queue.yaml", Some("queue.overlay.yaml")),
    );
}

#[test]
fn shapes_is_fresh_and_says_which_crates_it_needs() {
    let shapes = generated("shapes.json", None);
    fresh("shapes", &shapes);
    assert!(
        notes(&shapes)
            .iter()
            .any(|note| note.starts_with("the document names no servers"))
    );
    assert_eq!(
        shapes.needs,
        ["chrono (feature serde)", "uuid (feature serde)", "regress"]
    );
}

#[test]
fn two_runs_give_the_same_bytes() {
    for document in ["jobs.yaml", "shapes.json"] {
        assert_eq!(
            generated(document, None).files,
            generated(document, None).files
        );
    }
}
