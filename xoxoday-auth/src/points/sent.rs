//! What became of points that were sent.
//!
//! Xoxoday's sources show three answers, and all are understood: one issuance
//! in `data`, a verdict in `data.sendBalance`, and that verdict with an entry
//! for each recipient. Only what an answer says of a recipient is believed, and
//! where it contradicts itself nothing is taken for done.

use std::collections::{HashMap, VecDeque};

use xoxoday_api::Points;
use xoxoday_api::number::TransactionId;

use super::{MOST_PER_CALL, Recipient, reason};
use crate::classify::{is_contradicted, is_issuance, words};
use crate::error::{Error, ErrorKind};
use crate::members::Members;

/// What became of a request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentPoints {
    /// A result for each recipient, in the order they were given.
    pub results: Vec<SendResult>,
    /// What the answer tells of nobody who was to receive, as it may name them
    /// otherwise: of [`MOST_PER_CALL`] such entries at most.
    pub unmatched: Vec<Unmatched>,
    /// The server's summary, where it gave one.
    pub message: Option<String>,
    /// Whether the answer has entries for single recipients, rather than a word for
    /// all of them.
    pub(crate) tells_of_each: bool,
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
    /// Nothing is known of this recipient: look at the balance before anything
    /// is repeated.
    Unreported,
}

/// An entry of an answer that names none of the recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unmatched {
    /// Whom it names, if anybody.
    pub email: Option<String>,
    /// What became of it, as far as the entry says.
    pub outcome: SendOutcome,
    /// What to cancel the issuance by.
    pub transaction: Option<TransactionId>,
    /// What the server credited, where it says.
    pub points: Option<Points>,
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

    /// Nobody knows what became of anyone.
    pub(super) fn unreported(recipients: Vec<Recipient>) -> Self {
        Self::alike(recipients, &SendOutcome::Unreported, None)
    }

    fn alike(recipients: Vec<Recipient>, outcome: &SendOutcome, message: Option<String>) -> Self {
        let bare = |recipient| SendResult::bare(recipient, outcome.clone());
        Self {
            results: recipients.into_iter().map(bare).collect(),
            unmatched: Vec::new(),
            message,
            tells_of_each: false,
        }
    }

    /// A send of which a part failed is a failure, with the parts kept; so is
    /// one that the answer calls a failure although it lists none.
    fn into_result(self, denied: bool) -> Result<Self, Error> {
        const LOOK: &str = "look at the balances before this is repeated";

        let all = self.results.len();
        let outcomes = || self.results.iter().map(|result| &result.outcome);
        let unreported = outcomes()
            .filter(|outcome| **outcome == SendOutcome::Unreported)
            .count();
        let mut reasons = outcomes().filter_map(|outcome| match outcome {
            SendOutcome::Refused(reason) => Some(reason),
            _ => None,
        });
        let why = reasons.next().or(self.message.as_ref());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let refused = all - unreported - self.credited().count();
        let (kind, message) = match (unreported, refused) {
            (0, 0) if !denied => return Ok(self),
            (0, 0) => (
                ErrorKind::OutcomeUnknown,
                format!(
                    "the answer calls it a failure but lists everyone as credited{why}; {LOOK}"
                ),
            ),
            (0, refused) if refused == all => (
                ErrorKind::Refused,
                format!("every recipient was refused{why}"),
            ),
            (0, refused) => (
                ErrorKind::Refused,
                format!("{refused} of {all} recipients were refused, the others credited{why}"),
            ),
            (unreported, refused) => (
                ErrorKind::OutcomeUnknown,
                format!(
                    "the answer does not say what became of {unreported} of {all} recipients \
                     ({refused} were refused){why}; {LOOK}"
                ),
            ),
        };
        Err(Error::new(kind, message).with_sent(self))
    }
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

/// What an answer says of a send.
pub(super) fn understand(recipients: Vec<Recipient>, answer: &str) -> Result<SentPoints, Error> {
    let members = Members::of(answer);
    let contradicted = members
        .as_ref()
        .is_some_and(|members| is_contradicted(answer, members));
    let Some(data) = members.and_then(|members| members.object("data")) else {
        return SentPoints::unreported(recipients).into_result(contradicted);
    };
    match data.object("sendBalance") {
        Some(verdict) => by_verdict(recipients, &verdict, contradicted),
        None => by_issuance(recipients, &data, contradicted),
    }
}

