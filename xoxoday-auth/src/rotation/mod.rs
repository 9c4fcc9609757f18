//! Keeping one account's tokens alive.
//!
//! - [`document`]: what is stored.
//! - [`policy`]: when to rotate, and how often at most.
//! - [`machine`]: what to do next, as a pure function.
//! - [`driver`]: does it, in a task of its own.
//! - [`snapshot`]: what callers read.
//! - [`seed`]: how the first tokens come in.
//! - [`clock`]: the time, injected.

pub(crate) mod clock;
mod document;
pub(crate) mod driver;
pub(crate) mod machine;
pub(crate) mod policy;
pub(crate) mod seed;
pub(crate) mod snapshot;

pub use clock::{Clock, SystemClock};
pub(crate) use document::Grant;
pub use document::{Account, DecodeError, Document};
pub use seed::Seed;
