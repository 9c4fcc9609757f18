//! Pages, changed at random.

use std::path::Path;

use xtask::upstream::{Checked, Kind, Reading, Records, check, plan, read_pages};
use xtask::{Ledger, Source, Upstream};

use crate::numbers::Numbers;
use crate::project::Project;

const CASES: u64 = 150;

fn records(openapi: &Path) -> Records {
    let read = |name: &str| Source::read(&openapi.join(name), name).unwrap();
    let (upstream_source, ledger_source) = (read("upstream.toml"), read("ledger.toml"));
    Records {
        upstream: Upstream::parse(&upstream_source).unwrap(),
        upstream_source,
        document: read("reward-points-api.yaml"),
        ledger: Ledger::parse(&ledger_source).unwrap(),
        ledger_source,
    }
}

fn reading(openapi: &Path) -> Reading {
    read_pages(&openapi.join("pages"), "pages").unwrap()
}

/// Takes lines away, doubles them, moves them, or has one begin elsewhere.
fn patch(text: &str, numbers: &mut Numbers) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=numbers.below(2) {
        let at = numbers.below(lines.len());
        let line = lines[at].clone();
        match numbers.below(5) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            2 => {
                let other = numbers.below(lines.len());
                lines.swap(at, other);
            }
            3 => lines[at] = format!("  {line}"),
            _ => {
                let end = (at + numbers.below(30)).min(lines.len());
                lines.drain(at..end);
            }
        }
    }
    lines.join("\n")
}

fn has_changed(checked: &Checked) -> bool {
    let comparison = checked.comparison.as_ref();
    comparison.is_none_or(|it| !it.changes.is_empty())
}

#[test]
fn no_page_is_too_odd_none_changes_unseen_and_what_is_pulled_is_what_was_published() {
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    let untouched = reading(&openapi);
    let (mut stopped, mut pulled) = (0, 0);
    for case in 0..CASES {
        let mut numbers = Numbers(case);
        let (before, mut reading) = (records(&openapi), reading(&openapi));
        let page = numbers.below(reading.pages.len());
        let source = &mut reading.pages[page].source;
        let text = String::from_utf8(source.bytes.clone()).unwrap();
        source.bytes = patch(&text, &mut numbers).into_bytes();
        let is_same = source.bytes == untouched.pages[page].source.bytes;

        let checked = check(&reading, &before).unwrap();
        let is_clean = checked.found.is_empty() && !has_changed(&checked);
        assert_eq!(is_clean, is_same, "case {case}");
        let Ok(planned) = plan(&checked, &reading, &before, false) else {
            stopped += 1;
            continue;
        };
        pulled += 1;
        let project = Project::new();
        let own = project.path("openapi");
        planned.carry_out(&own).unwrap();
        let after = records(&own);
        let checked = check(&reading, &after).unwrap();
        let is_left = |kind| matches!(kind, Kind::ProseContradicts | Kind::LedgerIdle);
        let found = &checked.found;
        assert!(
            found.iter().all(|it| is_left(it.kind)),
            "case {case}: {found:?}"
        );
        assert!(!has_changed(&checked), "case {case}");
        let again = plan(&checked, &reading, &after, false).unwrap();
        assert_eq!(again.carry_out(&own).unwrap(), [""; 0], "case {case}");
    }
    assert!(stopped > 20 && pulled > 20, "{stopped}, {pulled}");
}
