//! What each operation puts on the wire: method, URL, headers and body, to the
//! letter. The mock server answers 404 to anything else.

use httpmock::Method::{GET, POST};
use httpmock::{Mock, MockServer, Then, When};
use serde_json::{Value, json};
use xoxoday_auth::api::number::TransactionId;
use xoxoday_auth::{Recipient, Xoxoday};
use xoxoday_tests::{client_at, marked};

async fn client(server: &MockServer) -> Xoxoday {
    builder(server).build().await.unwrap()
}

fn builder(server: &MockServer) -> xoxoday_auth::Builder {
    client_at(server.base_url().parse().unwrap())
}

const BEARER: &str = concat!("Bearer ", marked!("access-1"));

/// A POST with exactly this body, and the bearer.
fn call(when: When, path: &str, body: Value) -> When {
    when.method(POST)
        .path(path)
        .header("authorization", BEARER)
        .header("content-type", "application/json")
        .json_body(body)
}

fn answer(then: Then, body: Value) {
    then.status(200).json_body(body);
}

fn once(mock: &Mock<'_>) {
    mock.assert_calls(1);
}

const API: &str = "/chef/v1/oauth/api";

#[tokio::test]
async fn validate_is_a_get_with_the_bearer_and_no_body() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        when.method(GET)
            .path("/chef/v1/oauth/token")
            .header("authorization", BEARER)
            .header_missing("content-type")
            .is_true(|request| request.body_ref().is_empty());
        answer(
            then,
            json!({"access_token": marked!("access-1"), "token_type": "bearer", "expires_in": "60"}),
        );
    });
    let validity = client(&server).await.tokens().validate().await.unwrap();
    assert_eq!(validity.expires_in.map(|life| life.as_secs()), Some(60));
    once(&mock);
}

#[tokio::test]
async fn refresh_carries_the_credentials_in_the_body_and_no_bearer() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        when.method(POST)
            .path("/chef/v1/oauth/token/company")
            .header_missing("authorization")
            .header("content-type", "application/json")
            .json_body(json!({
                "grant_type": "refresh_token",
                "refresh_token": marked!("refresh-1"),
                "client_id": "client-1",
                "client_secret": marked!("secret-1"),
            }));
        answer(
            then,
            json!({
                "access_token": marked!("access-2"),
                "refresh_token": marked!("refresh-2"),
                "expires_in": 60,
            }),
        );
    });
    let xoxoday = client(&server).await;
    xoxoday.tokens().rotate().await.unwrap();
    once(&mock);
    assert_eq!(xoxoday.tokens().status().generation, 2);
}

#[tokio::test]
async fn create_user_token_asks_for_a_user_session_with_the_company_s_bearer() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        call(
            when,
            "/chef/v1/oauth/token/create/user",
            json!({"user_input": "boss@company.example", "scope": "user_session"}),
        );
        answer(
            then,
            json!({"access_token": marked!("user-access"), "expires_in": 60}),
        );
    });
    let xoxoday = client(&server).await;
    let tokens = xoxoday
        .user_tokens()
        .create("boss@company.example")
        .await
        .unwrap();
    assert_eq!(tokens.access_token.expose(), marked!("user-access"));
    once(&mock);
}

#[tokio::test]
async fn fetch_posts_to_the_real_path_without_the_virtual_suffix() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        call(
            when,
            API,
            json!({
                "query": "storesAdmin.query.user_balance",
                "tag": "storeAdmin",
                "variables": {"user_data": {"email": "john@company.example"}},
            }),
        );
        answer(
            then,
            json!({"data": {"user_balance": {"success": 1, "message": null, "data": {"total": 0.3}}}}),
        );
    });
    let xoxoday = client(&server).await;
    let balance = xoxoday.points().balance("john@company.example").await;
    assert_eq!(balance.unwrap().to_string(), "0.3");
    once(&mock);
}

#[tokio::test]
async fn fetch_by_phone_sends_the_phone_alone() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        call(
            when,
            API,
            json!({
                "query": "storesAdmin.query.user_balance",
                "tag": "storeAdmin",
                "variables": {"user_data": {"phone": "+91-8999888887"}},
            }),
        );
        answer(
            then,
            json!({"data": {"user_balance": {"success": 1, "data": {"total": "1500"}}}}),
        );
    });
    let xoxoday = client(&server).await;
    let balance = xoxoday.points().balance_by_phone("+91-8999888887").await;
    assert_eq!(balance.unwrap(), 1500_u32.into());
    once(&mock);
}

fn sent_variables() -> Value {
    json!({
        "sender_email": "boss@company.example",
        "expiry_month": 12,
        "recipients": [
            {
                "to_email": "john@company.example",
                "to_name": "John Smith",
                "amount": "100",
                "citation": "Awesome work",
            },
            {"to_email": "jane@company.example", "amount": "12.50"},
        ],
    })
}

