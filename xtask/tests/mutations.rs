//! Whatever is done to the project's document, generating from it succeeds or is refused with a
//! place: it never panics, and it never fails without saying where.

use std::path::Path;

use serde_json::{Value, json};
use xtask::{Error, Profile, Source, generate};

/// A small generator of numbers (splitmix64): the same ones on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((number ^ (number >> 31)) % bound as u64).unwrap()
    }
}

fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let there = format!("{here}/{}", escape(key));
                pointers(member, &there, found);
                found.push(there);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let there = format!("{here}/{index}");
                pointers(item, &there, found);
                found.push(there);
            }
        }
        _ => {}
    }
}

fn remove(root: &mut Value, pointer: &str) {
    let (around, last) = pointer.rsplit_once('/').unwrap();
    match root.pointer_mut(around) {
        Some(Value::Object(members)) => {
            members.remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            items.remove(last.parse().unwrap());
        }
        _ => {}
    }
}

/// Removes a node, or puts something else in its place: a value of another kind, or a piece of
/// the document from elsewhere.
fn mutate(document: &mut Value, numbers: &mut Numbers) -> String {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let target = all[numbers.below(all.len())].clone();
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(""),
        json!("https://no.test/{x}"),
        json!([]),
        json!({}),
        json!({ "$ref": "#/components/schemas/TokenResponse" }),
        json!({ "$ref": "#/paths" }),
        json!({ "not": { "type": "object" } }),
        json!({ "type": "string", "pattern": "(" }),
        json!({ "type": "integer", "nullable": true, "enum": [1, null, "x"] }),
        json!({ "oneOf": [{ "type": "object" }, { "type": "object" }] }),
    ];
    let choice = numbers.below(others.len() + 6);
    if let Some(other) = others.get(choice) {
        *document.pointer_mut(&target).unwrap() = other.clone();
        format!("{target} = {other}")
    } else if choice == others.len() {
        let from = &all[numbers.below(all.len())];
        let moved = document.pointer(from).unwrap().clone();
        *document.pointer_mut(&target).unwrap() = moved;
        format!("{target} = {from}")
    } else {
        remove(document, &target);
        format!("{target} removed")
    }
}

/// Changes the document in 150 ways and counts those that were generated from and refused.
fn survive(seed: u64, with_overlay: bool) -> (usize, usize) {
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    let read = |name: &str| Source::read(&openapi.join(name), name).unwrap();
    let original = xtask::corrected_value(&read("reward-points-api.yaml"), None).unwrap();
    let overlay = with_overlay.then(|| read("overlay.yaml"));
    let mut numbers = Numbers(seed);
    let (mut generated, mut refused) = (0, 0);
    for _ in 0..150 {
        let mut document = original.clone();
        let mut story = Vec::new();
        for _ in 0..=numbers.below(3) {
            story.push(mutate(&mut document, &mut numbers));
        }
        let bytes = serde_json::to_vec_pretty(&document).unwrap();
        let source = Source {
            name: "mutant.json".into(),
            bytes,
        };
        match generate(&source, overlay.as_ref(), Profile::General) {
            Ok(_) => generated += 1,
            Err(Error::Refused(findings)) => {
                assert!(!findings.is_empty(), "{story:?}");
                for finding in findings {
                    assert!(finding.place.line.is_some(), "{story:?}: {finding}");
                }
                refused += 1;
            }
            Err(other) => panic!("{story:?}: {other}"),
        }
    }
    (generated, refused)
}

#[test]
fn a_changed_document_is_generated_from_or_refused_with_a_place() {
    // Without the overlay more of what was changed reaches progenitor.
    let (generated, refused) = survive(1, false);
    assert!(
        generated > 20 && refused > 20,
        "{generated} generated, {refused} refused"
    );
}

#[test]
fn a_changed_document_with_its_overlay_is_generated_from_or_refused_with_a_place() {
    let (generated, refused) = survive(2, true);
    assert!(
        generated > 20 && refused > 20,
        "{generated} generated, {refused} refused"
    );
}
