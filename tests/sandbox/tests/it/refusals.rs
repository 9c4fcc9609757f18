//! What is refused, with which status, in which of the documented shapes, and that
//! nothing has changed after it.

use serde_json::{Value, json};
use xoxoday_sandbox::{Bearer, Operation, Sandbox, SendBody, Work};

use crate::client::{
    API, COMPANY, CREATE_USER, Client, SENDER, TOKEN, USER, cancel_body, fetch_body, read,
    send_body,
};

const NO_BEARER: &str = "missing/invalid parameters authorization header";

fn set(mut body: Value, pointer: &str, value: Value) -> Value {
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

fn without(mut body: Value, parent: &str, member: &str) -> Value {
    let parent = body.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(member).unwrap();
    body
}

fn one(to_email: &str, amount: Value) -> Value {
    json!([{"to_email": to_email, "amount": amount}])
}

/// Everything that a refusal must leave as it is.
fn all_that_matters(sandbox: &Sandbox) -> String {
    let record = sandbox.record();
    format!("{:?} {:?}", sandbox.books(), record.pairs())
}

#[tokio::test]
async fn a_body_that_is_no_good_is_a_400_and_changes_nothing() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let before = all_that_matters(&sandbox);
    let fetch = fetch_body(json!({"email": USER}));
    let send = send_body(one(USER, json!("1")));
    let cancel = cancel_body(&[1]);
    let refresh = client.refresh_body(sandbox.refresh_token());
    let create = json!({"user_input": SENDER, "scope": "user_session"});
    let v = "/variables";
    let r = "/variables/recipients/0";
    let cases = [
        (API, json!([])),
        (API, json!({})),
        // An array of a struct's values is no object.
        (
            API,
            json!([fetch["query"], fetch["tag"], fetch["variables"]]),
        ),
        (API, set(fetch.clone(), "/variables", json!([]))),
        (
            API,
            set(fetch.clone(), "/variables/user_data", json!([USER, null])),
        ),
        (API, set(send.clone(), r, json!([USER, null, "1", null]))),
        (API, without(fetch.clone(), "", "query")),
        (API, without(fetch.clone(), "", "tag")),
        (API, without(fetch.clone(), "", "variables")),
        (
            API,
            set(fetch.clone(), "/query", json!("storesAdmin.query.nothing")),
        ),
        (API, set(fetch.clone(), "/query", json!(1))),
        (API, set(fetch.clone(), "/tag", json!("plumProAPI"))),
        (
            API,
            set(fetch.clone(), "/variables/user_data/email", json!(1)),
        ),
        (API, without(send.clone(), v, "sender_email")),
        (API, without(send.clone(), v, "recipients")),
        (
            API,
            set(send.clone(), "/variables/sender_email", json!("no address")),
        ),
        (
            API,
            set(send.clone(), "/variables/expiry_month", json!("twelve")),
        ),
        (
            API,
            set(send.clone(), "/variables/expiry_month", json!(1.5)),
        ),
        (API, set(send.clone(), "/variables/expiry_month", json!(0))),
        (API, set(send.clone(), "/variables/recipients", json!([]))),
        (API, without(send.clone(), r, "to_email")),
        (API, without(send.clone(), r, "amount")),
        (API, send_body(one("@nowhere.example", json!("1")))),
        (API, send_body(one(USER, json!("0")))),
        (API, send_body(one(USER, json!("-1")))),
        (API, send_body(one(USER, json!(-1)))),
        (API, send_body(one(USER, json!(0)))),
        (API, send_body(one(USER, json!("1e2")))),
        (API, send_body(one(USER, json!("")))),
        (API, send_body(one(USER, json!(null)))),
        (API, send_body(one(USER, json!(true)))),
        (API, send_body(one(USER, json!(["1"])))),
        (
            API,
            send_body(
                json!([{"to_email": USER, "amount": "1"}, {"to_email": USER, "amount": "x"}]),
            ),
        ),
        (API, without(cancel.clone(), v, "recipients_data")),
        (
            API,
            set(
                cancel.clone(),
                "/variables/recipients_data/recipients",
                json!([]),
            ),
        ),
        (
            API,
            set(
                cancel,
                "/variables/recipients_data/recipients/0/unique_id",
                json!("1"),
            ),
        ),
        (COMPANY, json!([])),
        (COMPANY, without(refresh.clone(), "", "grant_type")),
        (COMPANY, without(refresh.clone(), "", "refresh_token")),
        (COMPANY, without(refresh.clone(), "", "client_id")),
        (COMPANY, without(refresh.clone(), "", "client_secret")),
        (
            COMPANY,
            set(refresh.clone(), "/grant_type", json!("password")),
        ),
        (COMPANY, set(refresh, "/refresh_token", json!(1))),
        (CREATE_USER, without(create.clone(), "", "user_input")),
        (CREATE_USER, without(create.clone(), "", "scope")),
        (CREATE_USER, set(create, "/user_input", json!("no address"))),
    ];
    let count = cases.len();
    for (path, body) in cases {
        let bearer = (path != COMPANY).then_some(sandbox.access_token());
        let answer = client.post(path, bearer, &body).await;
        assert_eq!(answer.status, 400, "{body} was answered {}", answer.text);
        assert_eq!(answer.json()["error"], "Bad Request", "{body}");
        assert!(answer.json()["message"].is_string(), "{body}");
    }
    assert_eq!(all_that_matters(&sandbox), before);
    let refused = |call: &xoxoday_sandbox::Call| call.work == Work::Refused;
    assert_eq!(sandbox.record().matching(refused).len(), count);
}

