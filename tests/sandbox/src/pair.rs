use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;

use crate::clock::whole_ms;
use crate::switches::Rotation;

/// Whose session a pair belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// The company's, made in the dashboard or by refresh at `/token/company`.
    Company,
    /// A Super Admin's, made by `/token/create/user` or by refresh at
    /// `/token/user`.
    User(String),
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It is accepted.
    Live,
    /// The pair was exchanged for a newer one, and there is no grace left.
    Spent,
    /// It came to its own end.
    Expired,
    /// It was ended before its time.
    Revoked,
}

/// Why a pair was ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// Someone made a new pair in the dashboard.
    NewPairInDashboard,
    /// A Super Admin reset the password.
    PasswordReset,
    /// The session had more live pairs than it may have.
    TooManyPairs,
    /// Too many requests to the refresh endpoint.
    TooManyRefreshes,
}

/// An access token and its refresh token, with their history. Neither `Debug`
/// nor JSON shows the tokens.
#[derive(Clone, Serialize)]
pub struct Pair {
    /// Counts up by one with every pair the sandbox makes.
    pub generation: u64,
    /// Whose it is.
    pub session: Session,
    /// The generation whose refresh token brought this one; none, if it came
    /// from the dashboard or from a company token.
    pub predecessor: Option<u64>,
    /// When it was made, in milliseconds since 1970.
    pub issued_at_ms: u64,
    /// When the access token ends of itself.
    pub access_ends_at_ms: u64,
    /// When the refresh token ends of itself.
    pub refresh_ends_at_ms: u64,
    /// When the refresh token was first exchanged.
    pub spent_at_ms: Option<u64>,
    /// Why it was ended before its time, if it was.
    pub revoked: Option<Revocation>,
    #[serde(skip)]
    pub(crate) access: String,
    #[serde(skip)]
    pub(crate) refresh: String,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair")
            .field("generation", &self.generation)
            .field("session", &self.session)
            .field("predecessor", &self.predecessor)
            .field("issued_at_ms", &self.issued_at_ms)
            .field("spent_at_ms", &self.spent_at_ms)
            .field("revoked", &self.revoked)
            .finish_non_exhaustive()
    }
}

impl Pair {
    /// The access token.
    pub fn access_token(&self) -> &str {
        &self.access
    }

    /// The refresh token.
    pub fn refresh_token(&self) -> &str {
        &self.refresh
    }

    pub(crate) fn access_state(&self, now_ms: u64, rotation: Rotation) -> TokenState {
        if self.revoked.is_some() {
            TokenState::Revoked
        } else if now_ms >= self.access_ends_at_ms {
            TokenState::Expired
        } else if self.spent_at_ms.is_some() && rotation == Rotation::Strict {
            TokenState::Spent
        } else {
            TokenState::Live
        }
    }

    pub(crate) fn refresh_state(&self, now_ms: u64, rotation: Rotation) -> TokenState {
        if self.revoked.is_some() {
            TokenState::Revoked
        } else if now_ms >= self.refresh_ends_at_ms {
            TokenState::Expired
        } else if self.spent_at_ms.is_none() || self.in_grace(now_ms, rotation) {
            TokenState::Live
        } else {
            TokenState::Spent
        }
    }

    pub(crate) fn in_grace(&self, now_ms: u64, rotation: Rotation) -> bool {
        match (rotation, self.spent_at_ms) {
            (Rotation::Grace { window, .. }, Some(spent)) => {
                now_ms < spent.saturating_add(whole_ms(window))
            }
            _ => false,
        }
    }

    pub(crate) fn is_live(&self, now_ms: u64, rotation: Rotation) -> bool {
        self.access_state(now_ms, rotation) == TokenState::Live
            || self.refresh_state(now_ms, rotation) == TokenState::Live
    }
}

/// An access token looks as they do in the wild: not a JWT, but JSON in base64.
pub(crate) fn access_token(prefix: &str, session: &Session, now_ms: u64) -> String {
    let token = json!({
        "tokenContent": {
            "issuedFor": match session {
                Session::Company => "company_session",
                Session::User(_) => "user_session",
            },
            "issuedAt": now_ms,
        },
        "tokenSignature": random_text(),
    });
    format!("{prefix}{}", STANDARD.encode(token.to_string()))
}

/// A refresh token, a client secret: something that no one can guess.
pub(crate) fn secret(prefix: &str) -> String {
    format!("{prefix}{}", random_text())
}

fn random_text() -> String {
    STANDARD.encode(rand::random::<[u8; 33]>())
}
