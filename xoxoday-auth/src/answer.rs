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

use crate::classify::{Meaning, classify};

/// What the server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Why there is no more of the body than there is.
    pub(crate) end: End,
    /// The body, or what was read of it.
    body: Bytes,
    /// The body without the secrets that it quotes, where it quotes any.
    clean: Option<Bytes>,
    version: http::Version,
    url: Url,
}

/// Where the reading of a body ended.
#[derive(Debug)]
pub(crate) enum End {
    /// At its end.
    Whole,
    /// At the bound: there is more.
    TooLong,
    /// Where the connection did, or the time.
    Cut(reqwest::Error),
}

impl Answer {
    /// Reads an answer, and hangs up where it is longer than `limit` bytes.
    /// What was read of one that is not whole is kept: a rate limit or a
    /// rejection counts all the same.
    pub(crate) async fn read(mut response: Response, limit: usize) -> Self {
        let mut body = BytesMut::new();
        let end = loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= limit => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(chunk)) => {
                    body.extend_from_slice(&chunk[..limit - body.len()]);
                    break End::TooLong;
                }
                Ok(None) => break End::Whole,
                Err(error) => break End::Cut(error),
            }
        };
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            end,
            body: body.freeze(),
            clean: None,
            version: response.version(),
            url: response.url().clone(),
        }
    }

    /// The bytes to make sense of: all of them, or those that were read.
    pub(crate) fn bytes(&self) -> &[u8] {
        // A byte order mark is no part of JSON, and some gateways add one.
        let mark = b"\xEF\xBB\xBF";
        self.body.strip_prefix(mark).unwrap_or(&self.body)
    }

    /// Whether the body was read to its end.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.end, End::Whole)
    }

    /// What the answer means. One that is not whole promises nothing, however
    /// it looks.
    pub(crate) fn meaning(&self, operation: Operation) -> Meaning {
        match classify(operation, self.status, &self.headers, self.clean()) {
            Meaning::Success if !self.is_whole() => Meaning::Garbled,
            meaning => meaning,
        }
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
    pub(crate) fn unread(self, operation: Operation) -> reqwest::Result<Response> {
        let body = match self.end {
            End::Cut(error) => return Err(error),
            End::TooLong => {
                reqwest::Body::wrap(Withheld("the answer is longer than this client reads"))
            }
            End::Whole if !is_printable(operation, self.status, &self.body) => {
                reqwest::Body::wrap(Withheld(
                    "the answer is not what Xoxoday documents, and is withheld because it may hold a token",
                ))
            }
            End::Whole => self.body.into(),
        };
        let mut response = http::Response::builder().url(self.url).body(body);
        if let Ok(response) = &mut response {
            *response.status_mut() = self.status;
            *response.headers_mut() = self.headers;
            *response.version_mut() = self.version;
        }
        // A builder that was given nothing but a URL has nothing to refuse.
        Ok(response.unwrap_or_default().into())
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

    fn read(body: impl Into<reqwest::Body>, limit: usize) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let response = http::Response::new(body.into());
        runtime.block_on(Answer::read(response.into(), limit))
    }

    #[test]
    fn a_secret_is_found_with_its_slashes_escaped() {
        let mut answer = read(r#"{"message":"bad token a\/b=="}"#, 1000);
        answer.hide(&["", "a/b=="]);
        assert_eq!(answer.clean(), r#"{"message":"bad token …"}"#.as_bytes());
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_an_answer() {
        let answer = read("\u{feff}{\"data\":{}}", 1000);
        assert_eq!(answer.bytes(), br#"{"data":{}}"#);
        assert_eq!(answer.meaning(Operation::FetchPoints), Meaning::Success);
    }

    /// A body that ends in an error after what was sent of it.
    struct Broken(Option<Bytes>);

    impl Body for Broken {
        type Data = Bytes;
        type Error = Withheld;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Withheld>>> {
            let next = self.0.take().map(Frame::data);
            Poll::Ready(Some(next.ok_or(Withheld("reset"))))
        }
    }

    #[test]
    fn what_was_read_of_an_answer_that_is_not_whole_is_kept() {
        let rejection = r#"{"error":"invalid_token","data":"#;
        let long = read(rejection.to_owned() + &" ".repeat(1000), 100);
        assert!(matches!(long.end, End::TooLong));
        assert_eq!(long.bytes().len(), 100);
        let broken = Broken(Some(Bytes::from_static(rejection.as_bytes())));
        let cut = read(reqwest::Body::wrap(broken), 100);
        assert!(matches!(cut.end, End::Cut(_)));
        assert_eq!(cut.bytes(), rejection.as_bytes());
        for answer in [long, cut] {
            assert!(!answer.is_whole());
            let meaning = answer.meaning(Operation::FetchPoints);
            assert_eq!(meaning, Meaning::TokenRejected);
        }
    }

    #[test]
    fn a_success_that_is_not_whole_is_none() {
        let whole = br#"{"data":{"unique_id":7}}"#;
        let broken = || Broken(Some(Bytes::from_static(whole)));
        let meaning = |body| read(body, 100).meaning(Operation::SendPoints);
        assert_eq!(meaning(reqwest::Body::wrap(broken())), Meaning::Garbled);
        assert_eq!(meaning(whole.to_vec().into()), Meaning::Success);
    }
}
