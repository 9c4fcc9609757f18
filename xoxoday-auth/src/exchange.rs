//! Presents the refresh token: the one call without a bearer, and the one that
//! must never be made twice by accident.
//!
//! It goes to the refresh operation's own address, follows no redirect, is
//! never retried, and has a deadline inside the lease. Its answer is handed on
//! as it came, to be saved before anybody looks at it.

use std::borrow::Cow;
use std::sync::Arc;

use tracing::Instrument as _;
use xoxoday_api::Operation;
use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::ClientSecret;
use xoxoday_api::types::{GrantType, RefreshTokenRequest};

use crate::answer::Answer;
use crate::endpoints::Endpoints;
use crate::hide::Secrets;
use crate::observe::{AttemptOutcome, Observer};
use crate::rotation::driver::{Exchange, Report};
use crate::rotation::{Clock, Exchanged, Presentation, Staged};
use crate::store::BoxFuture;
use crate::trace::RequestSpan;
use crate::transport::never_left;

const OPERATION: Operation = Operation::RefreshTokenPoints;

/// The token endpoint, and who we are to it.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Observer,
}

/// The longest answer that is read, in bytes; of a longer one the beginning
/// counts. Not the limit of other answers: a pair that was cut off is lost.
const ANSWER_LIMIT: usize = 256 * 1024;

impl Exchange for TokenEndpoint {
    fn exchange(&self, presentation: Presentation) -> BoxFuture<'_, (Exchanged, Report<'_>)> {
        Box::pin(self.present(presentation))
    }
}

impl TokenEndpoint {
    async fn present(&self, presentation: Presentation) -> (Exchanged, Report<'_>) {
        let url = match self.endpoints.url(OPERATION, OPERATION.path()) {
            Ok(url) => url.into_owned(),
            Err(error) => return (Exchanged::NotSent(error.to_string()), Box::new(())),
        };
        let asked_at = self.clock.now();
        let attempt = Cow::Owned(presentation.attempt.clone());
        let mut span = RequestSpan::new(
            &self.observer,
            self.endpoints.environment(),
            (OPERATION, 1, attempt),
            Some(presentation.generation),
        );
        let sent = self
            .http
            .request(OPERATION.method(), url)
            .header("x-request-id", &presentation.attempt)
            .timeout(presentation.deadline)
            .json(&RefreshTokenRequest {
                grant_type: GrantType::RefreshToken,
                refresh_token: presentation.refresh,
                client_id: self.client_id.clone(),
                client_secret: self.client_secret.clone(),
            })
            .send();
        let exchanged = match sent.instrument(span.span()).await {
            Ok(response) => {
                let answer = Answer::read(response, ANSWER_LIMIT).await;
                // Nobody looks at it before it is saved, observers included.
                span.ended(Some(answer.status), AttemptOutcome::Answered);
                Exchanged::Answered(self.stage(answer, asked_at))
            }
            Err(error) if never_left(&error) => {
                span.ended(None, AttemptOutcome::NotSent);
                Exchanged::NotSent("no connection to the token endpoint".into())
            }
            Err(error) => {
                span.ended(None, AttemptOutcome::NoAnswer);
                Exchanged::Lost(match error.is_timeout() {
                    true => "no answer in time".into(),
                    false => format!("no answer: {}", error.without_url()),
                })
            }
        };
        (exchanged, Box::new(span))
    }

    fn stage(&self, mut answer: Answer, asked_at: EpochMillis) -> Staged {
        // A refusal may quote the client secret, which no reader of the stored
        // answer knows to leave out. A success is kept to the letter.
        let body = match answer.status.is_success() {
            true => answer.bytes(),
            false => {
                answer.hide(&Secrets::new([self.client_secret.expose()]));
                answer.clean()
            }
        };
        let now = self.clock.now();
        Staged::new(answer.status, &answer.headers, body, asked_at, now)
    }
}
