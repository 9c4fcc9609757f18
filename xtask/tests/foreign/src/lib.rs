//! Clients of documents that are not this project's, as `cargo xtask generate --spec` makes them.
//!
//! The documents are in `documents/`. `xtask/tests/foreign_documents.rs` keeps these modules what
//! would be generated; that they compile, and what they send, is tested here.

pub mod jobs;
pub mod queue;
pub mod shapes;
