//! Sending points.
//!
//! Xoxoday's sources show three answers, and all are understood: one issuance
//! in `data`, a verdict in `data.sendBalance`, and that verdict with an entry
//! for each recipient. Only what an answer says of a recipient is believed.

use serde::Serialize;
use xoxoday_api::number::{Months, TransactionId};
use xoxoday_api::types::{self, SendPointsQuery, StoreTag};
use xoxoday_api::{Operation, Points};

use super::{PointsClient, Recipient, check_length};
use crate::call::Reply;
use crate::email::Email;
use crate::error::{Error, ErrorKind};

/// Points about to be sent: [`PointsClient::send_from`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct SendPoints<'a> {
    points: PointsClient<'a>,
    sender: String,
    recipients: Vec<Recipient>,
    expiry_months: Option<u32>,
}

/// What became of a request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentPoints {
    /// A result for each recipient, in the order they were given.
    pub results: Vec<SendResult>,
    /// The server's summary, where it gave one.
    pub message: Option<String>,
}

/// What became of one recipient's points.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendResult {
    /// Who was to receive.
    pub recipient: Recipient,
    /// What became of it.
    pub outcome: SendOutcome,
    /// What to cancel the issuance by. Not every answer gives one.
    pub transaction: Option<TransactionId>,
    /// What the server credited, where it says.
    pub points: Option<Points>,
}

/// What became of one recipient's points.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendOutcome {
    /// They were credited.
    Credited,
    /// They were not, and this is what the server says.
    Refused(String),
    /// The answer does not mention this recipient: look at the balance before
    /// anything is repeated.
    Unreported,
}

impl SentPoints {
    /// The results of those who were credited.
    pub fn credited(&self) -> impl Iterator<Item = &SendResult> {
        self.results
            .iter()
            .filter(|result| result.outcome == SendOutcome::Credited)
    }

    /// Whether every recipient was credited.
    pub fn all_credited(&self) -> bool {
        self.credited().count() == self.results.len()
    }

    /// A send of which a part failed is a failure, with the parts kept.
    fn into_result(self) -> Result<Self, Error> {
        let all = self.results.len();
        let count = |wanted: fn(&SendOutcome) -> bool| {
            let outcomes = self.results.iter().map(|result| &result.outcome);
            outcomes.filter(|outcome| wanted(outcome)).count()
        };
        let unreported = count(|outcome| matches!(outcome, SendOutcome::Unreported));
        let refused = count(|outcome| matches!(outcome, SendOutcome::Refused(_)));
        let (kind, message) = if unreported > 0 {
            (
                ErrorKind::OutcomeUnknown,
                format!(
                    "the answer does not say what became of {unreported} of {all} recipients ({refused} were refused): \
                     look at their balances before this is repeated"
                ),
            )
        } else if refused > 0 {
            let reason = self
                .results
                .iter()
                .find_map(|result| match &result.outcome {
                    SendOutcome::Refused(reason) => Some(reason.as_str()),
                    _ => None,
                });
            let reason = reason.unwrap_or_default();
            (
                ErrorKind::Refused,
                format!(
                    "{refused} of {all} recipients were refused, the others credited: {reason}"
                ),
            )
        } else {
            return Ok(self);
        };
        Err(Error::new(kind, message).with_sent(self))
    }
}

