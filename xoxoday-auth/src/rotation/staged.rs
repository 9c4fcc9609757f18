//! The answer to an exchange, saved before it is looked at.
//!
//! A document with a staged answer already is what the answer makes of it:
//! [`Document::settled`] is a pure function, and whoever reads the document
//! comes to the same result. So one write after the answer is enough, and a
//! crash behind it loses nothing.

use std::fmt;

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use xoxoday_api::number::EpochMillis;
use zeroize::Zeroize as _;

use super::clock::after;
use super::document::{Brake, Document, Latch};
use super::verdict::{Verdict, verdict};

/// An answer as it came.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Staged {
    pub(crate) status: u16,
    /// The headers that say how long to wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    body: Body,
    /// Lifetimes count from before the request.
    pub(crate) asked_at: EpochMillis,
    pub(crate) answered_at: EpochMillis,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// Text where it is text, so that a person can read it in an emergency.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl Staged {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        asked_at: EpochMillis,
        answered_at: EpochMillis,
    ) -> Self {
        let kept = [RETRY_AFTER, DATE].into_iter().filter_map(|name| {
            let value = headers.get(&name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        Self {
            status: status.as_u16(),
            headers: kept.collect(),
            body: match std::str::from_utf8(body) {
                Ok(text) => Body::Text(text.to_owned()),
                Err(_) => Body::Bytes(body.to_owned()),
            },
            asked_at,
            answered_at,
            unknown: Map::new(),
        }
    }

    /// The status; one that is none counts as trouble of the server's.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        let header = |(name, value): &(String, String)| {
            let name = HeaderName::try_from(name).ok()?;
            Some((name, HeaderValue::try_from(value).ok()?))
        };
        self.headers.iter().filter_map(header).collect()
    }

    pub(crate) fn body(&self) -> &[u8] {
        match &self.body {
            Body::Text(text) => text.as_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        match &mut self.body {
            Body::Text(text) => text.zeroize(),
            Body::Bytes(bytes) => bytes.zeroize(),
        }
    }
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged")
            .field("status", &self.status)
            .field("answered_at", &self.answered_at)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// The document with a staged answer worked in, and what the answer was.
    pub(crate) fn settled(self) -> (Self, Option<Verdict>) {
        let Some(staged) = &self.0.staged else {
            return (self, None);
        };
        let verdict = verdict(staged, &self);
        let answered_at = staged.answered_at;
        let mut document = match &verdict {
            Verdict::Granted(grant) => self.succeeded_by(grant),
            _ => self,
        };
        let tokens = &mut *document.0;
        tokens.staged = None;
        match &verdict {
            // Whether the token is spent is not known: the attempt stays open.
            Verdict::Unclear { .. } => {
                if let Some(intent) = &mut tokens.intent {
                    intent.lease_until = intent.lease_until.min(answered_at);
                }
            }
            _ => tokens.intent = None,
        }
        match &verdict {
            Verdict::Rejected(why) => {
                let latch = Latch::new(answered_at, why.clone());
                tokens.latch.get_or_insert(latch);
            }
            Verdict::Limited { wait, why }
            | Verdict::Unclear {
                wait: Some(wait),
                why,
            } => {
                let brake = Brake::new(after(answered_at, *wait), why.clone());
                document.brake(brake);
            }
            _ => {}
        }
        (document, Some(verdict))
    }

    /// Adds a brake; of two the longer one counts.
    pub(crate) fn brake(&mut self, brake: Brake) {
        let brakes = self.0.brake.take().into_iter().chain([brake]);
        self.0.brake = brakes.max_by_key(|brake| brake.until);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::document::Account;
    use super::super::seed::Seed;
    use super::*;

    const ASKED_AT: EpochMillis = EpochMillis::new(1_000_000_000);
    const ANSWERED_AT: EpochMillis = EpochMillis::new(1_000_002_000);

    fn answer(status: u16, headers: &[(HeaderName, &str)], body: &[u8]) -> Staged {
        let status = StatusCode::from_u16(status).unwrap();
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (name.clone(), value)
        });
        Staged::new(status, &headers.collect(), body, ASKED_AT, ANSWERED_AT)
    }

    fn document() -> Document {
        let account = Account::new("sandbox".into(), "client".into());
        Document::seeded(account, &Seed::new("r-1"), ASKED_AT)
    }

    #[test]
    fn an_answer_survives_storing_with_all_that_it_is_judged_by() {
        let date = "Mon, 10 Jun 2024 12:00:00 GMT";
        let headers = [(RETRY_AFTER, "30"), (DATE, date)];
        for body in [&b"text, not JSON"[..], b"\xff\x00 no text", b""] {
            let mut document = document();
            document.0.staged = Some(answer(429, &headers, body));
            let read = Document::decode(&document.encode()).unwrap();
            assert_eq!(read, document);
            let staged = read.0.staged.clone().unwrap();
            assert_eq!(staged.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(staged.body(), body);
            assert_eq!(staged.headers()[RETRY_AFTER], "30");
            assert_eq!(staged.headers()[DATE], date);
        }
    }

    #[test]
    fn a_wait_that_a_header_asks_for_brakes_from_the_answer_on() {
        for status in [429, 503] {
            let mut document = document();
            document.0.staged = Some(answer(status, &[(RETRY_AFTER, "90")], b""));
            let brake = document.settled().0.0.brake.unwrap();
            assert_eq!(brake.until, after(ANSWERED_AT, Duration::from_secs(90)));
        }
    }

    #[test]
    fn of_two_brakes_the_longer_one_counts() {
        let mut document = document();
        for (until, expected) in [(5, 5), (9, 9), (7, 9)] {
            document.brake(Brake::new(EpochMillis::new(until), "any".into()));
            let brake = document.0.brake.as_ref().unwrap();
            assert_eq!(brake.until.get(), expected);
        }
    }
}
