//! What was taken from the pages before, and decided about them.

use crate::document::Source;
use crate::sources::{Ledger, Upstream};

/// What is on record.
#[derive(Debug)]
pub struct Records {
    /// `upstream.toml`.
    pub upstream: Upstream,
    /// Its text.
    pub upstream_source: Source,
    /// The vendored document.
    pub document: Source,
    /// `ledger.toml`.
    pub ledger: Ledger,
    /// Its text.
    pub ledger_source: Source,
}
