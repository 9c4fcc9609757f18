//! The project's own document.

use std::path::Path;

use xtask::{Generated, Ledger, Profile, Source, Upstream, generate};

fn read(name: &str) -> Source {
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    Source::read(&openapi.join(name), name).unwrap()
}

fn generated(overlay: bool) -> Generated {
    let overlay = overlay.then(|| read("overlay.yaml"));
    generate(
        &read("reward-points-api.yaml"),
        overlay.as_ref(),
        Profile::Project,
    )
    .unwrap_or_else(|error| panic!("{error}"))
}

fn without_header(code: &str) -> &str {
    code.split_once("\n\n").unwrap().1
}

#[test]
fn the_operation_table_is_the_same_without_the_overlay() {
    let [with, without] = [true, false].map(generated);
    assert_eq!(
        without_header(&with.files["operations.rs"]),
        without_header(&without.files["operations.rs"])
    );
}

#[test]
fn with_the_overlay_there_is_nothing_to_note() {
    assert_eq!(generated(true).findings, []);
}

#[test]
fn no_number_or_secret_is_left_to_a_primitive_type() {
    let client = &generated(true).files["client.rs"];
    assert!(
        !client.contains("f64") && !client.contains("i64"),
        "a number is not hand-written"
    );
    for secret in ["access_token", "refresh_token", "client_secret"] {
        let fields = client
            .lines()
            .filter(|line| line.trim().starts_with(&format!("pub {secret}: ")));
        for field in fields {
            assert!(field.contains("crate::secret::"), "{field}");
        }
    }
}

#[test]
fn two_runs_give_the_same_bytes_and_name_no_directory() {
    let [one, two] = [true, true].map(generated);
    assert_eq!(one.files, two.files);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .display()
        .to_string();
    assert!(one.files.values().all(|code| !code.contains(&root)));
}

#[test]
fn every_operation_has_a_page_and_the_document_is_the_one_that_was_published() {
    let source = read("upstream.toml");
    let upstream = Upstream::parse(&source).unwrap();
    assert_eq!(
        upstream.mismatches(&source, &generated(true).operations),
        []
    );
    assert_eq!(
        upstream.departure(&source, &read("reward-points-api.yaml")),
        None
    );
}

#[test]
fn every_contradiction_has_its_decision() {
    let ledger = Ledger::parse(&read("ledger.toml")).unwrap();
    let ids: Vec<u32> = ledger.contradictions.iter().map(|row| row.id).collect();
    assert!(ids.starts_with(&(1..=12).collect::<Vec<_>>()), "{ids:?}");
}
