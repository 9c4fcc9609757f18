//! Presents the refresh token: the one call without a bearer, and the one that
//! must never be made twice by accident.
//!
//! It goes to the refresh operation's own address, follows no redirect, is
//! never retried, and has a deadline inside the lease.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use xoxoday_api::Operation;
use xoxoday_api::number::{EpochMillis, Seconds};
use xoxoday_api::secret::{AccessToken, ClientSecret, RefreshToken};
use xoxoday_api::types::{GrantType, RefreshTokenRequest};

use crate::answer;
use crate::classify::Meaning;
use crate::endpoints::Endpoints;
use crate::rotation::clock::after;
use crate::rotation::driver::Exchange;
use crate::rotation::machine::Answer;
use crate::rotation::seed::check_token;
use crate::rotation::{Clock, Grant};
use crate::store::BoxFuture;

const OPERATION: Operation = Operation::RefreshTokenPoints;

/// The token endpoint, and who we are to it.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) deadline: Duration,
    pub(crate) answer_limit: usize,
}

impl Exchange for TokenEndpoint {
    fn exchange(&self, refresh: RefreshToken) -> BoxFuture<'_, Answer> {
        Box::pin(self.present(refresh))
    }
}

impl TokenEndpoint {
    async fn present(&self, presented: RefreshToken) -> Answer {
        let url = match self.endpoints.url(OPERATION, OPERATION.path()) {
            Ok(url) => url,
            Err(error) => return Answer::Denied(error.to_string()),
        };
        // Lifetimes count from before the request: a token is never thought
        // to live longer than it does.
        let asked_at = self.clock.now();
        let answer = self
            .http
            .request(OPERATION.method(), url)
            .timeout(self.deadline)
            .json(&RefreshTokenRequest {
                grant_type: GrantType::RefreshToken,
                refresh_token: presented.clone(),
                client_id: self.client_id.clone(),
                client_secret: self.client_secret.clone(),
            })
            .send();
        let answer = match answer.await {
            Ok(response) => Ok(answer::Answer::read(response, self.answer_limit).await),
            Err(error) => Err(error),
        };
        match answer {
            Ok(mut answer) => {
                answer.hide(&[presented.expose(), self.client_secret.expose()]);
                understand(&answer, asked_at)
            }
            Err(error) if error.is_connect() => Answer::Failed("no connection".into()),
            Err(error) if error.is_timeout() => Answer::Failed("no answer in time".into()),
            Err(error) => Answer::Failed(format!("no answer: {}", error.without_url())),
        }
    }
}

fn understand(answer: &answer::Answer, asked_at: EpochMillis) -> Answer {
    // Whatever else is odd about an answer, a pair of tokens in it is the
    // successor, and the only one there will be.
    if let Some(grant) = answer
        .status
        .is_success()
        .then(|| granted(answer.bytes(), asked_at))
        .flatten()
    {
        return Answer::Granted(grant);
    }
    let status = answer.status.as_u16();
    match answer.meaning(OPERATION) {
        Meaning::Garbled if answer.is_whole() && !answer.status.is_success() => Answer::Denied(
            format!("the answer is not what Xoxoday documents (HTTP {status})"),
        ),
        Meaning::Success | Meaning::Garbled => {
            Answer::Failed("the answer is no pair of tokens".into())
        }
        Meaning::TokenRejected => {
            Answer::Rejected("the refresh token is no longer accepted".into())
        }
        // A wrong client secret sounds like this too, and a gateway: not a
        // verdict on the token.
        Meaning::Unauthorized => Answer::Denied(format!(
            "the token endpoint answers 'unauthorized' (HTTP {status}): are client id and client secret right?"
        )),
        Meaning::RateLimited(wait) => Answer::Limited(wait),
        Meaning::Refused { code, message } => {
            let message = without_token_like_words(&message);
            Answer::Denied(match code {
                Some(code) => format!("{message} (HTTP {status}, {code})"),
                None => format!("{message} (HTTP {status})"),
            })
        }
        Meaning::ServerTrouble(_) => {
            Answer::Failed(format!("the token endpoint is in trouble (HTTP {status})"))
        }
    }
}

