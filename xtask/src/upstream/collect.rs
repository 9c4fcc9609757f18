//! Finds the slice of each operation among the pages.

use super::found::{Found, Kind};
use super::page::{Page, Reading, parts};
use super::records::Records;
use super::slice::{Label, Slice};
use crate::finding::{Finding, Place};
use crate::sources::{self, Upstream};

/// The slices of all operations, in the order of the records, new ones last.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) slices: Vec<Slice>,
    pub(crate) found: Vec<Found>,
    /// The records' index of each slice that is on record.
    pub(crate) recorded: Vec<Option<usize>>,
}

/// Finds them; what the pages do not give is cut from the document at hand.
pub(crate) fn collect(reading: &Reading, records: &Records) -> Collected {
    let upstream = &records.upstream;
    let mut collected = Collected::default();
    let mut slices = Vec::new();
    // Pages that hold a slice nobody could read.
    let mut refused: Vec<&str> = reading.unread.iter().map(String::as_str).collect();
    for page in &reading.pages {
        match read(page, upstream) {
            Ok((read, found)) => {
                slices.extend(read);
                if found.iter().any(|it| it.kind == Kind::SliceRefused) {
                    refused.push(&page.file);
                }
                collected.found.extend(found);
            }
            Err(finding) => {
                refused.push(&page.file);
                collected.found.push(Kind::PageUnreadable.with(finding));
            }
        }
    }
    for (index, record) in upstream.pages.iter().enumerate() {
        let mut own = take(&mut slices, |slice| slice.operation == record.operation);
        own.sort_by_key(|slice| slice.file != record.file);
        if own.is_empty() {
            own = renamed(&mut slices, record, upstream, &mut collected.found);
        }
        let mut own = own.into_iter();
        let Some(slice) = own.next() else {
            if !refused.contains(&record.file.as_str()) {
                collected.found.push(absence(reading, record, records));
            }
            let stand_in = Slice::stand_in(&records.document, &record.operation);
            collected
                .recorded
                .extend(stand_in.iter().map(|_| Some(index)));
            collected.slices.extend(stand_in);
            continue;
        };
        collected
            .found
            .extend(own.map(|other| twice(&slice, &other)));
        if let Some(found) = moved(&slice, record) {
            collected.found.push(found);
        }
        collected.recorded.push(Some(index));
        collected.slices.push(slice);
    }
    while !slices.is_empty() {
        let slice = slices.remove(0);
        let same = take(&mut slices, |other| other.operation == slice.operation);
        collected
            .found
            .extend(same.iter().map(|other| twice(&slice, other)));
        collected.found.push(Kind::OperationNew.at(
            slice.place(&slice.pointer),
            format!(
                "the operation `{}` ({}) is not on record",
                slice.operation,
                slice.address()
            ),
            "`cargo xtask upstream pull` takes it over",
        ));
        collected.recorded.push(None);
        collected.slices.push(slice);
    }
    collected
}

/// The slices of our document on a page, and what is odd about them.
fn read(page: &Page, upstream: &Upstream) -> Result<(Vec<Slice>, Vec<Found>), Finding> {
    let text = page.source.text()?;
    let is_recorded = upstream.pages.iter().any(|it| it.file == page.file);
    let (mut slices, mut found) = (Vec::new(), Vec::new());
    for fence in parts(text).fences.iter().filter(|it| Slice::is_in(it)) {
        let label = Label::parse(fence.info);
        let file = label.and_then(|it| it.document.rsplit('/').next());
        let is_named = file == Some(upstream.document.file.as_str());
        match Slice::read(page, fence) {
            // Other APIs are documented in the same way, on pages beside ours.
            Ok((slice, more)) if is_named || slice.title() == Some(&upstream.title) => {
                found.extend(more);
                slices.push(slice);
            }
            Err(refusal) if is_named || is_recorded => found.push(Kind::SliceRefused.with(refusal)),
            _ => {}
        }
    }
    Ok((slices, found))
}

fn take(slices: &mut Vec<Slice>, is_it: impl Fn(&Slice) -> bool) -> Vec<Slice> {
    let (taken, left) = std::mem::take(slices).into_iter().partition(is_it);
    *slices = left;
    taken
}

/// The one slice of the page on record, if its operation is called by a name that is new.
fn renamed(
    slices: &mut Vec<Slice>,
    record: &sources::Page,
    upstream: &Upstream,
    found: &mut Vec<Found>,
) -> Vec<Slice> {
    let is_known = |id: &str| upstream.pages.iter().any(|page| page.operation == id);
    let own = take(slices, |slice| {
        slice.file == record.file && !is_known(&slice.operation)
    });
    match own.as_slice() {
        [slice] => {
            found.push(Kind::OperationRenamed.at(
                slice.place(&slice.pointer),
                format!(
                    "the operation of this page was `{}` and is `{}`",
                    record.operation, slice.operation
                ),
                "read what else has changed: it may be another operation altogether",
            ));
            own
        }
        _ => {
            slices.extend(own);
            Vec::new()
        }
    }
}

fn absence(reading: &Reading, record: &sources::Page, records: &Records) -> Found {
    let operation = &record.operation;
    let remedy =
        "see whether the operation is gone, or published elsewhere; then mend upstream.toml";
    if let Some(page) = reading.pages.iter().find(|page| page.file == record.file) {
        let what = format!("this page no longer holds a slice of `{operation}`");
        return Kind::PageWithoutSlice.at(Place::file(&page.source.name), what, remedy);
    }
    let mut what = format!("`{}`, the page of `{operation}`, is missing", record.file);
    if let Some((_, url)) = reading.gone.iter().find(|(file, _)| *file == record.file) {
        what += &format!(": nothing is at {url}");
    }
    let place = sources::place_of(&records.upstream_source, &record.file);
    Kind::PageMissing.at(place, what, remedy)
}

fn moved(slice: &Slice, record: &sources::Page) -> Option<Found> {
    let is_elsewhere = match (&slice.url, &record.url) {
        (Some(now), Some(before)) => now != before,
        _ => slice.file != record.file,
    };
    is_elsewhere.then(|| {
        let before = record.url.as_ref().unwrap_or(&record.file);
        Kind::PageMoved.at(
            Place::file(&slice.name),
            format!(
                "the page of `{}` has moved here from {before}",
                slice.operation
            ),
            "`cargo xtask upstream pull` records it",
        )
    })
}

fn twice(slice: &Slice, other: &Slice) -> Found {
    let elsewhere = slice.place(&slice.pointer);
    Kind::SliceTwice.at(
        other.place(&other.pointer),
        format!(
            "this is a second slice of `{}`: see {elsewhere}",
            slice.operation
        ),
        "upstream publishes it twice; ask which of them holds",
    )
}
