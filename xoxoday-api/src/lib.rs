//! A client for the Xoxoday Reward Points API, generated from its OpenAPI
//! document, with the types and the table of operations that go with it.
//!
//! This is the low-level half: it neither holds tokens nor chooses servers.
//! Most people want the crate `xoxoday-auth`, which does both and hands out
//! this client, authenticated, as `xoxoday.api()`.
//!
//! - [`Client`] has a method for each operation. It is made from a
//!   [`Transport`], which gives each call its address.
//! - [`types`] are the bodies of requests and answers. Numbers in them are
//!   read from JSON numbers and strings alike, amounts of points are exact
//!   decimals ([`Points`], [`Amount`]), and secrets cannot be printed
//!   ([`secret`]).
//! - [`Operation`] is the table of operations: method, path, servers, and
//!   whether a bearer is sent.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `rustls` | yes | TLS by rustls |
//! | `native-tls` | | TLS by the platform |
//! | `httpmock` | | `httpmock`: typed mocks of the operations for your own tests |
//! | `schemars` | | `JsonSchema` for all types |
//!
//! # Errors of the generated client
//!
//! Do not print or log [`Error`]: its text repeats the body of an answer that
//! could not be read, and the body of a token answer is a secret. The facades
//! of `xoxoday-auth` have errors that are safe to print.
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod exact;
// As the generator formats it, which no version of rustfmt changes.
#[rustfmt::skip]
mod generated;
pub mod number;
pub mod points;
#[cfg(test)]
mod properties;
pub mod secret;
pub mod transport;

pub use exact::NotANumber;
pub use generated::client::{ByteStream, Client, ClientInfo, Error, ResponseValue, types};
#[cfg(feature = "httpmock")]
pub use generated::httpmock;
pub use generated::operations::{Operation, Server};
pub use points::{Amount, Points};
pub use rust_decimal::Decimal;
pub use transport::Transport;
