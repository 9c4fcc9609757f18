//! A stand-in for Xoxoday, to try things and to test against without an account.
//!
//! It speaks real HTTP/1.1 on loopback, keeps one company's wallet, its users'
//! balances and all issuances, and issues, rotates, expires and ends tokens. It knows
//! nothing of the client crates of this workspace: it is the second opinion.
//!
//! ```
//! use std::time::Duration;
//! use xoxoday_sandbox::{Operation, Sandbox, Trouble};
//!
//! let sandbox = Sandbox::start()?;
//! println!("{}", sandbox.origin());
//!
//! // The next refresh is done, and its answer lost.
//! sandbox.trouble(Operation::RefreshTokenPoints, Trouble::DropAnswer);
//! // The company's access tokens live 30 days.
//! sandbox.clock().advance(Duration::from_secs(31 * 86_400));
//! // What came of it:
//! assert!(sandbox.record().exchanges().is_empty());
//! # Ok::<(), xoxoday_sandbox::StartError>(())
//! ```
//!
//! | to | use |
//! | --- | --- |
//! | choose among what the sources disagree on | [`Switches`], [`Sandbox::switch`] |
//! | move time | [`Sandbox::clock`] |
//! | let something go wrong | [`Trouble`], [`Plan`], [`Sandbox::trouble`], [`Sandbox::go_offline`] |
//! | stop an answer, look, and let it go on | [`Trouble::Hold`] with a [`Gate`] |
//! | ask what it was sent | [`Sandbox::record`], [`Sandbox::wait_for`], [`Call`] |
//! | prove who lost a token | [`Record::refresh_tokens`], [`Delivery`] |
//! | count points | [`Sandbox::books`] |
//! | do what people do by hand | [`Sandbox::dashboard`] |
//!
//! # Where the sources say nothing
//!
//! - A missing or malformed `Authorization` is a 401 `invalid_request`; a wrong client
//!   id or secret is a 401 `Unauthorized`, and spends nothing.
//! - An unknown path is a 404 with PLE10030. A wrong method is a 405, a wrong media
//!   type a 415, any other malformed request a 400, all in the shape of the document's
//!   400.
//! - Points may be asked for with a company's or a user's token; only a company's may
//!   create user tokens (else PLE10019).
//! - A user who is looked up by address and phone is found by the address.
//! - Amounts are digits with at most 15 of them before and 8 behind the point.
//! - Who is sent points and was not known becomes a user.
//! - Cancelling a second time fails with `already cancelled` and moves nothing, so
//!   cancelling by id is safe to repeat. So does cancelling what was redeemed.
//! - Rejecting a spent token ends no other token.
//! - An answer that is lost does not undo the work, and a caller who hangs up does not
//!   prevent it, once the request has arrived whole.
//!
//! # From another process
//!
//! The program `xoxoday-sandbox` serves the same, and so does every [`Sandbox`], under
//! `/_sandbox/`: JSON in and out, `Content-Type: application/json` on every POST.
//!
//! | request | does |
//! | --- | --- |
//! | `GET state` | time, books, token pairs (without the tokens), switches |
//! | `GET record` | all requests, with headers and bodies, and the story of each refresh token |
//! | `GET switches`, `POST switches` | [`Switches`] by name; those not named stay |
//! | `POST clock` | `{"advance_ms": 1000}`, `{"rewind_ms": 1000}`, `{"set_ms": 1718000000000}`, `"stop"`, `"run"` |
//! | `POST trouble` | `{"operation": "sendPoints", "trouble": {"status": 502}, "moment": "after_work", "times": 2}`; only `trouble` is needed; `"until_cleared": true` for ever |
//! | `DELETE trouble` | forgets what has not yet struck |
//! | `POST dashboard` | `"new_pair"`, which answers with it, `"reset_password"`, `{"bar": "company_disabled"}`, `"unbar"` |
//!
//! Trouble is named as in [`Trouble`], in snake case, times in milliseconds:
//! `"drop_answer"`, `{"delay": 500}`, `{"redirect": {"status": 307, "location": "…"}}`,
//! `{"reject": {"shape": "token_error", "status": 200}}`. A hold needs a gate in the
//! process, and has no JSON.
#![warn(missing_docs)]

mod account;
mod admin;
mod answer;
mod body;
mod books;
mod builder;
mod clock;
mod connection;
mod dashboard;
mod failure;
mod gate;
mod handle;
mod log;
mod object;
mod operation;
mod pair;
mod points;
mod points_operations;
mod record;
mod request;
mod route;
mod sandbox;
mod send;
mod server;
mod sessions;
mod switches;
mod token_operations;
mod trouble;
mod world;

pub use crate::books::{Books, Issuance, User};
pub use crate::builder::{Builder, StartError};
pub use crate::clock::Clock;
pub use crate::dashboard::Dashboard;
pub use crate::failure::{ApplicationError, RateLimit, RateLimitShape, Rejection};
pub use crate::gate::Gate;
pub use crate::operation::Operation;
pub use crate::pair::{Pair, Revocation, Session, TokenState};
pub use crate::record::{Bearer, Call, Delivery, Record, RefreshTokenFacts, Successor, Work};
pub use crate::sandbox::Sandbox;
pub use crate::switches::{
    Lifetimes, Numbers, RefreshLimit, Replay, Rotation, SendAnswer, SendBody, Switches,
};
pub use crate::trouble::{Plan, Trouble};