impl<'a> SendPoints<'a> {
    pub(super) fn new(points: PointsClient<'a>, sender: &str) -> Self {
        Self {
            points,
            sender: sender.to_owned(),
            recipients: Vec::new(),
            expiry_months: None,
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
        let reply: Reply<types::SendPointsResponse> = match self.points.0.send_body {
            SendBody::AsDocumented => {
                let request = Request::new(variables);
                self.points.call(Operation::SendPoints, &request).await?
            }
            SendBody::Wrapped => {
                let request = Request::new(Wrapped {
                    recipients_data: variables,
                });
                self.points.call(Operation::SendPoints, &request).await?
            }
        };
        reply.read(Operation::SendPoints, |answer| {
            understand(self.recipients, answer)?.into_result()
        })
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

fn understand(
    recipients: Vec<Recipient>,
    answer: types::SendPointsResponse,
) -> Result<SentPoints, Error> {
    let issuance = answer.data.unwrap_or_default();
    match issuance.send_balance {
        Some(verdict) => by_verdict(recipients, verdict),
        None => by_issuance(recipients, &issuance),
    }
}

/// `data.sendBalance.{error,message,recipients[]}`. Silence is no success: a
/// recipient for whom neither an entry nor `error: false` speaks is unreported.
fn by_verdict(
    recipients: Vec<Recipient>,
    verdict: types::SendBalance,
) -> Result<SentPoints, Error> {
    let failed = verdict.error == Some(true);
    let entries = verdict.recipients.unwrap_or_default();
    if entries.is_empty() {
        match verdict.error {
            Some(false) => {}
            Some(true) => return Err(super::refused(verdict.message)),
            None => return Err(super::said_nothing()),
        }
    }
    let each_is_listed = !entries.is_empty();
    let mut listed: Vec<_> = entries.into_iter().map(Some).collect();
    let results = recipients
        .into_iter()
        .map(|recipient| {
            let entry = listed
                .iter_mut()
                .find(|entry| entry.as_ref().is_some_and(|entry| names(entry, &recipient)))
                .and_then(Option::take);
            match entry {
                Some(entry) => SendResult {
                    recipient,
                    outcome: match entry.success {
                        Some(false) => SendOutcome::Refused(super::reason(entry.message)),
                        None if failed => SendOutcome::Unreported,
                        Some(true) | None => SendOutcome::Credited,
                    },
                    transaction: entry.unique_id,
                    points: entry.points,
                },
                None if each_is_listed => SendResult::bare(recipient, SendOutcome::Unreported),
                None => SendResult::bare(recipient, SendOutcome::Credited),
            }
        })
        .collect();
    Ok(SentPoints {
        results,
        message: verdict.message,
    })
}

/// `data.{unique_id,email,points,…}`: one issuance, however many were asked
/// for. By the document's word this is the answer of a request that was done,
/// so the others are credited too; only an answer that names nobody of ours is
/// not believed.
fn by_issuance(
    recipients: Vec<Recipient>,
    issuance: &types::Issuance,
) -> Result<SentPoints, Error> {
    if issuance.unique_id.is_none() && issuance.email.is_none() && issuance.points.is_none() {
        return Err(super::said_nothing());
    }
    let alone = recipients.len() == 1;
    let named = recipients
        .iter()
        .position(|recipient| match &issuance.email {
            Some(email) => email.eq_ignore_ascii_case(recipient.email().as_str()),
            None => alone,
        });
    let nobody_of_ours = named.is_none() && issuance.email.is_some();
    let results = recipients
        .into_iter()
        .enumerate()
        .map(|(position, recipient)| match nobody_of_ours {
            true => SendResult::bare(recipient, SendOutcome::Unreported),
            false if named == Some(position) => SendResult {
                recipient,
                outcome: SendOutcome::Credited,
                transaction: issuance.unique_id,
                points: issuance.points,
            },
            false => SendResult::bare(recipient, SendOutcome::Credited),
        })
        .collect();
    Ok(SentPoints {
        results,
        message: None,
    })
}

impl SendResult {
    fn bare(recipient: Recipient, outcome: SendOutcome) -> Self {
        Self {
            recipient,
            outcome,
            transaction: None,
            points: None,
        }
    }
}

fn names(entry: &types::SendOutcome, recipient: &Recipient) -> bool {
    [&entry.to_email, &entry.email]
        .into_iter()
        .flatten()
        .any(|email| email.eq_ignore_ascii_case(recipient.email().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(emails: &[&str], answer: &str) -> Result<SentPoints, Error> {
        let recipients = emails
            .iter()
            .map(|email| Recipient::new(email, 100).unwrap())
            .collect();
        understand(recipients, serde_json::from_str(answer).unwrap())
    }

    fn outcomes(sent: &SentPoints) -> Vec<(&SendOutcome, Option<i64>)> {
        let each = sent.results.iter();
        each.map(|result| (&result.outcome, result.transaction.map(TransactionId::get)))
            .collect()
    }

    use SendOutcome::{Credited, Unreported};

    #[test]
    fn the_short_answer_credits_the_recipient_it_names() {
        let answer = r#"{"data":{"unique_id":"7","email":"B@x.example","points":"100"}}"#;
        let one = sent(&["b@x.example"], answer).unwrap();
        assert_eq!(outcomes(&one), [(&Credited, Some(7))]);

        let two = sent(&["a@x.example", "b@x.example"], answer).unwrap();
        assert_eq!(outcomes(&two), [(&Credited, None), (&Credited, Some(7))]);

        let nobody = sent(&["a@x.example", "c@x.example"], answer).unwrap();
        assert_eq!(
            outcomes(&nobody),
            [(&Unreported, None), (&Unreported, None)]
        );
    }

    #[test]
    fn the_verdict_without_recipients_speaks_for_all() {
        let good = r#"{"data":{"sendBalance":{"error":false,"message":"sent"}}}"#;
        let sent_to_two = sent(&["a@x.example", "b@x.example"], good).unwrap();
        assert_eq!(
            outcomes(&sent_to_two),
            [(&Credited, None), (&Credited, None)]
        );

        let bad = r#"{"data":{"sendBalance":{"error":true,"message":"wallet is empty"}}}"#;
        let refused = sent(&["a@x.example"], bad).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Refused);
        assert!(refused.to_string().contains("wallet is empty"));
    }

    #[test]
    fn the_verdict_with_recipients_speaks_for_each() {
        let answer = r#"{"data":{"sendBalance":{"error":true,"message":"some failed","recipients":[
            {"unique_id":2,"to_email":"b@x.example","success":true},
            {"email":"a@x.example","success":false,"message":"other company"},
            {"email":"d@x.example","message":"perhaps"}]}}}"#;
        let all = ["a@x.example", "b@x.example", "c@x.example", "d@x.example"];
        let sent = sent(&all, answer).unwrap();
        assert_eq!(
            outcomes(&sent),
            [
                (&SendOutcome::Refused("other company".into()), None),
                (&Credited, Some(2)),
                (&Unreported, None),
                (&Unreported, None),
            ]
        );
    }