#[tokio::test]
async fn what_is_good_may_be_written_in_every_way_the_sources_allow() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let send = send_body(one(USER, json!("1")));
    for body in [
        set(send.clone(), "/variables/expiry_month", json!("12")),
        without(send.clone(), "/variables", "expiry_month"),
        send_body(one(USER, json!(1))),
        send_body(one(USER, json!(0.5))),
        send_body(one("New.One@x.example", json!("0.00000001"))),
    ] {
        let answer = client.post(API, Some(sandbox.access_token()), &body).await;
        assert_eq!(answer.status, 200, "{body} was answered {}", answer.text);
    }
    sandbox.switch(|s| s.send_body = SendBody::Either);
    let answer = client.post(API, Some(sandbox.access_token()), &send).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_is_no_json_is_a_400() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let deep = "[".repeat(100_000);
    for body in [
        &b""[..],
        b"{",
        b"\xff\xfe",
        b"{message:'x'}",
        deep.as_bytes(),
    ] {
        for path in [API, COMPANY, CREATE_USER] {
            let request = client
                .request("POST", path)
                .bearer_auth(sandbox.access_token())
                .header("content-type", "application/json")
                .body(body.to_vec());
            assert_eq!(read(request).await.unwrap().status, 400);
        }
    }
}

#[tokio::test]
async fn a_bearer_must_be_there_and_be_one() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let basic = format!("Basic {}", sandbox.access_token());
    for header in [None, Some("Bearer"), Some("Bearer "), Some(&basic)] {
        for (method, path) in [("GET", TOKEN), ("POST", API), ("POST", CREATE_USER)] {
            let mut request = client.request(method, path);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let answer = read(request).await.unwrap();
            assert_eq!(answer.status, 401, "{header:?}");
            assert_eq!(
                answer.json(),
                json!({"error": "invalid_request", "error_description": NO_BEARER})
            );
        }
    }
    let twice = client
        .request("GET", TOKEN)
        .bearer_auth(sandbox.access_token())
        .header("authorization", "Bearer other");
    assert_eq!(read(twice).await.unwrap().status, 401);
    let record = sandbox.record();
    let bearers = record.calls().iter().map(|call| &call.bearer);
    assert_eq!(
        bearers.filter(|bearer| **bearer == Bearer::Absent).count(),
        3
    );
    assert_eq!(record.calls().last().unwrap().bearer, Bearer::Malformed);
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(client.validate(sandbox.refresh_token()).await.status, 401);
    assert_eq!(client.refresh(sandbox.access_token()).await.status, 401);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    for (method, path, right) in [
        ("POST", TOKEN, "GET"),
        ("GET", COMPANY, "POST"),
        ("PUT", CREATE_USER, "POST"),
        ("GET", API, "POST"),
    ] {
        let answer = read(client.request(method, path)).await.unwrap();
        assert_eq!((answer.status, answer.header("allow")), (405, Some(right)));
    }
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let body = client.refresh_body(sandbox.refresh_token()).to_string();
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let mut request = client.request("POST", COMPANY).body(body.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        assert_eq!(read(request).await.unwrap().status, 415);
    }
    let twice = client
        .request("POST", COMPANY)
        .header("content-type", "application/json")
        .header("content-type", "application/json")
        .body(body.clone());
    assert_eq!(read(twice).await.unwrap().status, 415);
    let request = client
        .request("POST", COMPANY)
        .header("content-type", "Application/JSON; charset=utf-8")
        .body(body);
    assert_eq!(read(request).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_unknown_path_is_a_404_with_a_code_whose_error_may_be_an_object() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    for path in [
        "/",
        "/chef/v1/oauth",
        "/chef/v1/oauth/token/",
        "/chef/v1/oauth/apis",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 404);
        assert_eq!(
            answer.json(),
            json!({"code": 404, "errorId": "PLE10030", "errorInfo": "Not found", "error": "Not found"})
        );
    }
    sandbox.switch(|s| s.error_as_object = true);
    assert!(client.get("/").await.json()["error"].is_object());
}

/// Which host a request was meant for does not matter here.
#[tokio::test]
async fn any_host_is_served() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let request = client
        .request("GET", TOKEN)
        .bearer_auth(sandbox.access_token())
        .header("host", "accounts.xoxoday.com");
    assert_eq!(read(request).await.unwrap().status, 200);
    let record = sandbox.record();
    let call = record.of(Operation::ValidateTokenPoints)[0];
    assert_eq!(call.header("Host"), Some("accounts.xoxoday.com"));
}
