//! The records beside the document: where it came from, and what was decided
//! where its sources contradict each other. And what people read before they
//! write code: that what it shows compiles, and where it leads is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hmac_sha256::Hash;
use serde::Deserialize;
use xoxoday_api::Operation;

#[derive(Deserialize)]
struct Ledger {
    contradiction: Vec<Contradiction>,
}

#[derive(Deserialize)]
struct Contradiction {
    id: u32,
    test: String,
}

#[derive(Deserialize)]
struct Upstream {
    document: Document,
    page: Vec<Page>,
}

#[derive(Deserialize)]
struct Document {
    file: String,
    sha256: String,
}

#[derive(Deserialize)]
struct Page {
    operation: String,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn toml<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let text = fs::read_to_string(workspace().join("openapi").join(name)).unwrap();
    toml::from_str(&text).unwrap()
}

/// Names of all functions that are marked as tests in a folder's Rust files.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(path).unwrap();
            let mut lines = source.lines().map(str::trim);
            while let Some(line) = lines.next() {
                if line == "#[test]" || line.starts_with("#[tokio::test") {
                    let name = lines
                        .find_map(|line| line.trim_start_matches("async ").strip_prefix("fn "))
                        .and_then(|line| line.split('(').next());
                    found.extend(name.map(str::to_owned));
                }
            }
        }
    }
}

fn all_tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for folder in ["tests", "xoxoday-api/src", "xoxoday-auth/src"] {
        tests_below(&workspace().join(folder), &mut tests);
    }
    tests
}

#[test]
fn every_guarantee_names_tests_that_exist() {
    let path = workspace().join("xoxoday-auth/src/guarantees.md");
    let text = fs::read_to_string(path).unwrap();
    let tests = all_tests();
    let rows = text.lines().filter(|line| line.starts_with("| G"));
    let mut guarantees = 0;
    for row in rows {
        guarantees += 1;
        let held_by = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let named: Vec<_> = held_by.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row}");
        for test in named {
            assert!(tests.contains(test), "no test {test}: {row}");
        }
    }
    assert_eq!(guarantees, 11);
}

#[test]
fn every_contradiction_has_a_test_that_holds_its_decision() {
    let ledger: Ledger = toml("ledger.toml");
    let ids: Vec<_> = ledger.contradiction.iter().map(|row| row.id).collect();
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());

    let tests = all_tests();
    for row in ledger.contradiction {
        assert!(
            tests.contains(&row.test),
            "row {}: no test {}",
            row.id,
            row.test
        );
    }
}

#[test]
fn the_document_is_the_one_that_was_published() {
    let upstream: Upstream = toml("upstream.toml");
    let path = workspace().join("openapi").join(upstream.document.file);
    let digest = Hash::hash(&fs::read(path).unwrap());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, upstream.document.sha256);
}

#[test]
fn every_operation_has_the_page_it_was_read_from() {
    let upstream: Upstream = toml("upstream.toml");
    let pages: Vec<_> = upstream
        .page
        .into_iter()
        .map(|page| page.operation)
        .collect();
    let operations: Vec<_> = Operation::ALL
        .iter()
        .map(|operation| operation.id())
        .collect();
    assert_eq!(pages, operations);
}

/// What people read: the README, and what is part of the documentation.
fn pages() -> Vec<PathBuf> {
    let auth = workspace().join("xoxoday-auth");
    let mut pages = vec![
        workspace().join("README.md"),
        auth.join("COMMAND.md"),
        auth.join("src/guarantees.md"),
    ];
    for entry in fs::read_dir(auth.join("src/guide")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages
}

#[test]
fn no_rust_that_people_read_escapes_the_compiler() {
    let auth = workspace().join("xoxoday-auth/src");
    let read = |name: &str| fs::read_to_string(auth.join(name)).unwrap();
    let included = [read("lib.rs"), read("guide/mod.rs"), read("cli/mod.rs")].concat();
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        let is_included = included.contains(&format!("{name}\")]"));
        assert!(is_included, "{name} is part of no documentation");
        let text = fs::read_to_string(&page).unwrap();
        let fences = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("```"));
        for language in fences.step_by(2) {
            let compiled = ["", "no_run", "rust,no_run"].contains(&language);
            let no_rust = ["console", "ini", "json", "text", "toml", "yaml"].contains(&language);
            assert!(compiled || no_rust, "{name}: ```{language}");
        }
    }
}

#[test]
fn every_file_that_the_readme_leads_to_is_there() {
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
    ] {
        let text = fs::read_to_string(workspace().join(name)).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http")) {
            let file = link.split('#').next().unwrap();
            assert!(workspace().join(file).exists(), "{name}: {link}");
        }
    }
}
