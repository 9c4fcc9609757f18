//! Refresh tokens as numbers, in the order in which the server issues them.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::RefreshToken;

use super::super::staged::Staged;

/// The how manyeth refresh token of the account.
pub(super) type Token = u8;

pub(super) fn text(token: Token) -> String {
    format!("r{token}")
}

pub(super) fn number(refresh: &RefreshToken) -> Token {
    let digits = refresh.expose().trim_start_matches('r');
    digits.parse().expect("a token of the model")
}

/// What the token endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    Pair(Token),
    Rejection,
    Limit,
    Trouble,
    Garbage,
}

/// The pause that a rate limit asks for.
pub(super) const PENALTY_SECONDS: u32 = 100;

impl Answer {
    pub(super) fn staged(self, now: EpochMillis) -> Staged {
        let (status, body) = match self {
            Self::Pair(token) => {
                let refresh = text(token);
                let body = format!(r#"{{"access_token":"a","refresh_token":"{refresh}"}}"#);
                (200, body)
            }
            Self::Rejection => (401, r#"{"error":"invalid_token"}"#.to_owned()),
            Self::Limit => (
                200,
                format!(
                    r#"{{"errors":[{{"message":"auth.request_limit_exceeded","penaltySeconds":{PENALTY_SECONDS}}}]}}"#
                ),
            ),
            Self::Trouble => (502, String::new()),
            Self::Garbage => (200, "<html>".to_owned()),
        };
        let status = StatusCode::from_u16(status).expect("a status");
        Staged::new(status, &HeaderMap::new(), body.as_bytes(), now, now)
    }
}

/// Some of the tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Tokens(u32);

impl Tokens {
    pub(super) fn of(token: Token) -> Self {
        Self(1 << token)
    }

    pub(super) fn insert(&mut self, token: Token) {
        self.0 |= 1 << token;
    }

    pub(super) fn remove(&mut self, token: Token) {
        self.0 &= !(1 << token);
    }

    pub(super) fn contains(self, token: Token) -> bool {
        self.0 & 1 << token != 0
    }

    pub(super) fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub(super) fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub(super) fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}
