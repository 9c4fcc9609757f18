//! Each trouble does what it says, and says whether the work was done.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use serde_json::json;
use xoxoday_sandbox::{
    ApplicationError, Delivery, Operation, Plan, RateLimit, RateLimitShape, Rejection, Sandbox,
    Session, TokenState, Trouble, Work,
};

use crate::client::{Answer, Client};

const REFRESH: Operation = Operation::RefreshTokenPoints;

/// A refresh in trouble: what the client saw, and what was done about it.
async fn refresh_with(plan: impl Into<Plan>) -> (reqwest::Result<Answer>, Work, Sandbox) {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(REFRESH, plan);
    let seen = client.try_refresh(sandbox.refresh_token()).await;
    let call = sandbox.record().exchanges()[0].clone();
    let spent = sandbox.refresh_token_state(sandbox.refresh_token()) == Some(TokenState::Spent);
    assert_eq!(
        call.work == Work::Done,
        spent,
        "the record says what the tokens say"
    );
    assert_eq!(call.brought.is_some(), spent);
    if let Ok(answer) = &seen {
        assert_eq!(call.status, Some(answer.status));
    }
    (seen, call.work, sandbox)
}

fn io_error(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}

#[tokio::test]
async fn a_dropped_answer_is_a_closed_connection_after_the_work() {
    let (seen, work, sandbox) = refresh_with(Trouble::DropAnswer).await;
    let error = seen.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_ne!(io_error(&error), Some(io::ErrorKind::ConnectionReset));
    assert_eq!(work, Work::Done);
    let record = sandbox.record();
    assert_eq!(record.exchanges()[0].delivery, Delivery::Incomplete);
    assert_eq!(record.exchanges()[0].status, None);
    assert!(!record.refresh_tokens()[0].successor_arrived());
}

#[tokio::test]
async fn a_reset_is_a_reset_before_or_after_the_work() {
    for (plan, expected) in [
        (Plan::from(Trouble::Reset), Work::Done),
        (Trouble::Reset.before_work(), Work::Prevented),
    ] {
        let (seen, work, _sandbox) = refresh_with(plan).await;
        let error = seen.unwrap_err();
        assert_eq!(
            io_error(&error),
            Some(io::ErrorKind::ConnectionReset),
            "{error:?}"
        );
        assert_eq!(work, expected);
    }
}

#[tokio::test]
async fn a_bad_gateway_has_no_body_or_a_page_and_the_work_may_be_done_behind_it() {
    for (trouble, body) in [(Trouble::Status(502), ""), (Trouble::Html(502), "<html>")] {
        let (seen, work, _sandbox) = refresh_with(trouble.clone()).await;
        let answer = seen.unwrap();
        assert_eq!(answer.status, 502);
        assert!(answer.text.starts_with(body));
        assert_eq!(answer.text.is_empty(), body.is_empty());
        assert_eq!(work, Work::Prevented);

        let (seen, work, _sandbox) = refresh_with(trouble.after_work()).await;
        assert_eq!(seen.unwrap().status, 502);
        assert_eq!(work, Work::Done);
    }
}

#[tokio::test]
async fn a_200_can_be_empty_or_garbage_and_the_work_is_done() {
    let (seen, work, _sandbox) = refresh_with(Trouble::EmptyBody).await;
    let answer = seen.unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(work, Work::Done);

    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(REFRESH, Trouble::Garbage(vec![0xff, 0xfe, 0x00]));
    let body = client.refresh_body(sandbox.refresh_token());
    let request = client.request("POST", crate::client::COMPANY).json(&body);
    let bytes = request.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.as_ref(), [0xff, 0xfe, 0x00]);
    assert_eq!(sandbox.record().calls()[0].work, Work::Done);
}

#[tokio::test]
async fn a_cut_body_promises_more_than_comes() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(REFRESH, Trouble::CutBody);
    let body = client.refresh_body(sandbox.refresh_token());
    let request = client.request("POST", crate::client::COMPANY).json(&body);
    let mut response = request.send().await.unwrap();
    let promised = response.content_length().unwrap();
    let mut came = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => came.extend(chunk),
            Ok(None) => panic!("the body was whole"),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!(came.len() as u64, promised / 2);
    assert!(came.starts_with(b"{\"access_token\":\""));
    let call = sandbox.record().calls()[0].clone();
    assert_eq!(
        (call.work, call.delivery),
        (Work::Done, Delivery::Incomplete)
    );
}

#[tokio::test]
async fn a_slow_body_takes_its_time_for_every_byte() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let every = Duration::from_millis(4);
    sandbox.trouble(None, Trouble::SlowBody(every));
    let began = Instant::now();
    let answer = client.validate("made-up").await;
    assert!(began.elapsed() >= every * (answer.text.len() as u32 - 1));
    assert_eq!(answer.json()["error"], "invalid_token");
    assert_eq!(sandbox.record().calls()[0].delivery, Delivery::Written);

    let (seen, work, sandbox) = refresh_with(Trouble::SlowBody(Duration::ZERO)).await;
    assert_eq!(work, Work::Done);
    let newest = sandbox.newest_pair(&Session::Company).unwrap();
    assert_eq!(seen.unwrap().refresh(), newest.refresh_token());
}

