//! `cargo xtask upstream` as a command: the project's own pages, and what can become of them.

mod http;
mod pages;
mod project;
mod prose;
mod pull;
mod server;
