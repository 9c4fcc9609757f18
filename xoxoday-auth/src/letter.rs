//! A request that is made anew each time it is sent: with another token, and with
//! what is left of the time.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request, Response};
use serde::Serialize;
use url::Url;

/// What stays the same however often it is sent.
pub(crate) struct Letter<'a> {
    method: Method,
    url: Cow<'a, Url>,
    /// Those that somebody else gave it.
    headers: HeaderMap,
    body: Option<Bytes>,
}

/// Room for what is added when it is sent, so that nothing grows then.
const FURTHER_HEADERS: usize = 6;

impl<'a> Letter<'a> {
    /// A letter with JSON in it, or with nothing.
    pub(crate) fn new(
        method: Method,
        url: Cow<'a, Url>,
        body: Option<&impl Serialize>,
    ) -> serde_json::Result<Self> {
        let json = body.map(serde_json::to_vec).transpose()?;
        Ok(Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: json.map(Bytes::from),
        })
    }

    /// The letter in a request that somebody else made, without a bearer of its
    /// own.
    pub(crate) async fn of(mut request: Request) -> reqwest::Result<Self> {
        request.headers_mut().remove(AUTHORIZATION);
        let body = match request.body_mut().take() {
            // A body is collected like an answer's.
            Some(body) => Some(Response::from(http::Response::new(body)).bytes().await?),
            None => None,
        };
        Ok(Self {
            method: request.method().clone(),
            url: Cow::Owned(request.url().clone()),
            headers: std::mem::take(request.headers_mut()),
            body,
        })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// A request that must be answered within this time.
    pub(crate) fn to_request(&self, timeout: Duration) -> Request {
        let mut request = Request::new(self.method.clone(), Url::clone(&self.url));
        let mut headers = HeaderMap::with_capacity(self.headers.len() + FURTHER_HEADERS);
        if self.body.is_some() && !self.headers.contains_key(CONTENT_TYPE) {
            let json = HeaderValue::from_static("application/json");
            headers.insert(CONTENT_TYPE, json);
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        *request.headers_mut() = headers;
        *request.body_mut() = self.body.clone().map(Into::into);
        *request.timeout_mut() = Some(timeout);
        request
    }
}