    #[test]
    fn a_send_of_which_a_part_failed_is_a_failure_with_the_parts_kept() {
        let answer = |second: &str| {
            format!(
                r#"{{"data":{{"sendBalance":{{"error":true,"recipients":[
                {{"unique_id":2,"email":"a@x.example","success":true}}{second}]}}}}}}"#
            )
        };
        let refused = r#",{"email":"b@x.example","success":false,"message":"other company"}"#;
        for (second, kind) in [
            (refused, ErrorKind::Refused),
            ("", ErrorKind::OutcomeUnknown),
        ] {
            let sent = sent(&["a@x.example", "b@x.example"], &answer(second)).unwrap();
            let error = sent.into_result().unwrap_err();
            assert_eq!(error.kind(), kind);
            assert_eq!(error.sent().unwrap().credited().count(), 1);
        }
    }

    #[test]
    fn a_recipient_named_twice_takes_two_entries() {
        let answer = r#"{"data":{"sendBalance":{"error":false,"recipients":[
            {"unique_id":1,"email":"a@x.example","success":true},
            {"unique_id":2,"email":"a@x.example","success":true}]}}}"#;
        let sent = sent(&["a@x.example", "a@x.example"], answer).unwrap();
        assert_eq!(
            outcomes(&sent),
            [(&Credited, Some(1)), (&Credited, Some(2))]
        );
    }

    #[test]
    fn an_answer_that_says_nothing_leaves_the_outcome_unknown() {
        for answer in [
            "{}",
            r#"{"data":{}}"#,
            r#"{"data":{"sendBalance":{}}}"#,
            r#"{"data":{"sendBalance":{"message":"wallet is empty"}}}"#,
        ] {
            let error = sent(&["a@x.example"], answer).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{answer}");
        }
    }
}
