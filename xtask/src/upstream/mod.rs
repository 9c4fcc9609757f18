//! The published pages: upstream's document, cut into slices between prose.
//!
//! - `index`, `fetch`: where the pages are, and how they are read.
//! - `page`: a page's blocks; `slice`: one operation's part of the document.
//! - `records`: what was taken from the pages before; `collect`: which slice is whose.
//! - `assemble`: the document, put together again.
//! - `prose`: what the property tables say otherwise; `explain`: what the ledger says to that.
//! - `found`: what can be wrong with pages; `check`: all of it.
//! - `report`: how it is written down; `pull`: how it is taken over.

mod assemble;
mod check;
mod collect;
mod explain;
mod fetch;
mod found;
mod index;
mod page;
mod prose;
mod pull;
mod records;
pub mod report;
mod slice;

pub use assemble::Assembled;
pub use check::{Checked, check};
pub use fetch::{address, fetch};
pub use found::{Found, Kind};
pub use page::{Page, Reading, read_pages};
pub use pull::{Plan, plan};
pub use records::Records;
