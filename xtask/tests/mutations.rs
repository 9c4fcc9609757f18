//! Whatever is done to the project's document, generating from it succeeds or is refused with a
//! place: it never panics, and it never fails without saying where.

mod support;

use std::path::Path;

use support::{Numbers, mutate};
use xtask::{Error, Profile, Source, generate};

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
