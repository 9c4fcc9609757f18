//! Xoxoday reward points: every call at its right address, with a token that
//! rotates itself and is not lost.
//!
//! ```no_run
//! # async fn run() -> Result<(), xoxoday_auth::Error> {
//! use xoxoday_auth::{Recipient, Xoxoday};
//!
//! let xoxoday = Xoxoday::from_env().await?;
//! let sent = xoxoday
//!     .points()
//!     .send_from("superadmin@yourcompany.com")
//!     .to(Recipient::new("john@company.com", 100)?.citation("Awesome work"))
//!     .send()
//!     .await?;
//! println!("all credited: {}", sent.all_credited());
//! xoxoday.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What it takes care of
//!
//! - **Address.** Each operation goes to the server that Xoxoday's document
//!   gives for it in the chosen [`Environment`]. Where the document gives
//!   none, the call is refused unless you
//!   [allow the crossing](Builder::allow_crossing).
//! - **Tokens.** A refresh token works once and each use brings a new one. The
//!   new one is saved in a [store](TokenStore) before it is used; one exchange
//!   runs at a time; what another process has brought is taken over.
//! - **Secrets.** None can be printed: neither by `Debug`, nor in an [`Error`].
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `rustls` | yes | TLS by rustls |
//! | `native-tls` | | TLS by the platform |
//! | `schemars` | | `JsonSchema` for the types of the API |
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod classify;
mod client;
mod email;
mod endpoints;
mod environment;
mod error;
mod exchange;
pub mod points;
mod rotation;
pub mod store;
pub mod tokens;
mod transport;
pub mod users;
mod vars;

pub use builder::Builder;
pub use client::Xoxoday;
pub use email::{Email, InvalidEmail};
pub use environment::{Environment, InvalidEnvironment, Origin};
pub use error::{Error, ErrorKind};
pub use points::Recipient;
pub use rotation::{Account, Clock, DecodeError, Document, Seed, SystemClock};
pub use store::{FileStore, MemoryStore, TokenStore};
pub use xoxoday_api::number::{EpochMillis, TransactionId};
pub use xoxoday_api::secret::{AccessToken, ClientSecret, RefreshToken};
pub use xoxoday_api::{self as api, Amount, Operation, Points};
