//! Everything that can be asked of a client: each operation by its facade, and
//! by the raw client.

use std::fmt;
use std::str::FromStr;

use xoxoday_auth::api::number::TransactionId;
use xoxoday_auth::api::types;
use xoxoday_auth::{Error, Points, Recipient, Xoxoday, api};
use xoxoday_sandbox::Operation;

use crate::{BOSS, JOHN, marked};

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// What it asks for.
    pub operation: Operation,
    /// Whether it is made by the generated client rather than by a facade.
    pub raw: bool,
}

/// Why a call failed.
#[derive(Debug)]
pub enum Failure {
    /// In a facade.
    Facade(Error),
    /// In the raw client: what its own error prints, in every way.
    Raw(String),
}

impl Call {
    /// Each operation of the document, by its facade and by the raw client.
    pub fn all() -> impl Iterator<Item = Self> {
        [false, true].into_iter().flat_map(|raw| {
            [
                Operation::ValidateTokenPoints,
                Operation::RefreshTokenPoints,
                Operation::CreateUserToken,
                Operation::FetchPoints,
                Operation::SendPoints,
                Operation::CancelPoints,
            ]
            .map(|operation| Self { operation, raw })
        })
    }

    /// An operation by the raw client.
    pub fn raw(operation: Operation) -> Self {
        let raw = true;
        Self { operation, raw }
    }

    /// Makes it, and returns what its success prints.
    pub async fn make(self, xoxoday: &Xoxoday) -> Result<String, Failure> {
        if self.raw {
            self.make_raw(xoxoday.api()).await
        } else {
            self.make_by_facade(xoxoday).await.map_err(Failure::Facade)
        }
    }

    async fn make_by_facade(self, xoxoday: &Xoxoday) -> Result<String, Error> {
        let points = xoxoday.points();
        match self.operation {
            Operation::ValidateTokenPoints => printed(xoxoday.tokens().validate().await),
            Operation::RefreshTokenPoints => printed(xoxoday.tokens().rotate().await),
            Operation::CreateUserToken => printed(xoxoday.user_tokens().create(BOSS).await),
            Operation::FetchPoints => printed(points.balance(JOHN).await),
            Operation::SendPoints => {
                let send = points.send_from(BOSS).to(Recipient::new(JOHN, 1)?);
                printed(send.send().await)
            }
            Operation::CancelPoints => printed(points.cancel([TransactionId::new(7)]).await),
            Operation::RefreshUserToken => unreachable!("the document does not have it"),
        }
    }

    async fn make_raw(self, api: &api::Client) -> Result<String, Failure> {
        match self.operation {
            Operation::ValidateTokenPoints => told(api.validate_token_points().await),
            Operation::RefreshTokenPoints => told(api.refresh_token_points(&refresh()).await),
            Operation::CreateUserToken => told(api.create_user_token(&create()).await),
            Operation::FetchPoints => told(api.fetch_points(&fetch()).await),
            Operation::SendPoints => told(api.send_points(&send()).await),
            Operation::CancelPoints => told(api.cancel_points(&cancel()).await),
            Operation::RefreshUserToken => unreachable!("the document does not have it"),
        }
    }
}

fn printed<T: fmt::Debug, E>(made: Result<T, E>) -> Result<String, E> {
    made.map(|made| format!("{made:?}\n{made:#?}"))
}

fn told<T: fmt::Debug, E: fmt::Debug>(made: Result<T, api::Error<E>>) -> Result<String, Failure> {
    let made = made.map_err(|error| format!("{}\n{error:?}\n{error:#?}", whole_chain(&error)));
    printed(made).map_err(Failure::Raw)
}

/// An error and all that caused it, in every way of printing them.
pub fn whole_chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!("{error}\n{error:#}\n{error:?}\n{error:#?}\n");
        next = error.source();
    }
    text
}

/// Sends John 5 points, and returns the transaction.
pub async fn send_one(xoxoday: &Xoxoday) -> Result<TransactionId, Error> {
    let send = xoxoday.points().send_from(BOSS);
    let sent = send.to(Recipient::new(JOHN, 5)?).send().await?;
    let transaction = sent.results.first().and_then(|result| result.transaction);
    Ok(transaction.expect("the sandbox gives each issuance a number"))
}

/// `sendPoints`, or `raw:sendPoints`.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.raw { "raw:" } else { "" };
        write!(f, "{way}{}", self.operation)
    }
}

impl FromStr for Call {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all()
            .find(|call| call.to_string() == text)
            .ok_or_else(|| format!("no call {text}"))
    }
}

/// Presents a refresh token of nobody's: the sandbox refuses it.
pub fn refresh() -> types::RefreshTokenRequest {
    types::RefreshTokenRequest {
        grant_type: types::GrantType::RefreshToken,
        refresh_token: marked!("refresh-of-nobody").into(),
        client_id: "client-1".into(),
        client_secret: marked!("secret-1").into(),
    }
}

fn create() -> types::CreateUserTokenRequest {
    types::CreateUserTokenRequest {
        scope: "user_session".into(),
        user_input: BOSS.into(),
    }
}

fn fetch() -> types::FetchPointsRequest {
    types::FetchPointsRequest {
        query: types::FetchPointsQuery::StoresAdminQueryUserBalance,
        tag: types::StoreTag::StoreAdmin,
        variables: types::FetchPointsVariables {
            user_data: Some(types::UserLookup {
                email: Some(JOHN.into()),
                phone: None,
            }),
        },
    }
}

fn send() -> types::SendPointsRequest {
    types::SendPointsRequest {
        query: types::SendPointsQuery::StoresAdminMutationSendBalance,
        tag: types::StoreTag::StoreAdmin,
        variables: types::SendPointsVariables {
            sender_email: BOSS.into(),
            expiry_month: None,
            recipients: vec![types::Recipient {
                amount: Points::from(1_u32).try_into().expect("above zero"),
                citation: None,
                to_email: JOHN.into(),
                to_name: None,
            }],
        },
    }
}

fn cancel() -> types::CancelPointsRequest {
    types::CancelPointsRequest {
        query: types::CancelPointsQuery::StoresAdminMutationCancelBalance,
        tag: types::StoreTag::StoreAdmin,
        variables: types::CancelPointsVariables {
            recipients_data: Some(types::CancellationBatch {
                recipients: vec![types::Cancellation {
                    unique_id: TransactionId::new(7),
                }],
            }),
        },
    }
}
