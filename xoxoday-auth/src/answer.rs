//! An answer, read to its end but never further than its bound.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Response, ResponseBuilderExt as _, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;
use xoxoday_api::{Operation, types};

use crate::hide::without;

/// What the server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or nothing of it where it is longer than the bound.
    pub(crate) body: Option<Bytes>,
    /// The body without the secrets that it quotes, where it quotes any.
    clean: Option<Bytes>,
    version: http::Version,
    url: Url,
}

impl Answer {
    /// Reads an answer, and hangs up where it is longer than `limit` bytes.
    pub(crate) async fn read(mut response: Response, limit: usize) -> reqwest::Result<Self> {
        let mut body = Some(BytesMut::new());
        while let Some(chunk) = response.chunk().await? {
            match &mut body {
                Some(read) if read.len() + chunk.len() <= limit => read.extend_from_slice(&chunk),
                _ => {
                    body = None;
                    break;
                }
            }
        }
        Ok(Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: body.map(BytesMut::freeze),
            clean: None,
            version: response.version(),
            url: response.url().clone(),
        })
    }

    /// The bytes to make sense of. A body that is too long makes none.
    pub(crate) fn bytes(&self) -> &[u8] {
        let body = self.body.as_deref().unwrap_or_default();
        // A byte order mark is no part of JSON, and some gateways add one.
        body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
    }

    /// Takes secrets out of what is understood of the answer: a server may
    /// quote what it was sent, and its words end in errors.
    pub(crate) fn hide(&mut self, secrets: &[&str]) {
        self.clean = without(self.bytes(), secrets).map(Bytes::from);
        for value in self.headers.values_mut() {
            let clean = without(value.as_bytes(), secrets);
            if let Some(Ok(clean)) = clean.map(HeaderValue::try_from) {
                *value = clean;
            }
        }
    }

    /// The bytes to understand and to quote: without the hidden secrets.
    pub(crate) fn clean(&self) -> &[u8] {
        self.clean.as_deref().unwrap_or(self.bytes())
    }

    /// The answer as if nobody had looked at it, but for what must not be
    /// passed on: a body that was too long, one that may hold a token and cannot
    /// be read, and a secret that is quoted. The generated client prints what it
    /// cannot read. Such a body ends in an error instead.
    pub(crate) fn unread(self, operation: Operation) -> Response {
        let read = is_read(operation, self.status, self.bytes());
        let body = match (self.body, self.clean) {
            (None, _) => {
                reqwest::Body::wrap(Withheld("the answer is longer than this client reads"))
            }
            (Some(_), _) if read == Read::Not => reqwest::Body::wrap(Withheld(
                "the answer is not what Xoxoday documents, and is withheld because it may hold a token",
            )),
            (Some(_), Some(clean)) if read != Read::AsTokens => clean.into(),
            (Some(body), _) => body.into(),
        };
        // Its query may be a secret of a gateway's.
        let mut url = self.url;
        url.set_query(None);
        let mut response = http::Response::builder().url(url).body(body);
        if let Ok(response) = &mut response {
            *response.status_mut() = self.status;
            *response.headers_mut() = self.headers;
            *response.version_mut() = self.version;
        }
        // A builder that was given nothing but a URL has nothing to refuse.
        response.unwrap_or_default().into()
    }
}

/// What the generated client makes of a body.
#[derive(PartialEq)]
enum Read {
    /// The success of an operation that brings tokens: secrets, which do not
    /// print themselves.
    AsTokens,
    /// Something else that it reads, or that holds no token.
    Otherwise,
    /// It prints the body, and there may be tokens in it.
    Not,
}

fn is_read(operation: Operation, status: StatusCode, body: &[u8]) -> Read {
    fn reads<T: DeserializeOwned>(body: &[u8]) -> bool {
        serde_json::from_slice::<T>(body).is_ok()
    }
    let (read, reads) = match (operation, status) {
        (Operation::FetchPoints | Operation::SendPoints | Operation::CancelPoints, _) => {
            (Read::Otherwise, true)
        }
        (_, StatusCode::UNAUTHORIZED) => (Read::Otherwise, reads::<types::ErrorBody>(body)),
        (Operation::ValidateTokenPoints, StatusCode::OK) => {
            (Read::AsTokens, reads::<types::TokenStatus>(body))
        }
        (_, StatusCode::OK) => (Read::AsTokens, reads::<types::TokenResponse>(body)),
        // Handed over as a response that nobody has read.
        _ => (Read::Otherwise, true),
    };
    if reads { read } else { Read::Not }
}

/// A body that is not passed on, and why.
#[derive(Debug, Clone, Copy)]
struct Withheld(&'static str);

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Withheld {}

impl Body for Withheld {
    type Data = Bytes;
    type Error = Self;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self>>> {
        Poll::Ready(Some(Err(*self)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.build().unwrap()
    }

    #[test]
    fn a_quoted_secret_is_neither_understood_nor_passed_on() {
        let quoting = http::Response::builder()
            .header("www-authenticate", "Bearer error=\"secret-1==\"")
            .body(r#"{"message":"bad token secret-1\u003d%3d"}"#);
        let answer = Answer::read(quoting.unwrap().into(), 1000);
        let mut answer = runtime().block_on(answer).unwrap();
        answer.hide(&["", "secret-1=="]);
        let clean = r#"{"message":"bad token …"}"#;
        assert_eq!(answer.clean(), clean.as_bytes());
        let passed_on = answer.unread(Operation::SendPoints);
        let header = passed_on.headers()["www-authenticate"].as_bytes();
        assert_eq!(header, "Bearer error=\"…\"".as_bytes());
        assert_eq!(runtime().block_on(passed_on.text()).unwrap(), clean);
    }
}
