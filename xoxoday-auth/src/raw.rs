//! The raw generated client's way to Xoxoday: the facades', within the same
//! time limits, but nothing is repeated and the server's own answer handed back.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use reqwest::{Request, Response};
use xoxoday_api::Operation;
use xoxoday_api::transport::{BoxFuture, Transport};
use xoxoday_api::types::RefreshTokenRequest;

use crate::errand::Errand;
use crate::error::Error;
use crate::letter::Letter;
use crate::limits::Limits;
use crate::random;
use crate::transport::{Authenticated, NoToken, Sending};

/// What the generated client sends through.
pub(crate) struct Raw {
    pub(crate) transport: Arc<Authenticated>,
    pub(crate) limits: Limits,
}

impl Raw {
    /// Gives a request its address, waits for a token, and returns what is left
    /// of the call's time.
    async fn ready(&self, operation: Operation, request: &mut Request) -> Result<Duration, Error> {
        let deadline = self.limits.start();
        let url = self.transport.url(operation, request.url().path())?;
        let mut url = url.into_owned();
        if let Some(query) = request.url().query() {
            url.set_query(Some(query));
        }
        *request.url_mut() = url;
        // progenitor adds the document's version to every request; Xoxoday
        // documents no such header.
        request.headers_mut().remove("api-version");
        let token = self.transport.token(deadline, Errand::of(operation)).await;
        let ready = token.and_then(|_| deadline.for_a_request().ok_or(NoToken::Late));
        ready.map_err(|missing| missing.into_error(self.transport.clock.now()))?;
        Ok(deadline.left())
    }
}

impl Transport for Raw {
    fn prepare<'a>(
        &'a self,
        operation: Operation,
        request: &'a mut Request,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let left = self.ready(operation, request).await;
            let left = left.map_err(|error| error.during(operation).to_string())?;
            // `send` has this for the whole of what it does.
            *request.timeout_mut() = Some(left);
            Ok(())
        })
    }

    fn send(
        &self,
        operation: Operation,
        request: Request,
    ) -> BoxFuture<'_, reqwest::Result<Response>> {
        Box::pin(async move {
            let limits = Limits {
                total: request.timeout().copied().unwrap_or(self.limits.total),
                ..self.limits.clone()
            };
            let deadline = limits.start();
            let timeout = limits.request.min(limits.total);
            // `prepare` has waited until there was one.
            let rotator = &self.transport.rotator;
            let live = operation.bearer().then(|| rotator.newest()).flatten();
            let sending = Sending {
                errand: Errand::of(operation),
                request_id: &random::request_id(),
                attempts: &AtomicU32::new(0),
                secrets: secrets(operation, &request),
            };
            let letter = Letter::of(request).await?;
            let delivered = self
                .transport
                .deliver(deadline, timeout, &sending, live, &letter)
                .await;
            // An address may have a secret in its query.
            let delivered = delivered.map_err(reqwest::Error::without_url)?;
            let answer = delivered.answer.unread(operation, letter.url());
            answer.map_err(reqwest::Error::without_url)
        })
    }
}

/// The secrets that the generated client was given for a body: not always those
/// of this account.
fn secrets(operation: Operation, request: &Request) -> Option<RefreshTokenRequest> {
    let body = (operation == Operation::RefreshTokenPoints).then_some(request.body()?)?;
    serde_json::from_slice(body.as_bytes()?).ok()
}
