//! Keeping one account's tokens alive.
//!
//! - [`document`]: what is stored.
//! - [`policy`]: when to rotate, and how often at most.
//! - [`machine`]: what to do next, as a pure function; [`protocol`]: its words;
//!   [`merge`]: of two writers' documents.
//! - [`staged`], [`verdict`], [`granted`]: what an answer means, once it is saved.
//! - [`driver`]: does it; [`worker`]: on a thread of its own.
//! - [`opening`]: the first document of a process; [`importing`]: what a person
//!   brings in besides.
//! - [`rescue`]: where an answer survives that no store takes; [`safekeeping`]: when it
//!   goes there.
//! - [`snapshot`]: what callers read.
//! - [`keeper`]: rotates by the clock; [`strikes`], [`in_vain`]: not for nothing;
//!   [`herald`]: tells of it.
//! - [`seed`]: how the first tokens come in.
//! - [`clock`]: the time, injected; [`pause`]: in which nothing is done.

pub(crate) mod clock;
mod document;
pub(crate) mod driver;
mod granted;
mod herald;
pub(crate) mod importing;
mod in_vain;
mod keeper;
mod machine;
mod merge;
#[cfg(test)]
mod model;
pub(crate) mod opening;
pub(crate) mod pause;
pub(crate) mod policy;
pub(crate) mod protocol;
pub(crate) mod rescue;
mod safekeeping;
pub(crate) mod seed;
pub(crate) mod snapshot;
mod staged;
mod strikes;
pub(crate) mod verdict;
mod worker;

pub use clock::{Clock, SystemClock};
pub use document::{Account, DecodeError, Document};
pub use importing::Import;
pub use policy::AfterLostAnswer;
pub(crate) use protocol::{Exchanged, Presentation};
pub use seed::Seed;
pub(crate) use staged::Staged;
