//! Every contradiction of prose and schema is in the ledger, and no other is.

use std::collections::BTreeSet;

use super::found::{Found, Kind};
use super::prose::Contradiction;
use super::records::Records;
use crate::sources;

/// `read` are the operations whose pages were read.
pub(crate) fn unexplained(
    contradictions: Vec<Contradiction>,
    read: &BTreeSet<&str>,
    records: &Records,
) -> Vec<Found> {
    let rows = &records.ledger.contradictions;
    let known: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| &row.prose)
        .map(String::as_str)
        .collect();
    let there: BTreeSet<String> = contradictions.iter().map(|it| it.text.clone()).collect();
    let unread = |entry: &str| {
        let operation = entry.split(':').next().unwrap_or_default();
        let mut pages = records.upstream.pages.iter();
        pages.any(|page| page.operation == operation) && !read.contains(operation)
    };
    let idle = rows
        .iter()
        .flat_map(|row| row.prose.iter().map(move |entry| (row.id, entry)));
    let idle: Vec<Found> = idle
        .filter(|(_, entry)| !there.contains(*entry) && !unread(entry))
        .map(|(id, entry)| {
            Kind::LedgerIdle.at(
                sources::place_of(&records.ledger_source, entry),
                format!("contradiction {id} explains `{entry}`, and the pages no longer say so"),
                "remove it; if nothing is left of the contradiction, remove the row and what was \
                 done for it",
            )
        })
        .collect();
    let unexplained = contradictions
        .into_iter()
        .filter(|it| !known.contains(it.text.as_str()));
    let unexplained = unexplained.map(|it| {
        let remedy = format!(
            "decide, and say so in `prose` of a row of ledger.toml: \"{}\"",
            it.text
        );
        Kind::ProseContradicts.at(it.place, it.text, remedy)
    });
    unexplained.chain(idle).collect()
}
