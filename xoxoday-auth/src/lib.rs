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
//! New here? The [guides](guide) say what becomes of a call and of a token, what to do
//! when something fails, how to test your own code, and what to see to before real
//! points move.
//!
//! # What it takes care of
//!
//! - **Address.** Each operation goes to the server that Xoxoday's document
//!   gives for it in the chosen [`Environment`]. Where the document gives
//!   none, the call is refused unless you
//!   [allow the crossing](Builder::allow_crossing).
//! - **Tokens.** A refresh token works once and each use brings a new one. The
//!   new one is saved in a [store](TokenStore) before it is used; one exchange
//!   runs at a time; what another process has brought is taken over. See the
//!   [guarantees]. [Sessions of single users](Xoxoday::user_session) have tokens of
//!   their own, minted when they are wanted.
//! - **Secrets.** None can be printed: neither by `Debug`, nor in an [`Error`].
//!
//! # What a call does
//!
//! - **Time.** Connecting, a request and a whole call each have a limit: see
//!   [`Builder::total_timeout`] and its neighbours. An answer is read up to
//!   1 MiB.
//! - **Repetition.** Validating, reading balances and cancelling are repeated
//!   with growing waits ([`Retry`]), because doing them twice does no harm.
//!   Sending is not: it is sent again only when the server rejected the token
//!   and so did nothing. Without an answer it ends in
//!   [`ErrorKind::OutcomeUnknown`].
//! - **Errors** say what the caller must do: see the table at [`Error`]. What
//!   fails inside an answer of success is a failure, with the parts that
//!   succeeded kept ([`Error::sent`], [`Error::cancelled`]).
//!
//! # Watching it
//!
//! - [`Builder::observe`] is told of every request.
//! - [`Xoxoday::events`] tells what happens to the tokens.
//! - `tracing` has a span for each call of a facade, with its requests as children,
//!   and one for each rotation, with the exchange as its child. The raw client
//!   has those of its requests alone. Their names and fields are stable:
//!
//! | span | fields |
//! | --- | --- |
//! | `xoxoday.call` | `operation`, `environment`, `request_id`, `attempts` (requests), `duration_ms`, `outcome` (`success`, `dropped`, or the kind of the error: `invalid_input`, `unavailable`, `login_required`, `refused`, `outcome_unknown`, `unexpected`) |
//! | `xoxoday.request` | `operation`, `environment`, `request_id`, `attempt`, `generation`, `status`, `duration_ms`, `outcome` (`answered`, `token_rejected`, `rate_limited`, `refused`, `trouble`, `not_sent`, `no_answer`) |
//! | `xoxoday.rotation` | `operation`, `environment`, `reason` (`due`, `rejected`, `demanded`), `generation`, `duration_ms`, `outcome` (`rotated`, `adopted`, `still_fresh`, `login_required`, `braked`, `busy`, `halted`, `denied`, `unavailable`, `store_trouble`, `unsaved`) |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `rustls` | yes | TLS by rustls |
//! | `native-tls` | | TLS by the platform |
//! | `postgres` | | tokens in PostgreSQL, for replicas that share an account: `store::PostgresStore` |
//! | `seal` | | tokens sealed at rest, in any store: `store::Sealed` |
//! | `schemars` | | `JsonSchema` for the types of the API |
//! | `bulk` | | points to many, with a ledger beside the send: `bulk` |
//! | `cli` | | the `xoxoday` command, documented in the module `cli` |
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("guarantees.md")]
pub mod guarantees {}
pub mod guide;

/// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

mod answer;
mod builder;
#[cfg(feature = "bulk")]
pub mod bulk;
mod call;
mod classify;
#[cfg(feature = "cli")]
pub mod cli;
mod client;
mod codes;
mod email;
mod endpoints;
mod environment;
mod errand;
mod error;
mod events;
mod exchange;
mod hide;
mod http_clients;
mod letter;
mod limits;
mod lock;
mod members;
mod observe;
pub mod points;
#[cfg(test)]
mod properties;
mod random;
mod raw;
#[cfg(test)]
mod reading_properties;
mod retry;
mod rotation;
pub mod store;
pub mod stored;
pub mod tokens;
mod trace;
mod transport;
pub mod users;
mod vars;

pub use builder::Builder;
pub use client::Xoxoday;
pub use codes::Advice;
pub use email::{Email, InvalidEmail};
pub use environment::{Environment, InvalidEnvironment, Origin};
pub use error::{Error, ErrorKind};
pub use events::{Event, Events};
pub use observe::{Attempt, AttemptOutcome};
pub use points::Recipient;
pub use retry::Retry;
pub use rotation::{Account, AfterLostAnswer, Clock, DecodeError, Document, Seed, SystemClock};
pub use store::{FileStore, MemoryStore, TokenStore};
pub use stored::StoredTokens;
pub use users::UserSession;
pub use xoxoday_api::number::{EpochMillis, TransactionId};
pub use xoxoday_api::secret::{AccessToken, ClientSecret, RefreshToken};
pub use xoxoday_api::{self as api, Amount, Operation, Points};
