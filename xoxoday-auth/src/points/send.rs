//! Sending points.

use serde::Serialize;
use xoxoday_api::Operation;
use xoxoday_api::number::Months;
use xoxoday_api::types::{self, SendPointsQuery, StoreTag};

use super::sent::{self, SentPoints};
use super::{PointsClient, Recipient, check_length};
use crate::email::Email;
use crate::errand::Errand;
use crate::error::{Error, ErrorKind};

/// Points about to be sent: [`PointsClient::send_from`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct SendPoints<'a> {
    points: PointsClient<'a>,
    sender: String,
    recipients: Vec<Recipient>,
    expiry_months: Option<u32>,
    request_id: Option<String>,
}

impl<'a> SendPoints<'a> {
    pub(super) fn new(points: PointsClient<'a>, sender: &str) -> Self {
        Self {
            points,
            sender: sender.to_owned(),
            recipients: Vec::new(),
            expiry_months: None,
            request_id: None,
        }
    }

    /// Adds a recipient.
    pub fn to(mut self, recipient: Recipient) -> Self {
        self.recipients.push(recipient);
        self
    }

    /// Adds recipients.
    pub fn to_all(mut self, recipients: impl IntoIterator<Item = Recipient>) -> Self {
        self.recipients.extend(recipients);
        self
    }

    /// Lets the points expire after so many months.
    pub fn expiry_months(mut self, months: u32) -> Self {
        self.expiry_months = Some(months);
        self
    }

    /// Sends it under a name that was written down before.
    #[cfg(feature = "bulk")]
    pub(crate) fn request_id(mut self, id: &str) -> Self {
        self.request_id = Some(id.to_owned());
        self
    }

    /// Sends the points.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] where sender or recipients are missing or
    /// wrong; nothing was sent then. [`ErrorKind::Refused`] where Xoxoday
    /// refused the whole request or some of the recipients.
    /// [`ErrorKind::OutcomeUnknown`] where points may have been credited or
    /// not: there is no idempotency key, so look at the balances before
    /// anything is repeated. [`Error::sent`] keeps what is known of each.
    ///
    /// Only what an answer says of a recipient is believed, and the answer in
    /// the document speaks of one: where that comes, a send to several ends in
    /// [`ErrorKind::OutcomeUnknown`] with all the others unreported. Send to
    /// one at a time then.
    pub async fn send(self) -> Result<SentPoints, Error> {
        self.deliver()
            .await
            .map_err(|error| error.during(Operation::SendPoints))
    }

    async fn deliver(self) -> Result<SentPoints, Error> {
        let sender: Email = self
            .sender
            .parse()
            .map_err(|error| Error::input("sender", error))?;
        check_length("recipients", self.recipients.len())?;
        if self.expiry_months == Some(0) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "points that expire after 0 months: give at least 1, or leave it out",
            ));
        }
        let variables = types::SendPointsVariables {
            expiry_month: self.expiry_months.map(|months| Months::new(months.into())),
            recipients: self.recipients.iter().map(Recipient::to_wire).collect(),
            sender_email: sender.to_string(),
        };
        let errand = Errand::of(Operation::SendPoints).known_as(self.request_id.as_deref());
        let points = self.points;
        let reply = match points.xoxoday.send_body {
            SendBody::AsDocumented => {
                let request = Request::new(variables);
                points.run(errand, &request).await
            }
            SendBody::Wrapped => {
                let request = Request::new(Wrapped {
                    recipients_data: variables,
                });
                points.run(errand, &request).await
            }
        };
        match reply {
            Ok(reply) => reply.read(Operation::SendPoints, |answer| {
                sent::understand(self.recipients, answer)
            }),
            Err(error) if error.is_outcome_unknown() => {
                Err(error.with_sent(SentPoints::unreported(self.recipients)))
            }
            Err(error) => Err(error),
        }
    }
}

/// Which of the two documented bodies is sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum SendBody {
    /// `variables.{…}`: the document and its example.
    #[default]
    AsDocumented,
    /// `variables.recipients_data.{…}`: the prose beside it.
    Wrapped,
}

#[derive(Serialize)]
struct Request<V> {
    query: SendPointsQuery,
    tag: StoreTag,
    variables: V,
}

#[derive(Serialize)]
struct Wrapped {
    recipients_data: types::SendPointsVariables,
}

impl<V> Request<V> {
    fn new(variables: V) -> Self {
        Self {
            query: SendPointsQuery::StoresAdminMutationSendBalance,
            tag: StoreTag::StoreAdmin,
            variables,
        }
    }
}
