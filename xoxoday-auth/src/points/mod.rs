//! Points: balances, sending, cancelling.

mod cancel;
mod recipient;
mod send;

pub use cancel::{CancelResult, CancelledPoints};
pub use recipient::Recipient;
pub(crate) use send::SendBody;
pub use send::{SendOutcome, SendPoints, SendResult, SentPoints};

use serde::Serialize;
use xoxoday_api::number::{Integer, TransactionId};
use xoxoday_api::types::{self, FetchPointsQuery, StoreTag};
use xoxoday_api::{Operation, Points};

use crate::call::Reply;
use crate::classify::words;
use crate::client::Xoxoday;
use crate::email::Email;
use crate::error::{Error, ErrorKind};

/// The most recipients, or cancellations, in one call. Xoxoday documents no
/// limit for the API; its dashboard takes this many in a file.
pub const MOST_PER_CALL: usize = 500;

/// Balances, sending and cancelling: [`Xoxoday::points`].
#[derive(Debug, Clone, Copy)]
pub struct PointsClient<'a>(&'a Xoxoday);

impl<'a> PointsClient<'a> {
    pub(crate) fn new(xoxoday: &'a Xoxoday) -> Self {
        Self(xoxoday)
    }

    /// The points that a user can spend.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for what is no address,
    /// [`ErrorKind::Refused`] where Xoxoday does not know the user.
    pub async fn balance(&self, email: impl AsRef<str>) -> Result<Points, Error> {
        let email: Email = email
            .as_ref()
            .parse()
            .map_err(|error| Error::input("email", error).during(Operation::FetchPoints))?;
        self.balance_of(types::UserLookup {
            email: Some(email.to_string()),
            phone: None,
        })
        .await
    }

    /// The points that the user with a phone number can spend. The number is
    /// written with the country's calling code: `+91-8999888887`.
    ///
    /// # Errors
    ///
    /// Those of [`balance`](Self::balance).
    pub async fn balance_by_phone(&self, phone: impl AsRef<str>) -> Result<Points, Error> {
        let phone = phone.as_ref().trim();
        let written = phone
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b' '));
        if !written || !phone.bytes().any(|b| b.is_ascii_digit()) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "phone: expected digits with the calling code, such as +91-8999888887",
            )
            .during(Operation::FetchPoints));
        }
        self.balance_of(types::UserLookup {
            email: None,
            phone: Some(phone.to_owned()),
        })
        .await
    }

    async fn balance_of(&self, user: types::UserLookup) -> Result<Points, Error> {
        let request = types::FetchPointsRequest {
            query: FetchPointsQuery::StoresAdminQueryUserBalance,
            tag: StoreTag::StoreAdmin,
            variables: types::FetchPointsVariables {
                user_data: Some(user),
            },
        };
        let reply = self.call::<types::FetchPointsResponse>(Operation::FetchPoints, &request);
        reply.await?.read(Operation::FetchPoints, total)
    }

    /// Starts to send points out of a Super Admin's wallet.
    pub fn send_from(&self, sender: impl AsRef<str>) -> SendPoints<'a> {
        SendPoints::new(*self, sender.as_ref())
    }

    /// Cancels issuances by their transaction ids, with a result for each.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for an empty list, and where the operation
    /// has no server in the chosen environment (the document has one in
    /// Production alone): see [`Builder::allow_crossing`](crate::Builder::allow_crossing).
    /// [`ErrorKind::Refused`] where Xoxoday refused the whole request or some
    /// of the issuances; [`Error::cancelled`] keeps what became of each.
    pub async fn cancel(
        &self,
        ids: impl IntoIterator<Item = impl Into<TransactionId>>,
    ) -> Result<CancelledPoints, Error> {
        let ids = ids.into_iter().map(Into::into).collect();
        cancel::cancel(*self, ids)
            .await
            .map_err(|error| error.during(Operation::CancelPoints))
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        operation: Operation,
        request: &impl Serialize,
    ) -> Result<Reply<T>, Error> {
        self.0.call(operation, Some(request)).await
    }
}

/// The balance in an answer, which may be a failure all the same.
fn total(answer: types::FetchPointsResponse) -> Result<Points, Error> {
    let Some(balance) = answer.data.and_then(|data| data.user_balance) else {
        return Err(Error::new(
            ErrorKind::Unexpected,
            "the answer has no balance",
        ));
    };
    match balance.data.and_then(|data| data.total) {
        Some(total) if balance.success != Some(Integer::new(0)) => Ok(total),
        _ => Err(refused(balance.message)),
    }
}

/// The server's reason, or that it gave none.
fn reason(message: Option<String>) -> String {
    message.map_or("no reason was given".into(), |message| words(&message))
}

fn refused(message: Option<String>) -> Error {
    Error::new(ErrorKind::Refused, reason(message))
}

/// A 200 that does not say what became of the points.
fn said_nothing() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "the answer does not say what became of the points: look before this is repeated",
    )
}

/// A list that is neither empty nor longer than one call may be.
fn check_length(what: &str, length: usize) -> Result<(), Error> {
    let message = match length {
        0 => format!("no {what}: give at least one"),
        1..=MOST_PER_CALL => return Ok(()),
        _ => format!("{length} {what} in one call: give at most {MOST_PER_CALL} at a time"),
    };
    Err(Error::new(ErrorKind::InvalidInput, message))
}
