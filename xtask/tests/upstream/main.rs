//! `cargo xtask upstream` as a command: the project's own pages, and what can become of them.

mod http;
#[path = "../support/numbers.rs"]
mod numbers;
mod pages;
mod patches;
mod project;
mod prose;
mod pull;
mod server;