async fn send(xoxoday: &Xoxoday) {
    let sent = xoxoday
        .points()
        .send_from("boss@company.example")
        .to(Recipient::new("john@company.example", 100)
            .unwrap()
            .name("John Smith")
            .citation("Awesome work"))
        .to(Recipient::new("jane@company.example", "12.50").unwrap())
        .expiry_months(12)
        .send()
        .await
        .unwrap();
    assert!(sent.all_credited());
}

#[tokio::test]
async fn send_posts_what_the_document_says_with_amounts_as_exact_strings() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        call(
            when,
            API,
            json!({
                "query": "storesAdmin.mutation.sendBalance",
                "tag": "storeAdmin",
                "variables": sent_variables(),
            }),
        );
        answer(then, json!({"data": {"sendBalance": {"error": false}}}));
    });
    send(&client(&server).await).await;
    once(&mock);
}

#[tokio::test]
async fn send_wraps_its_variables_where_the_switch_says_so() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        call(
            when,
            API,
            json!({
                "query": "storesAdmin.mutation.sendBalance",
                "tag": "storeAdmin",
                "variables": {"recipients_data": sent_variables()},
            }),
        );
        answer(then, json!({"data": {"sendBalance": {"error": false}}}));
    });
    let xoxoday = builder(&server).wrap_send_variables(true).build().await;
    send(&xoxoday.unwrap()).await;
    once(&mock);
}

#[tokio::test]
async fn cancel_posts_the_transaction_ids() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        call(
            when,
            API,
            json!({
                "query": "storesAdmin.mutation.cancelBalance",
                "tag": "storeAdmin",
                "variables": {"recipients_data": {"recipients": [{"unique_id": 987654321}, {"unique_id": 5}]}},
            }),
        );
        answer(
            then,
            json!({"data": {"cancelBalance": {"error": false, "message": "done", "recipients": [
                {"unique_id": 987654321, "success": true},
                {"unique_id": "5", "success": false, "message": "too late"},
            ]}}}),
        );
    });
    let xoxoday = client(&server).await;
    let ids = [987_654_321, 5].map(TransactionId::new);
    let error = xoxoday.points().cancel(ids).await.unwrap_err();
    let cancelled = error.cancelled().unwrap();
    let each: Vec<_> = cancelled.results.iter().map(|r| r.cancelled).collect();
    assert_eq!(each, [Some(true), Some(false)]);
    once(&mock);
}

#[tokio::test]
async fn the_virtual_suffix_is_sent_where_the_switch_says_so() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        when.method(POST).path("/chef/v1/oauth/api/fetchPoints");
        answer(
            then,
            json!({"data": {"user_balance": {"success": 1, "data": {"total": 1}}}}),
        );
    });
    let xoxoday = builder(&server).keep_virtual_suffix(true).build().await;
    let xoxoday = xoxoday.unwrap();
    xoxoday.points().balance("a@b.example").await.unwrap();
    once(&mock);
}

#[tokio::test]
async fn the_raw_client_goes_the_same_way_as_the_facades() {
    use xoxoday_auth::api::types;

    let server = MockServer::start_async().await;
    let validate = server.mock(|when, then| {
        when.method(GET)
            .path("/chef/v1/oauth/token")
            .header("authorization", BEARER)
            .header_matches("user-agent", "^xoxoday-rust/[0-9.]+$")
            .header_missing("api-version");
        answer(then, json!({"access_token": marked!("access-1")}));
    });
    let refresh = server.mock(|when, then| {
        when.method(POST)
            .path("/chef/v1/oauth/token/company")
            .header_missing("authorization");
        answer(
            then,
            json!({"access_token": marked!("a"), "refresh_token": marked!("r")}),
        );
    });
    let cancel = server.mock(|when, then| {
        call(
            when,
            API,
            json!({
                "query": "storesAdmin.mutation.cancelBalance",
                "tag": "storeAdmin",
                "variables": {"recipients_data": {"recipients": [{"unique_id": 7}]}},
            }),
        );
        answer(then, json!({"data": {"cancelBalance": {"error": false}}}));
    });

    let xoxoday = client(&server).await;
    let api = xoxoday.api();
    api.validate_token_points().await.unwrap();
    once(&validate);

    api.refresh_token_points(&types::RefreshTokenRequest {
        grant_type: types::GrantType::RefreshToken,
        refresh_token: marked!("of another account").into(),
        client_id: "client".into(),
        client_secret: marked!("secret").into(),
    })
    .await
    .unwrap();
    once(&refresh);

    api.cancel_points(&types::CancelPointsRequest {
        query: types::CancelPointsQuery::StoresAdminMutationCancelBalance,
        tag: types::StoreTag::StoreAdmin,
        variables: types::CancelPointsVariables {
            recipients_data: Some(types::CancellationBatch {
                recipients: vec![types::Cancellation {
                    unique_id: TransactionId::new(7),
                }],
            }),
        },
    })
    .await
    .unwrap();
    once(&cancel);
}
