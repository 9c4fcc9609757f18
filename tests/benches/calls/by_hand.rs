//! What somebody writes who has a token, and no wish that it ever change.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use xoxoday_auth::Points;
use xoxoday_auth::api::types;

use crate::{ACCESS_TOKEN, JOHN};

/// Who sends points waits for no server for ever.
const LONG: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct ByHand {
    http: Client,
    url: String,
    token_url: String,
    bearer: HeaderValue,
}

impl ByHand {
    pub(crate) fn new(origin: &str) -> Self {
        let http = Client::builder().no_proxy().timeout(LONG).build();
        let bearer = HeaderValue::try_from(format!("Bearer {ACCESS_TOKEN}"));
        Self {
            http: http.expect("a client"),
            url: format!("{origin}/chef/v1/oauth/api"),
            token_url: format!("{origin}/token"),
            bearer: bearer.expect("a header"),
        }
    }

    pub(crate) async fn balance(&self) -> Points {
        let body = types::FetchPointsRequest {
            query: types::FetchPointsQuery::StoresAdminQueryUserBalance,
            tag: types::StoreTag::StoreAdmin,
            variables: types::FetchPointsVariables {
                user_data: Some(types::UserLookup {
                    email: Some(JOHN.to_owned()),
                    phone: None,
                }),
            },
        };
        let request = self.http.post(&self.url).json(&body);
        let answer = request.header(AUTHORIZATION, self.bearer.clone()).send();
        let answer = answer.await.expect("an answer");
        let answer = answer.error_for_status().expect("a balance");
        let answer: types::FetchPointsResponse = answer.json().await.expect("its body");
        let balance = answer.data.and_then(|data| data.user_balance);
        let balance = balance.and_then(|balance| balance.data);
        balance.and_then(|data| data.total).expect("a balance")
    }

    /// What a rotation asks for, with nothing made of the answer.
    pub(crate) async fn exchange(&self) {
        let body = serde_json::json!({
            "grant_type": "refresh_token",
            "refresh_token": "refresh-1",
            "client_id": "client-1",
            "client_secret": "secret-1",
        });
        let answer = self.http.post(&self.token_url).json(&body).send().await;
        let answer = answer.expect("an answer").bytes().await;
        answer.expect("its body");
    }
}
