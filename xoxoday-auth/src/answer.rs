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

use crate::classify::{Meaning, classify};
use crate::hide::Secrets;

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
        let mut body = Bytes::new();
        let end = loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= limit => body = joined(body, chunk),
                Ok(Some(mut chunk)) => {
                    chunk.truncate(limit - body.len());
                    body = joined(body, chunk);
                    break End::TooLong;
                }
                Ok(None) => break End::Whole,
                Err(error) => break End::Cut(error),
            }
        };
        Self {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            end,
            body,
            clean: None,
            version: response.version(),
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
    pub(crate) fn hide(&mut self, secrets: &Secrets<'_>) {
        self.clean = secrets.taken_out_of(self.bytes()).map(Bytes::from);
        for value in self.headers.values_mut() {
            let clean = secrets.taken_out_of(value.as_bytes());
            if let Some(Ok(clean)) = clean.map(HeaderValue::try_from) {
                *value = clean;
            }
        }
    }

    /// The bytes to understand and to quote: without the hidden secrets.
    pub(crate) fn clean(&self) -> &[u8] {
        self.clean.as_deref().unwrap_or(self.bytes())
    }

    /// The whole body, with what it quotes.
    pub(crate) fn into_bytes(self) -> Bytes {
        let mark = self.body.len() - self.bytes().len();
        self.body.slice(mark..)
    }

    /// What is understood of the body.
    pub(crate) fn into_clean(mut self) -> Bytes {
        self.clean.take().unwrap_or_else(|| self.into_bytes())
    }

    /// The answer as if nobody had looked at it, but for what must not be
    /// passed on: a body that was too long, one that may hold a token and cannot
    /// be read, and a secret that is quoted. The generated client prints what it
    /// cannot read. Such a body ends in an error instead.
    pub(crate) fn unread(self, operation: Operation, url: &Url) -> reqwest::Result<Response> {
        let read = is_read(operation, self.status, self.bytes());
        let body = match (self.end, self.clean) {
            (End::Cut(error), _) => return Err(error),
            (End::TooLong, _) => {
                reqwest::Body::wrap(Withheld("the answer is longer than this client reads"))
            }
            (End::Whole, _) if read == Read::Not => reqwest::Body::wrap(Withheld(
                "the answer is not what Xoxoday documents, and is withheld because it may hold a token",
            )),
            (End::Whole, Some(clean)) if read != Read::AsTokens => clean.into(),
            (End::Whole, _) => self.body.into(),
        };
        // Its query may be a secret of a gateway's.
        let mut url = url.clone();
        url.set_query(None);
        let mut response = http::Response::builder().url(url).body(body);
        if let Ok(response) = &mut response {
            *response.status_mut() = self.status;
            *response.headers_mut() = self.headers;
            *response.version_mut() = self.version;
        }
        // A builder that was given nothing but a URL has nothing to refuse.
        Ok(response.unwrap_or_default().into())
    }
}

/// Most answers come in one piece, which is not copied.
fn joined(body: Bytes, chunk: Bytes) -> Bytes {
    if body.is_empty() {
        return chunk;
    }
    let mut joined = BytesMut::from(body);
    joined.extend_from_slice(&chunk);
    joined.freeze()
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

    fn read(body: impl Into<reqwest::Body>, limit: usize) -> Answer {
        let response = http::Response::new(body.into());
        runtime().block_on(Answer::read(response.into(), limit))
    }

    #[test]
    fn a_quoted_secret_is_neither_understood_nor_passed_on() {
        let quoting = http::Response::builder()
            .header("www-authenticate", "Bearer error=\"secret-1==\"")
            .body(r#"{"message":"bad token secret-1\u003d%3d"}"#);
        let answer = Answer::read(quoting.unwrap().into(), 1000);
        let mut answer = runtime().block_on(answer);
        answer.hide(&Secrets::new(["", "secret-1=="]));
        let clean = r#"{"message":"bad token …"}"#;
        assert_eq!(answer.clean(), clean.as_bytes());
        let url = Url::parse("https://company.example/api").unwrap();
        let passed_on = answer.unread(Operation::SendPoints, &url).unwrap();
        let header = passed_on.headers()["www-authenticate"].as_bytes();
        assert_eq!(header, "Bearer error=\"…\"".as_bytes());
        assert_eq!(runtime().block_on(passed_on.text()).unwrap(), clean);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_an_answer() {
        let answer = read("\u{feff}{\"data\":{}}", 1000);
        assert_eq!(answer.bytes(), br#"{"data":{}}"#);
        assert_eq!(answer.meaning(Operation::FetchPoints), Meaning::Success);
        assert_eq!(answer.into_bytes(), r#"{"data":{}}"#);
    }

    #[test]
    fn what_is_understood_of_a_body_is_without_its_secrets_and_the_whole_is_with_them() {
        let body = "\u{feff}{\"access_token\":\"secret-1==\"}";
        let hidden = || {
            let mut answer = read(body, 1000);
            answer.hide(&Secrets::new(["secret-1=="]));
            answer
        };
        assert_eq!(hidden().into_clean(), r#"{"access_token":"…"}"#);
        assert_eq!(hidden().into_bytes(), r#"{"access_token":"secret-1=="}"#);
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
