//! A client as plain as can be: what a test writes is what goes over the wire.

use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use xoxoday_sandbox::{Builder, Sandbox};

pub(crate) const SENDER: &str = Builder::SUPER_ADMIN;
pub(crate) const USER: &str = Builder::USER;

pub(crate) const TOKEN: &str = "/chef/v1/oauth/token";
pub(crate) const COMPANY: &str = "/chef/v1/oauth/token/company";
pub(crate) const USER_REFRESH: &str = "/chef/v1/oauth/token/user";
pub(crate) const CREATE_USER: &str = "/chef/v1/oauth/token/create/user";
pub(crate) const API: &str = "/chef/v1/oauth/api";

pub(crate) struct Client {
    http: reqwest::Client,
    origin: String,
    id: String,
    secret: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn access(&self) -> String {
        self.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn refresh(&self) -> String {
        self.json()["refresh_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Client {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self {
            http,
            origin: sandbox.origin(),
            id: sandbox.client_id(),
            secret: sandbox.client_secret(),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, format!("{}{path}", self.origin))
    }

    pub(crate) async fn try_post(
        &self,
        path: &str,
        bearer: Option<&str>,
        body: &Value,
    ) -> reqwest::Result<Answer> {
        let mut request = self.request("POST", path).json(body);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        read(request).await
    }

    pub(crate) async fn post(&self, path: &str, bearer: Option<&str>, body: &Value) -> Answer {
        self.try_post(path, bearer, body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        read(self.request("GET", path)).await.unwrap()
    }

    pub(crate) async fn validate(&self, access: &str) -> Answer {
        let request = self.request("GET", TOKEN).bearer_auth(access);
        read(request).await.unwrap()
    }

    pub(crate) fn refresh_body(&self, refresh: &str) -> Value {
        json!({
            "grant_type": "refresh_token",
            "refresh_token": refresh,
            "client_id": self.id,
            "client_secret": self.secret,
        })
    }

    pub(crate) async fn refresh(&self, refresh: &str) -> Answer {
        self.try_refresh(refresh).await.unwrap()
    }

    pub(crate) async fn try_refresh(&self, refresh: &str) -> reqwest::Result<Answer> {
        self.try_post(COMPANY, None, &self.refresh_body(refresh))
            .await
    }

    pub(crate) async fn create_user(&self, access: &str, email: &str) -> Answer {
        let body = json!({"user_input": email, "scope": "user_session"});
        self.post(CREATE_USER, Some(access), &body).await
    }

    pub(crate) async fn balance(&self, access: &str, email: &str) -> Answer {
        self.post(API, Some(access), &fetch_body(json!({"email": email})))
            .await
    }

    pub(crate) async fn send(&self, access: &str, recipients: Value) -> Answer {
        self.post(API, Some(access), &send_body(recipients)).await
    }

    pub(crate) async fn cancel(&self, access: &str, ids: &[u64]) -> Answer {
        self.post(API, Some(access), &cancel_body(ids)).await
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}

pub(crate) fn fetch_body(user_data: Value) -> Value {
    json!({
        "query": "storesAdmin.query.user_balance",
        "tag": "storeAdmin",
        "variables": {"user_data": user_data},
    })
}

pub(crate) fn send_body(recipients: Value) -> Value {
    json!({
        "query": "storesAdmin.mutation.sendBalance",
        "tag": "storeAdmin",
        "variables": {
            "sender_email": SENDER,
            "expiry_month": 12,
            "recipients": recipients,
        },
    })
}

pub(crate) fn cancel_body(ids: &[u64]) -> Value {
    let recipients: Vec<Value> = ids.iter().map(|id| json!({"unique_id": id})).collect();
    json!({
        "query": "storesAdmin.mutation.cancelBalance",
        "tag": "storeAdmin",
        "variables": {"recipients_data": {"recipients": recipients}},
    })
}

pub(crate) fn points(digits: &str) -> Decimal {
    Decimal::from_str(digits).unwrap()
}
