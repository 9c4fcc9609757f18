//! Points: balances, sending, cancelling.

mod cancel;
#[cfg(test)]
mod properties;
mod recipient;
mod send;
mod sent;

pub use cancel::{CancelResult, CancelledPoints};
pub use recipient::Recipient;
pub(crate) use send::SendBody;
pub use send::SendPoints;
pub use sent::{SendOutcome, SendResult, SentPoints, Unmatched};

use serde::Serialize;
use xoxoday_api::number::TransactionId;
use xoxoday_api::types::{self, FetchPointsQuery, StoreTag};
use xoxoday_api::{Operation, Points};

use crate::call::Reply;
use crate::classify::words;
use crate::client::Xoxoday;
use crate::email::Email;
use crate::errand::Errand;
use crate::error::{Error, ErrorKind};
use crate::members::Members;

/// The most recipients, or cancellations, in one call. Xoxoday documents no
/// limit for the API; its dashboard takes this many in a file.
pub const MOST_PER_CALL: usize = 500;

/// Balances, sending and cancelling: [`Xoxoday::points`], or on behalf of a user
/// [`UserSession::points`](crate::users::UserSession::points).
#[derive(Debug, Clone, Copy)]
pub struct PointsClient<'a> {
    xoxoday: &'a Xoxoday,
    user: Option<&'a Email>,
}

impl<'a> PointsClient<'a> {
    pub(crate) fn new(xoxoday: &'a Xoxoday, user: Option<&'a Email>) -> Self {
        Self { xoxoday, user }
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
            email: Some(email.into_string()),
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
        let reply = self.call(Operation::FetchPoints, &request).await?;
        reply.read(Operation::FetchPoints, total)
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
    /// of the issuances, [`ErrorKind::OutcomeUnknown`] where it does not say of
    /// all; [`Error::cancelled`] keeps what became of each.
    pub async fn cancel(
        &self,
        ids: impl IntoIterator<Item = impl Into<TransactionId>>,
    ) -> Result<CancelledPoints, Error> {
        let ids = ids.into_iter().map(Into::into).collect();
        cancel::cancel(*self, ids)
            .await
            .map_err(|error| error.during(Operation::CancelPoints))
    }

    async fn call(&self, operation: Operation, request: &impl Serialize) -> Result<Reply, Error> {
        self.run(Errand::of(operation), request).await
    }

    async fn run(&self, errand: Errand<'_>, request: &impl Serialize) -> Result<Reply, Error> {
        self.xoxoday.call(self.user, errand, Some(request)).await
    }
}

/// The balance in an answer, which may be a failure all the same.
fn total(answer: &str) -> Result<Points, Error> {
    let data = Members::of_sound(answer).object("data");
    let balance = data.and_then(|data| data.object("user_balance"));
    let total = balance.as_ref().and_then(|balance| balance.object("data"));
    let total = total.and_then(|data| data.read("total"));
    let succeeded = balance.as_ref().and_then(Members::succeeded);
    let message = balance.and_then(|balance| balance.text("message"));
    match (succeeded, total) {
        (Some(false), _) => Err(Error::new(ErrorKind::Refused, reason(message))),
        (_, Some(total)) => Ok(total),
        // Without a word of success, a message is why there is no balance.
        (None, None) if message.is_some() => Err(Error::new(ErrorKind::Refused, reason(message))),
        (_, None) => Err(Error::new(
            ErrorKind::Unexpected,
            "the answer has no balance",
        )),
    }
}

/// The server's reason, or that it gave none.
fn reason(message: Option<String>) -> String {
    message.map_or("no reason was given".into(), |message| words(&message))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(user_balance: &str) -> Result<String, ErrorKind> {
        let answer = format!(r#"{{"data":{{"user_balance":{user_balance}}}}}"#);
        match total(&answer) {
            Ok(total) => Ok(total.to_string()),
            Err(error) => Err(error.kind()),
        }
    }

    #[test]
    fn a_balance_is_read_whatever_stands_beside_it() {
        for beside in [
            r#""success":true"#,
            r#""success":"1","message":7"#,
            r#""success":"\ud800""#,
            r#""error":"","message":"success""#,
        ] {
            let read = balance(&format!(
                r#"{{{beside},"data":{{"total":"12.50","x":[]}}}}"#
            ));
            assert_eq!(read.as_deref(), Ok("12.50"), "{beside}");
        }
    }

    #[test]
    fn a_success_without_a_balance_makes_no_sense_and_is_no_refusal() {
        for odd in [
            r#"{"success":1,"message":"success"}"#,
            r#"{"success":1,"message":"success","data":{"total":"a lot"}}"#,
            r#"{"data":{"total":null}}"#,
            "[]",
        ] {
            assert_eq!(balance(odd), Err(ErrorKind::Unexpected), "{odd}");
        }
        for refusal in [
            r#"{"success":"false","message":"missing user's details","data":{"total":5}}"#,
            r#"{"message":"missing user's details","data":null}"#,
        ] {
            assert_eq!(balance(refusal), Err(ErrorKind::Refused), "{refusal}");
        }
    }
}
