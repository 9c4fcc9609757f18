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