#[tokio::test]
async fn a_huge_body_has_no_declared_length_and_all_its_bytes() {
    let size = 3 * 1024 * 1024 + 1;
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(None, Trouble::HugeBody(size));
    let request = client.request("GET", crate::client::TOKEN);
    let mut response = request
        .bearer_auth(sandbox.access_token())
        .send()
        .await
        .unwrap();
    assert_eq!(response.content_length(), None);
    let mut came = 0;
    while let Some(chunk) = response.chunk().await.unwrap() {
        came += chunk.len() as u64;
    }
    assert_eq!(came, size);
    assert_eq!(sandbox.record().calls()[0].work, Work::Done);
}

#[tokio::test]
async fn a_redirect_says_where_to_and_does_nothing() {
    for status in [301, 302, 307, 308] {
        let location = "http://127.0.0.1:1/elsewhere".to_owned();
        let trouble = Trouble::Redirect { status, location };
        let (seen, work, _sandbox) = refresh_with(trouble).await;
        let answer = seen.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.header("location"),
            Some("http://127.0.0.1:1/elsewhere")
        );
        assert_eq!(work, Work::Prevented);
    }
}

#[tokio::test]
async fn a_rate_limit_comes_in_every_shape_and_status() {
    for (shape, body) in [
        (
            RateLimitShape::Message,
            r#"{"message":"auth.request_limit_exceeded"}"#,
        ),
        (
            RateLimitShape::NotQuiteJson,
            "{message:'auth.request_limit_exceeded'}",
        ),
        (
            RateLimitShape::Errors,
            r#"{"errors":[{"message":"auth.request_limit_exceeded","penaltySeconds":60}]}"#,
        ),
        (RateLimitShape::StatusAlone, ""),
    ] {
        for (status, retry_after) in [(200, false), (401, true), (429, true)] {
            let limit = RateLimit {
                shape,
                status,
                retry_after,
                ..RateLimit::default()
            };
            let (seen, work, _sandbox) = refresh_with(Trouble::RateLimit(limit)).await;
            let answer = seen.unwrap();
            assert_eq!((answer.status, answer.text.as_str()), (status, body));
            assert_eq!(answer.header("retry-after").is_some(), retry_after);
            assert_eq!(work, Work::Prevented);
        }
    }
}

#[tokio::test]
async fn a_good_token_can_be_rejected_and_stays_good() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    let shape = Rejection::TokenError;
    sandbox.trouble(None, Trouble::Reject { shape, status: 200 }.times(2));
    for _ in 0..2 {
        let answer = client.validate(sandbox.access_token()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["error_message_id"], "auth.token_error");
    }
    assert_eq!(
        client.validate(sandbox.access_token()).await.json()["token_type"],
        "bearer"
    );
}

#[tokio::test]
async fn an_application_error_or_any_answer_can_be_put_in_its_place() {
    let trouble = Trouble::ApplicationError(ApplicationError::IpNotRegistered);
    let (seen, work, _sandbox) = refresh_with(trouble).await;
    let answer = seen.unwrap();
    assert_eq!(
        (answer.status, answer.json()["errorId"].as_str()),
        (401, Some("PIPE10017"))
    );
    assert_eq!(work, Work::Prevented);

    let (seen, ..) = refresh_with(Trouble::Answer {
        status: 418,
        content_type: "text/plain".to_owned(),
        body: "short and stout".to_owned(),
    })
    .await;
    let answer = seen.unwrap();
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (418, "short and stout")
    );
    assert_eq!(answer.header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn a_delay_takes_its_time_and_then_all_is_well() {
    let began = Instant::now();
    let delay = Duration::from_millis(30);
    let (seen, work, _sandbox) = refresh_with(Trouble::Delay(delay)).await;
    assert_eq!(seen.unwrap().status, 200);
    assert!(began.elapsed() >= delay);
    assert_eq!(work, Work::Done);
}

#[tokio::test]
async fn a_send_whose_answer_was_lost_is_in_the_books() {
    let sandbox = Sandbox::start().unwrap();
    let client = Client::of(&sandbox);
    sandbox.trouble(Operation::SendPoints, Trouble::DropAnswer);
    let body = crate::client::send_body(json!([{"to_email": "a@x.example", "amount": "5"}]));
    let bearer = Some(sandbox.access_token());
    assert!(
        client
            .try_post(crate::client::API, bearer, &body)
            .await
            .is_err()
    );
    assert_eq!(sandbox.books().wallet, crate::client::points("9995"));
}
