//! An answer, read to its end but never further than its bound.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use reqwest::header::HeaderMap;
use reqwest::{Response, ResponseBuilderExt as _, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;
use xoxoday_api::{Operation, types};

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
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            // Some servers write every slash of a JSON string as `\/`.
            for written in [secret.to_string(), secret.replace('/', "\\/")] {
                if let Some(clean) = without(self.clean(), written.as_bytes()) {
                    self.clean = Some(clean);
                }
            }
        }
    }

    /// The bytes to understand and to quote: without the hidden secrets.
    pub(crate) fn clean(&self) -> &[u8] {
        self.clean.as_deref().unwrap_or(self.bytes())
    }

    /// The answer as if nobody had looked at it, but for what must not be
    /// passed on: a body that was too long, and one that may hold a token and
    /// cannot be read. The generated client prints what it cannot read. Such a
    /// body ends in an error instead.
    pub(crate) fn unread(self, operation: Operation) -> Response {
        let body = match self.body {
            None => reqwest::Body::wrap(Withheld("the answer is longer than this client reads")),
            Some(body) if !is_printable(operation, self.status, &body) => {
                reqwest::Body::wrap(Withheld(
                    "the answer is not what Xoxoday documents, and is withheld because it may hold a token",
                ))
            }
            Some(body) => body.into(),
        };
        let mut response = http::Response::builder().url(self.url).body(body);
        if let Ok(response) = &mut response {
            *response.status_mut() = self.status;
            *response.headers_mut() = self.headers;
            *response.version_mut() = self.version;
        }
        // A builder that was given nothing but a URL has nothing to refuse.
        response.unwrap_or_default().into()
    }
}

/// The text without a secret; `None` where it does not stand there.
fn without(text: &[u8], secret: &[u8]) -> Option<Bytes> {
    let find = |text: &[u8]| text.windows(secret.len()).position(|part| part == secret);
    let mut rest = text;
    let mut clean = BytesMut::new();
    while let Some(start) = find(rest) {
        clean.extend_from_slice(&rest[..start]);
        clean.extend_from_slice("…".as_bytes());
        rest = &rest[start + secret.len()..];
    }
    (rest.len() < text.len()).then(|| {
        clean.extend_from_slice(rest);
        clean.freeze()
    })
}

/// Whether the generated client can read a body, or it holds no token.
fn is_printable(operation: Operation, status: StatusCode, body: &[u8]) -> bool {
    fn reads<T: DeserializeOwned>(body: &[u8]) -> bool {
        serde_json::from_slice::<T>(body).is_ok()
    }
    match (operation, status) {
        (Operation::FetchPoints | Operation::SendPoints | Operation::CancelPoints, _) => true,
        (_, StatusCode::UNAUTHORIZED) => reads::<types::ErrorBody>(body),
        (Operation::ValidateTokenPoints, StatusCode::OK) => reads::<types::TokenStatus>(body),
        (_, StatusCode::OK) => reads::<types::TokenResponse>(body),
        // Handed over as a response that nobody has read.
        _ => true,
    }
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

    #[test]
    fn every_quotation_of_a_secret_is_taken_out() {
        let hidden = without(b"a SECRET and a SECRET.", b"SECRET").unwrap();
        assert_eq!(hidden, "a … and a ….".as_bytes());
        assert_eq!(without(b"nothing here", b"SECRET"), None);
    }

    #[test]
    fn a_secret_is_found_with_its_slashes_escaped() {
        let response = http::Response::new(r#"{"message":"bad token a\/b=="}"#);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let read = Answer::read(response.into(), 1000);
        let mut answer = runtime.block_on(read).unwrap();
        answer.hide(&["", "a/b=="]);
        assert_eq!(answer.clean(), r#"{"message":"bad token …"}"#.as_bytes());
    }
}
