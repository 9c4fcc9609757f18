//! Where the document came from (`upstream.toml`), and what its sources disagree on
//! (`ledger.toml`).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::document::Source;
use crate::finding::{Finding, Place};
use crate::upstream::address;

/// `upstream.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// The API's title.
    pub title: String,
    /// The index of all published pages.
    pub index: String,
    /// The document that was assembled from the pages.
    pub document: Assembled,
    /// The pages, one for each operation.
    #[serde(rename = "page")]
    pub pages: Vec<Page>,
}

/// The assembled document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assembled {
    /// Its file, beside `upstream.toml`.
    pub file: String,
    /// The digest of its bytes.
    pub sha256: String,
}

/// A page on which one operation was published.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The operation's id in the document.
    pub operation: String,
    /// The page's name.
    pub file: String,
    /// Where it was read, if not from the index.
    pub url: Option<String>,
    /// The digest of what was read.
    pub sha256: String,
}

/// `ledger.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// What the sources disagree on.
    #[serde(rename = "contradiction")]
    pub contradictions: Vec<Contradiction>,
}

/// Two statements that cannot both be true, and what was made of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// Its number, by which others refer to it.
    pub id: u32,
    /// What one source says.
    pub claim: String,
    /// What another says.
    pub counter_claim: String,
    /// Where both are said.
    pub sources: Vec<String>,
    /// What the project does.
    pub decision: String,
    /// The test that holds the decision.
    pub test: String,
    /// What `cargo xtask upstream check` finds of it in the property tables of the pages, word for
    /// word.
    #[serde(default)]
    pub prose: Vec<String>,
}

impl Upstream {
    /// Parses and checks `upstream.toml`.
    ///
    /// # Errors
    ///
    /// A refusal with the line.
    pub fn parse(source: &Source) -> Result<Self, Finding> {
        let upstream: Self = parse(source)?;
        let digests = upstream
            .pages
            .iter()
            .map(|page| (&page.operation, &page.sha256));
        for (name, digest) in digests.chain([(&upstream.document.file, &upstream.document.sha256)])
        {
            if digest.len() != 64
                || !digest
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            {
                return Err(refusal(
                    source,
                    digest,
                    format!("the sha256 of `{name}` is not a digest"),
                    "write 64 hexadecimal digits in lower case",
                ));
            }
        }
        let mut seen = BTreeSet::new();
        for page in &upstream.pages {
            let url = page.url.as_ref();
            if let Some((url, Err(what))) = url.map(|url| (url, address(url))) {
                let what = format!("the address of `{}`: {what}", page.file);
                return Err(refusal(source, url, what, "write where it is published"));
            }
            if !seen.insert(&page.operation) {
                return Err(refusal(
                    source,
                    &page.file,
                    format!("the operation `{}` has two pages", page.operation),
                    "keep the one that was read",
                ));
            }
        }
        Ok(upstream)
    }

    /// What is to be said of operations that no page was read for, and of pages whose operation is
    /// not in the document.
    pub fn mismatches(&self, upstream: &Source, operations: &[String]) -> Vec<Finding> {
        let unread = operations
            .iter()
            .filter(|id| !self.pages.iter().any(|page| page.operation == **id))
            .map(|id| {
                refusal(
                    upstream,
                    "[[page]]",
                    format!("no page is recorded for the operation `{id}`"),
                    "record where it was published",
                )
            });
        let gone = self
            .pages
            .iter()
            .filter(|page| !operations.contains(&page.operation))
            .map(|page| {
                refusal(
                    upstream,
                    &page.file,
                    format!("the document has no operation `{}`", page.operation),
                    "remove its page",
                )
            });
        unread.chain(gone).collect()
    }

    /// What is to be said when the document is not the one that was assembled.
    pub fn departure(&self, upstream: &Source, document: &Source) -> Option<Finding> {
        let digest = document.digest();
        (digest != self.document.sha256).then(|| {
            Finding::warning(
                place_of(upstream, &self.document.sha256),
                format!(
                    "{} is not the document that was assembled from the published pages: its sha256 is {digest}",
                    document.name
                ),
                "undo the edit and put corrections into the overlay; if the published pages have changed, record the new digest here",
            )
        })
    }
}

impl Ledger {
    /// Parses and checks `ledger.toml`.
    ///
    /// # Errors
    ///
    /// A refusal with the line.
    pub fn parse(source: &Source) -> Result<Self, Finding> {
        let ledger: Self = parse(source)?;
        let mut seen = BTreeSet::new();
        let mut explained = BTreeSet::new();
        for row in &ledger.contradictions {
            if let Some(twice) = row.prose.iter().find(|entry| !explained.insert(*entry)) {
                return Err(refusal(
                    source,
                    twice,
                    format!("`{twice}` is explained twice"),
                    "keep the row that has the decision",
                ));
            }
            let at = format!("id = {}\n", row.id);
            if !seen.insert(row.id) {
                return Err(refusal(
                    source,
                    &at,
                    format!("two contradictions have the id {}", row.id),
                    "give each its own",
                ));
            }
            let texts = [&row.claim, &row.counter_claim, &row.decision, &row.test];
            if texts
                .into_iter()
                .chain(&row.sources)
                .chain(&row.prose)
                .any(|text| text.trim().is_empty())
                || row.sources.is_empty()
            {
                return Err(refusal(
                    source,
                    &at,
                    format!("contradiction {} has an empty field", row.id),
                    "say claim, counter_claim, sources, decision and test",
                ));
            }
        }
        Ok(ledger)
    }
}

pub(crate) fn parse<T: DeserializeOwned>(source: &Source) -> Result<T, Finding> {
    let text = source.text()?;
    toml::from_str(text).map_err(|error| {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        let what = error.message().to_owned();
        Finding::refusal(Place::line(&source.name, line), what, "")
    })
}

pub(crate) fn refusal(source: &Source, near: &str, what: String, remedy: &str) -> Finding {
    Finding::refusal(place_of(source, near), what, remedy)
}

/// The last line on which a text stands: of two that are alike, the second is one too many.
pub(crate) fn place_of(source: &Source, text: &str) -> Place {
    let whole = source.text().unwrap_or_default();
    match whole.rfind(text) {
        Some(start) => Place::line(&source.name, line_at(whole, start)),
        None => Place::file(&source.name),
    }
}

/// The line of a byte, counted from 1.
fn line_at(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or_default().matches('\n').count() + 1
}