/// The endpoint knows more tokens than were sent to it, and may quote any of
/// them: what is as long as a token is left out.
fn without_token_like_words(message: &str) -> String {
    const LONGEST_WORD: usize = 24;
    let words = message.split_whitespace().map(|word| match word.len() {
        0..=LONGEST_WORD => word,
        _ => "…",
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The tokens of an answer, if it has both. The lifetimes are read one by one:
/// an odd one costs no more than itself.
fn granted(body: &[u8], asked_at: EpochMillis) -> Option<Grant> {
    #[derive(Deserialize)]
    struct Pair<'a> {
        access_token: AccessToken,
        refresh_token: RefreshToken,
        #[serde(borrow)]
        expires_in: Option<&'a RawValue>,
        #[serde(borrow)]
        access_token_expiry: Option<&'a RawValue>,
        #[serde(borrow)]
        refresh_token_expiry: Option<&'a RawValue>,
    }

    // The first value is enough: what trails behind it costs no token.
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Pair<'_>>();
    let pair = values.next()?.ok()?;
    check_token(pair.access_token.expose()).ok()?;
    check_token(pair.refresh_token.expose()).ok()?;
    // The lifetime counts by our own clock; the timestamp needs the server's
    // clock and ours to agree, so it comes second.
    let lifetime = read::<Seconds>("expires_in", pair.expires_in).and_then(|seconds| {
        seconds
            .lifetime()
            .inspect_err(|error| tracing::warn!(%error, "expires_in was ignored"))
            .ok()
    });
    Some(Grant {
        access: pair.access_token,
        access_expires_at: lifetime
            .map(|lifetime| after(asked_at, lifetime))
            .or_else(|| read("access_token_expiry", pair.access_token_expiry)),
        refresh: pair.refresh_token,
        refresh_expires_at: read("refresh_token_expiry", pair.refresh_token_expiry),
        obtained_at: asked_at,
    })
}

fn read<T: DeserializeOwned>(name: &'static str, value: Option<&RawValue>) -> Option<T> {
    let value = value?.get();
    serde_json::from_str(value)
        .inspect_err(|_| tracing::warn!(name, "a lifetime that is no number was ignored"))
        .ok()
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED_AT: EpochMillis = EpochMillis::new(1_000_000);

    fn grant(members: &str) -> Option<Grant> {
        let body = format!(r#"{{"access_token":"a","refresh_token":"r"{members}}}"#);
        granted(body.as_bytes(), ASKED_AT)
    }

    #[test]
    fn lifetimes_count_from_before_the_request() {
        let grant =
            grant(r#","expires_in":"60","access_token_expiry":9,"refresh_token_expiry":"7000""#);
        let grant = grant.unwrap();
        assert_eq!(grant.access_expires_at, Some(EpochMillis::new(1_060_000)));
        assert_eq!(grant.refresh_expires_at, Some(EpochMillis::new(7000)));
    }

    #[test]
    fn an_expires_in_that_is_a_timestamp_gives_way_to_the_expiry() {
        let both = grant(r#","expires_in":1718000000,"access_token_expiry":5000"#).unwrap();
        assert_eq!(both.access_expires_at, Some(EpochMillis::new(5000)));
        let alone = grant(r#","expires_in":1718000000"#).unwrap();
        assert_eq!(alone.access_expires_at, None);
    }

    #[test]
    fn an_odd_member_does_not_cost_the_successor() {
        for odd in [
            r#","expires_in":"""#,
            r#","expires_in":null,"access_token_expiry":"2024-06-10T00:00:00Z""#,
            r#","refresh_token_expiry":{}"#,
            r#","error":"","errorId":"","success":0"#,
            r#","token_type":7"#,
            r#"} trailing {"a":1"#,
        ] {
            assert!(grant(odd).is_some(), "{odd}");
        }
    }

    #[test]
    fn half_a_pair_is_no_pair() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","refresh_token":""}"#,
            r#"{"access_token":"a\nb","refresh_token":"r"}"#,
            r#"{"access_token":null,"refresh_token":"r"}"#,
            "",
        ] {
            assert!(granted(body.as_bytes(), ASKED_AT).is_none(), "{body}");
        }
    }
}
