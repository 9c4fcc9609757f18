use std::fmt;

use serde::{Deserialize, Serialize};

/// What a request asks for, under the document's own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// `GET /chef/v1/oauth/token`
    ValidateTokenPoints,
    /// `POST /chef/v1/oauth/token/company`
    RefreshTokenPoints,
    /// `POST /chef/v1/oauth/token/user`: the refresh of a user session, which
    /// the documentation names and the OpenAPI document leaves out.
    RefreshUserToken,
    /// `POST /chef/v1/oauth/token/create/user`
    CreateUserToken,
    /// `POST /chef/v1/oauth/api` with `storesAdmin.query.user_balance`
    FetchPoints,
    /// `POST /chef/v1/oauth/api` with `storesAdmin.mutation.sendBalance`
    SendPoints,
    /// `POST /chef/v1/oauth/api` with `storesAdmin.mutation.cancelBalance`
    CancelPoints,
}

impl Operation {
    /// The operation's id in the OpenAPI document.
    pub fn id(self) -> &'static str {
        match self {
            Self::ValidateTokenPoints => "validateTokenPoints",
            Self::RefreshTokenPoints => "refreshTokenPoints",
            Self::RefreshUserToken => "refreshUserToken",
            Self::CreateUserToken => "createUserToken",
            Self::FetchPoints => "fetchPoints",
            Self::SendPoints => "sendPoints",
            Self::CancelPoints => "cancelPoints",
        }
    }

    /// Whether a refresh token is presented here.
    pub fn is_refresh(self) -> bool {
        matches!(self, Self::RefreshTokenPoints | Self::RefreshUserToken)
    }

    pub(crate) fn of_query(query: &str) -> Option<Self> {
        match query {
            "storesAdmin.query.user_balance" => Some(Self::FetchPoints),
            "storesAdmin.mutation.sendBalance" => Some(Self::SendPoints),
            "storesAdmin.mutation.cancelBalance" => Some(Self::CancelPoints),
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
