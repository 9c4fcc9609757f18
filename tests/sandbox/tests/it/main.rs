//! What the sandbox promises, over the wire. One program, so that it is linked once.

mod admin;
mod client;
mod document;
mod plans;
mod points;
mod program;
mod record;
mod refusals;
mod rotation;
mod tokens;
mod trouble;
