//! What comes in from outside is what deny.toml allows. cargo-deny says more where it is
//! at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
    exceptions: Vec<Exception>,
    clarify: Vec<Clarification>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Clarification {
    #[serde(rename = "crate")]
    name: String,
    expression: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: BTreeSet<String>,
}

fn workspace() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn deny() -> Deny {
    let text = std::fs::read_to_string(workspace().join("deny.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// All packages that the lock file holds, for every system.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(workspace())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["packages"].take()).unwrap()
}

/// Whether an expression can be met: `MIT OR (Apache-2.0 AND ISC)`, or the older `MIT/ISC`.
fn is_met(expression: &str, is_allowed: &mut impl FnMut(&str) -> bool) -> bool {
    let expression = expression.replace('/', " OR ");
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let (met, rest) = any(&words, is_allowed);
    assert!(rest.is_empty(), "not understood: {expression}");
    met
}

fn any<'a>(words: &'a [&'a str], ok: &mut impl FnMut(&str) -> bool) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = all(words, ok);
    while let Some(("OR", after)) = rest.split_first().map(|(first, after)| (*first, after)) {
        let (other, left) = all(after, ok);
        (met, rest) = (met | other, left);
    }
    (met, rest)
}

fn all<'a>(words: &'a [&'a str], ok: &mut impl FnMut(&str) -> bool) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = one(words, ok);
    while let Some(("AND", after)) = rest.split_first().map(|(first, after)| (*first, after)) {
        let (other, left) = one(after, ok);
        (met, rest) = (met & other, left);
    }
    (met, rest)
}

fn one<'a>(words: &'a [&'a str], ok: &mut impl FnMut(&str) -> bool) -> (bool, &'a [&'a str]) {
    match words {
        ["(", inside @ ..] => {
            let (met, rest) = any(inside, ok);
            assert_eq!(rest.first(), Some(&")"), "{words:?}");
            (met, &rest[1..])
        }
        // An exception grants more than the licence by itself.
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => (ok(licence), rest),
        [] => panic!("an expression that breaks off"),
    }
}

#[test]
fn every_licence_is_one_that_is_allowed_and_every_one_allowed_is_needed() {
    let deny = deny();
    let exceptions: BTreeMap<_, _> = deny
        .licenses
        .exceptions
        .iter()
        .map(|it| (&it.name, &it.allow))
        .collect();
    let mut met = BTreeSet::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap().to_owned();
        let clarified = deny.licenses.clarify.iter().find(|it| it.name == name);
        let expression = clarified
            .map(|it| it.expression.as_str())
            .or(package["license"].as_str());
        let expression = expression.unwrap_or_else(|| panic!("{name} names no licence"));
        let mut is_allowed = |licence: &str| {
            let by_exception = exceptions
                .get(&name)
                .is_some_and(|allow| allow.contains(licence));
            let is_allowed = deny.licenses.allow.contains(licence);
            met.extend(is_allowed.then(|| licence.to_owned()));
            by_exception || is_allowed
        };
        assert!(is_met(expression, &mut is_allowed), "{name}: {expression}");
    }
    assert_eq!(met, deny.licenses.allow);
}

#[test]
fn every_dependency_comes_from_where_it_may() {
    let allowed = deny().sources.allow_registry;
    for package in packages() {
        if let Some(source) = package["source"].as_str() {
            let registry = source.strip_prefix("registry+").unwrap_or(source);
            assert!(allowed.contains(registry), "{}: {source}", package["name"]);
        }
    }
}

#[test]
fn an_expression_is_met_by_what_is_allowed_alone() {
    let met =
        |expression: &str| is_met(expression, &mut |licence| ["MIT", "ISC"].contains(&licence));
    for expression in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/ISC",
        "MIT AND (GPL-3.0 OR ISC)",
        "MIT WITH x AND ISC",
    ] {
        assert!(met(expression), "{expression}");
    }
    for expression in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR ISC) AND GPL-3.0",
        "GPL-3.0 WITH MIT",
    ] {
        assert!(!met(expression), "{expression}");
    }
}