/// `data.sendBalance.{error,message,recipients[]}`. Silence is no success: a
/// recipient for whom neither an entry nor `error: false` speaks is unreported.
fn by_verdict(
    recipients: Vec<Recipient>,
    verdict: &Members<'_>,
    contradicted: bool,
) -> Result<SentPoints, Error> {
    let message = verdict.text("message").map(|message| words(&message));
    let succeeded = verdict.succeeded();
    let entries = verdict.list("recipients");
    // What speaks for all, and for an entry that leaves it open.
    let of_all = match succeeded {
        Some(true) if !contradicted => SendOutcome::Credited,
        Some(false) if entries.is_empty() && !is_issuance(verdict) => {
            SendOutcome::Refused(reason(message.clone()))
        }
        _ => SendOutcome::Unreported,
    };
    let sent = match entries.is_empty() {
        true => SentPoints::alike(recipients, &of_all, message),
        false => {
            let entries = entries.into_iter().map(|entry| Entry::of(entry, &of_all));
            matched(recipients, entries.collect(), message)
        }
    };
    sent.into_result(contradicted || succeeded == Some(false))
}

/// `data.{unique_id,email,points,…}`: one issuance, however many were asked
/// for. Of the others it says nothing.
fn by_issuance(
    recipients: Vec<Recipient>,
    data: &Members<'_>,
    contradicted: bool,
) -> Result<SentPoints, Error> {
    let message = data.text("message").map(|message| words(&message));
    let failed = data.succeeded() == Some(false);
    if !is_issuance(data) {
        let outcome = match failed {
            true => SendOutcome::Refused(reason(message.clone())),
            false => SendOutcome::Unreported,
        };
        return SentPoints::alike(recipients, &outcome, message).into_result(contradicted);
    }
    let denied = contradicted || failed;
    let mut entry = Entry::read(data);
    entry.0.outcome = match denied {
        true => SendOutcome::Unreported,
        false => SendOutcome::Credited,
    };
    matched(recipients, vec![entry], message).into_result(denied)
}

/// What an entry tells, and another address that it goes by.
struct Entry(Unmatched, Option<String>);

impl Entry {
    /// An entry of a list. What is no object is one that says nothing.
    fn of(json: &str, of_all: &SendOutcome) -> Self {
        let Some(members) = Members::of(json) else {
            return Self(Unmatched::silent(), None);
        };
        let mut entry = Self::read(&members);
        entry.0.outcome = match members.succeeded() {
            Some(true) => SendOutcome::Credited,
            Some(false) => SendOutcome::Refused(reason(members.text("message"))),
            None => of_all.clone(),
        };
        entry
    }

    fn read(members: &Members<'_>) -> Self {
        let [email, other] = ["email", "to_email"].map(|name| members.text(name));
        let unmatched = Unmatched {
            email: email.or(other.clone()).map(|email| words(email.trim())),
            outcome: SendOutcome::Unreported,
            transaction: members.read("unique_id"),
            points: members.read("points"),
        };
        Self(unmatched, other)
    }

    fn addresses(&self) -> impl Iterator<Item = String> {
        let both = [&self.0.email, &self.1];
        both.into_iter().flatten().map(|email| key(email))
    }
}

impl Unmatched {
    fn silent() -> Self {
        Self {
            email: None,
            outcome: SendOutcome::Unreported,
            transaction: None,
            points: None,
        }
    }
}

/// Addresses are told apart without regard to case.
fn key(email: &str) -> String {
    email.trim().to_ascii_lowercase()
}

/// Gives each recipient an entry that names it, and each entry one recipient.
fn matched(recipients: Vec<Recipient>, entries: Vec<Entry>, message: Option<String>) -> SentPoints {
    let alone = recipients.len() == 1 && entries.len() == 1;
    let mut by_address: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (position, entry) in entries.iter().enumerate() {
        for address in entry.addresses() {
            by_address.entry(address).or_default().push_back(position);
        }
    }
    let mut entries: Vec<_> = entries.into_iter().map(|entry| Some(entry.0)).collect();
    let mut take = |recipient: &Recipient| {
        // One entry that names nobody can mean only the one recipient.
        if alone && by_address.is_empty() {
            return entries.first_mut()?.take();
        }
        let positions = by_address.get_mut(&key(recipient.email().as_str()))?;
        // An entry with two addresses may have gone to another.
        while let Some(position) = positions.pop_front() {
            if let Some(entry) = entries.get_mut(position).and_then(Option::take) {
                return Some(entry);
            }
        }
        None
    };
    let results = recipients
        .into_iter()
        .map(|recipient| match take(&recipient) {
            Some(entry) => SendResult {
                recipient,
                outcome: entry.outcome,
                transaction: entry.transaction,
                points: entry.points,
            },
            None => SendResult::bare(recipient, SendOutcome::Unreported),
        })
        .collect();
    SentPoints {
        results,
        unmatched: entries.into_iter().flatten().take(MOST_PER_CALL).collect(),
        message,
        tells_of_each: true,
    }
}

#[cfg(test)]
mod tests;
