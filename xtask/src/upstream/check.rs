//! Compares the pages with what was taken from them.

use std::collections::BTreeSet;

use super::assemble::{Assembled, assemble};
use super::collect::{Collected, collect};
use super::explain::unexplained;
use super::found::{Found, Kind};
use super::page::{Page, Reading};
use super::prose::contradictions;
use super::records::Records;
use super::slice::Slice;
use crate::drift::{Comparison, drift};
use crate::finding::{Finding, Place};
use crate::pointer;

/// All that the pages say.
#[derive(Debug)]
pub struct Checked {
    /// What is wrong with the pages, and with the records beside them.
    pub found: Vec<Found>,
    /// From the vendored document to the published one; the places in the latter are on the pages.
    /// None where no document could be put together.
    pub comparison: Option<Comparison>,
    /// The published document.
    pub assembled: Option<Assembled>,
    /// The slices in order, with their records.
    pub(crate) collected: Collected,
}

impl Checked {
    /// Whether something could not be read, so that nobody knows what it says.
    pub fn is_unreadable(&self) -> bool {
        self.found.iter().any(|it| it.kind == Kind::PageUnreadable)
    }
}

/// Puts the published document together and compares it with what is on record.
///
/// What could not be read is taken to be as it was.
///
/// # Errors
///
/// A refusal where the vendored document is none.
pub fn check(reading: &Reading, records: &Records) -> Result<Checked, Finding> {
    let mut collected = collect(reading, records);
    let mut all = reading.found.clone();
    all.append(&mut collected.found);
    let departure = records
        .upstream
        .departure(&records.upstream_source, &records.document);
    all.extend(departure.map(|it| Kind::DocumentEdited.with(it)));

    let (assembled, disagreements) = assemble(&collected.slices, &records.document.name);
    all.extend(disagreements);
    let mut comparison = None;
    if let Some(assembled) = &assembled {
        let mut changes = drift(&records.document, &assembled.source)?;
        if changes.changes.is_empty() && assembled.source.bytes != records.document.bytes {
            all.push(Kind::LayoutChanged.at(
                Place::file(&records.document.name),
                "the pages say the same in another layout",
                "",
            ));
        }
        for change in &mut changes.changes {
            change.revision = assembled.origin(&change.revision);
        }
        changes.revision = "the published pages".to_owned();
        comparison = Some(changes);
    }
    all.extend(prose(&reading.pages, &collected, records));
    Ok(Checked {
        found: all,
        comparison,
        assembled,
        collected,
    })
}

/// What the words of the pages contradict, and where they alone have changed.
fn prose(pages: &[Page], collected: &Collected, records: &Records) -> Vec<Found> {
    let mut found = Vec::new();
    let mut read = BTreeSet::new();
    let mut all = Vec::new();
    let slices = collected.slices.iter().zip(&collected.recorded);
    for (slice, record) in slices.filter(|(slice, _)| !slice.stands_in) {
        let mut pages = pages.iter();
        let Some(page) = pages.find(|page| page.source.name == slice.name) else {
            continue;
        };
        read.insert(slice.operation.as_str());
        all.extend(contradictions(
            page.source.text().unwrap_or_default(),
            slice,
        ));
        let record = record.and_then(|index| records.upstream.pages.get(index));
        let has_changed = record.is_some_and(|it| it.sha256 != page.source.digest());
        if has_changed && says_the_same(slice, records) {
            found.push(Kind::ProseChanged.at(
                Place::file(&slice.name),
                format!(
                    "the prose of `{}` has changed, and its slice has not",
                    slice.operation
                ),
                "read it; `cargo xtask upstream pull` records its digest",
            ));
        }
    }
    found.extend(unexplained(all, &read, records));
    found
}

/// Whether the document has the operation, and what it shares with others, as the slice has it.
fn says_the_same(slice: &Slice, records: &Records) -> bool {
    let Some(before) = Slice::stand_in(&records.document, &slice.operation) else {
        return false;
    };
    let same = |pointer: &str| slice.value.pointer(pointer) == before.value.pointer(pointer);
    let below = |around: &str, keys: Vec<&str>| -> Vec<String> {
        keys.iter().map(|key| pointer::join(around, key)).collect()
    };
    let mut shared = below("", [slice.keys(""), before.keys("")].concat());
    shared.retain(|pointer| pointer != "/paths" && pointer != "/components");
    for kind in below("/components", slice.keys("/components")) {
        shared.extend(below(&kind, slice.keys(&kind)));
    }
    same(&slice.pointer) && shared.iter().all(|pointer| same(pointer))
}
