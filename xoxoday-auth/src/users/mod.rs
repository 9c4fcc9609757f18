//! Single users: their token sets, minted with the company's token, and the
//! points on their behalf.
//!
//! - `minting`: asks for a token set.
//! - `session`: keeps one user's alive; `cache`: those of all.
//! - `handle`: what callers hold.

mod cache;
mod handle;
mod minting;
mod session;

pub(crate) use cache::Sessions;
pub use handle::UserSession;
pub use minting::{UserTokens, UserTokensClient};
pub(crate) use session::Session;
