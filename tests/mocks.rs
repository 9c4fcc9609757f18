//! A consumer's own test: the typed mocks answer the real client.

use httpmock::MockServer;
use xoxoday_api::httpmock::MockServerExt as _;
use xoxoday_api::number::{Integer, TransactionId};
use xoxoday_api::types;
use xoxoday_auth::{Recipient, Xoxoday};
use xoxoday_tests::client_at;

async fn client(server: &MockServer) -> Xoxoday {
    let environment = server.base_url().parse().unwrap();
    client_at(environment).build().await.unwrap()
}

#[tokio::test]
async fn mocks_of_operations_that_share_a_path_do_not_catch_each_other() {
    let server = MockServer::start_async().await;
    let fetch = server.fetch_points(|_, then| {
        then.ok(&types::FetchPointsResponse {
            data: Some(types::FetchPointsData {
                user_balance: Some(types::UserBalance {
                    data: Some(types::PointsBalance {
                        total: Some(42_u32.into()),
                    }),
                    message: None,
                    success: Some(Integer::new(1)),
                }),
            }),
        });
    });
    let send = server.send_points(|_, then| {
        then.ok(&types::SendPointsResponse {
            data: Some(types::Issuance {
                unique_id: Some(TransactionId::new(7)),
                ..Default::default()
            }),
        });
    });
    let cancel = server.cancel_points(|_, then| {
        then.ok(&types::CancelPointsResponse {
            data: Some(types::CancelPointsData {
                cancel_balance: Some(types::CancelBalance {
                    error: Some(false),
                    ..Default::default()
                }),
            }),
        });
    });

    let xoxoday = client(&server).await;
    let points = xoxoday.points();
    let balance = points.balance("john@company.example").await.unwrap();
    assert_eq!(balance, 42_u32.into());
    let sent = points
        .send_from("boss@company.example")
        .to(Recipient::new("john@company.example", 1).unwrap())
        .send()
        .await
        .unwrap();
    let id = sent.results[0].transaction.unwrap();
    assert!(points.cancel([id]).await.unwrap().all_cancelled());
    for mock in [fetch, send, cancel] {
        mock.assert_calls(1);
    }
}

#[tokio::test]
async fn a_mock_can_ask_for_a_body_and_answer_with_an_error() {
    let server = MockServer::start_async().await;
    let mock = server.create_user_token(|when, then| {
        when.body(&types::CreateUserTokenRequest {
            scope: "user_session".into(),
            user_input: "boss@company.example".into(),
        });
        then.unauthorized(&types::ErrorBody {
            error_id: Some("PIPE10017".into()),
            error_info: Some("IP not registered".into()),
            ..Default::default()
        });
    });
    let xoxoday = client(&server).await;
    let error = xoxoday
        .user_tokens()
        .create("boss@company.example")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("PIPE10017"));
    mock.assert_calls(1);
}
