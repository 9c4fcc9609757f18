use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::operation::Operation;
use crate::pair::{Pair, Session};

/// One request, and what became of it. `Debug` leaves out headers and body: they
/// hold tokens.
#[derive(Clone)]
pub struct Call {
    /// Counts up from 1, in the order of arrival.
    pub sequence: u64,
    /// Which connection it came on.
    pub connection: u64,
    /// When it had arrived, by the sandbox's clock.
    pub at_ms: u64,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, with its query if there was one.
    pub path: String,
    /// Names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it came.
    pub body: Bytes,
    /// What it was taken for.
    pub operation: Option<Operation>,
    /// Whom its bearer speaks for.
    pub bearer: Bearer,
    /// The generation of the refresh token that it presents, if it is one of ours.
    pub presented: Option<u64>,
    /// Whether it was done.
    pub work: Work,
    /// The generation of the pair that it brought.
    pub brought: Option<u64>,
    /// Names of the trouble that struck it, in order.
    pub trouble: Vec<&'static str>,
    /// The status answered; none, if there was no answer or none yet.
    pub status: Option<u16>,
    /// How far the answer got.
    pub delivery: Delivery,
}

impl Call {
    /// A header's value; the first, if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null, if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether all is over: answered or given up.
    pub fn is_over(&self) -> bool {
        self.work != Work::Pending && self.delivery != Delivery::UnderWay
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("sequence", &self.sequence)
            .field("connection", &self.connection)
            .field("at_ms", &self.at_ms)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("operation", &self.operation)
            .field("bearer", &self.bearer)
            .field("presented", &self.presented)
            .field("work", &self.work)
            .field("brought", &self.brought)
            .field("trouble", &self.trouble)
            .field("status", &self.status)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

/// What a request had for a bearer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// No `Authorization` header.
    Absent,
    /// One that is no bearer, or more than one.
    Malformed,
    /// A token that the sandbox never made.
    Unknown,
    /// One of the sandbox's tokens, dead or alive.
    Known {
        /// Of which pair.
        generation: u64,
        /// For whom.
        session: Session,
    },
}

/// Whether a request was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Not yet.
    Pending,
    /// Done: tokens exchanged, points moved, a balance told.
    Done,
    /// Understood in part or not at all, and refused. Nothing changed.
    Refused,
    /// Trouble struck before it. Nothing changed.
    Prevented,
}

/// How far an answer got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It may still come.
    UnderWay,
    /// The connection ended before all of it was written.
    Incomplete,
    /// All of it was written to the socket.
    Written,
    /// All of it was written, and then the other end reset the connection, as the
    /// kernel does for a process that dies with bytes it has not read.
    Unread,
}

/// A copy of what the sandbox was sent so far, and of the token pairs it has made.
#[derive(Clone, Debug)]
pub struct Record {
    pub(crate) calls: Vec<Call>,
    pub(crate) pairs: Vec<Pair>,
}

impl Record {
    /// All requests, in the order of arrival.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The requests for one operation.
    pub fn of(&self, operation: Operation) -> Vec<&Call> {
        self.matching(|call| call.operation == Some(operation))
    }

    /// The requests that presented a refresh token, at either endpoint.
    pub fn exchanges(&self) -> Vec<&Call> {
        self.matching(|call| call.operation.is_some_and(Operation::is_refresh))
    }

    /// The requests for which `wanted` holds.
    pub fn matching(&self, wanted: impl Fn(&Call) -> bool) -> Vec<&Call> {
        self.calls.iter().filter(|call| wanted(call)).collect()
    }

    /// All token pairs, in the order in which they were made.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// What became of each refresh token.
    pub fn refresh_tokens(&self) -> Vec<RefreshTokenFacts> {
        let facts = |pair: &Pair| RefreshTokenFacts {
            generation: pair.generation,
            session: pair.session.clone(),
            presented: self
                .matching(|call| call.presented == Some(pair.generation))
                .len(),
            spent_at_ms: pair.spent_at_ms,
            successors: self
                .calls
                .iter()
                .filter(|call| call.presented == Some(pair.generation))
                .filter_map(|call| {
                    Some(Successor {
                        generation: call.brought?,
                        sequence: call.sequence,
                        delivery: call.delivery,
                    })
                })
                .collect(),
        };
        self.pairs.iter().map(facts).collect()
    }
}

/// The story of one refresh token: enough to prove who lost it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefreshTokenFacts {
    /// Of which pair.
    pub generation: u64,
    /// Of which session.
    pub session: Session,
    /// How often it was presented, whatever came of it.
    pub presented: usize,
    /// When it was first exchanged.
    pub spent_at_ms: Option<u64>,
    /// What it brought, by request.
    pub successors: Vec<Successor>,
}

impl RefreshTokenFacts {
    /// Whether a successor was ever written to a socket, to the last byte, and the
    /// other end did not reset the connection over it. If the token is spent and
    /// this is false, no one can have the successor.
    pub fn successor_arrived(&self) -> bool {
        self.successors
            .iter()
            .any(|successor| successor.delivery == Delivery::Written)
    }
}

/// What one presentation of a refresh token brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Successor {
    /// The new pair.
    pub generation: u64,
    /// The request that brought it.
    pub sequence: u64,
    /// How far the answer with it got.
    pub delivery: Delivery,
}
