//! How tokens are made, used up, and ended.

use std::time::Duration;

use crate::client::{COMPANY, CREATE_USER, Client, SENDER, USER_REFRESH};
use serde_json::json;
use xoxoday_sandbox::{
    ApplicationError, Bearer, Lifetimes, Numbers, Operation, Rejection, Sandbox, Session, Switches,
    TokenState,
};

fn with(change: impl FnOnce(&mut Switches)) -> (Sandbox, Client) {
    let mut switches = Switches::default();
    change(&mut switches);
    let sandbox = Sandbox::builder().switches(switches).start().unwrap();
    let client = Client::of(&sandbox);
    (sandbox, client)
}

fn plain() -> (Sandbox, Client) {
    with(|_| {})
}

const REJECTED: &str = r#"{"error":"invalid_token","error_description":"invalid/expired token"}"#;

#[tokio::test]
async fn validate_tells_what_is_left_and_not_the_refresh_token() {
    let (sandbox, client) = plain();
    sandbox.clock().stop();
    sandbox.clock().set_ms(sandbox.seed().issued_at_ms + 1500);
    let answer = client.validate(sandbox.access_token()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "access_token": sandbox.access_token(),
            "token_type": "bearer",
            "expires_in": 30 * 86_400 - 2,
            "access_token_expiry": sandbox.seed().access_ends_at_ms,
            "refresh_token_expiry": sandbox.seed().refresh_ends_at_ms,
        })
    );
}

#[tokio::test]
async fn refresh_brings_a_new_pair_with_its_lifetimes() {
    let (sandbox, client) = plain();
    sandbox.clock().stop();
    let now = sandbox.clock().now_ms();
    let answer = client.refresh(sandbox.refresh_token()).await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.access(), sandbox.access_token());
    assert_ne!(answer.refresh(), sandbox.refresh_token());
    let told = answer.json();
    assert_eq!(told["token_type"], "bearer");
    assert_eq!(told["expires_in"], 30 * 86_400);
    assert_eq!(told["access_token_expiry"], now + 30 * 86_400_000);
    assert_eq!(told["refresh_token_expiry"], now + 60 * 86_400_000);
    assert_eq!(client.validate(&answer.access()).await.status, 200);
}

#[tokio::test]
async fn tokens_end_when_the_clock_says_so_and_live_again_when_it_is_turned_back() {
    let (sandbox, client) = plain();
    sandbox.clock().stop();
    sandbox.clock().set_ms(sandbox.seed().access_ends_at_ms - 1);
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
    sandbox.clock().advance(Duration::from_millis(1));
    let ended = client.validate(sandbox.access_token()).await;
    assert_eq!((ended.status, ended.text.as_str()), (401, REJECTED));
    sandbox.clock().rewind(Duration::from_millis(1));
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);

    sandbox.clock().set_ms(sandbox.seed().refresh_ends_at_ms);
    let state = sandbox.refresh_token_state(sandbox.refresh_token());
    assert_eq!(state, Some(TokenState::Expired));
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 401);
}

#[tokio::test]
async fn lifetimes_can_be_changed_while_it_runs() {
    let (sandbox, client) = plain();
    sandbox.clock().stop();
    sandbox.switch(|s| {
        s.company = Lifetimes {
            access: Duration::from_secs(2),
            refresh: Duration::from_secs(4),
        };
    });
    let pair = client.refresh(sandbox.refresh_token()).await;
    assert_eq!(pair.json()["expires_in"], 2);
    sandbox.clock().advance(Duration::from_secs(2));
    assert_eq!(client.validate(&pair.access()).await.status, 401);
    assert_eq!(client.refresh(&pair.refresh()).await.status, 200);
}

#[tokio::test]
async fn a_company_token_creates_a_user_session_that_is_refreshed_at_its_own_path() {
    let (sandbox, client) = plain();
    let user = client.create_user(sandbox.access_token(), SENDER).await;
    assert_eq!(user.status, 200);
    assert_eq!(user.json()["expires_in"], 15 * 86_400);
    assert_eq!(client.validate(&user.access()).await.status, 200);
    // It does not touch the company's pair.
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);

    let wrong_path = client.refresh(&user.refresh()).await;
    assert_eq!(
        (wrong_path.status, wrong_path.text.as_str()),
        (401, REJECTED)
    );
    let body = client.refresh_body(sandbox.refresh_token());
    assert_eq!(client.post(USER_REFRESH, None, &body).await.status, 401);

    let body = client.refresh_body(&user.refresh());
    let next = client.post(USER_REFRESH, None, &body).await;
    assert_eq!(next.status, 200);
    assert_eq!(client.validate(&next.access()).await.status, 200);
    let session = Session::User(SENDER.to_owned());
    assert_eq!(
        sandbox.newest_pair(&session).unwrap().access_token(),
        next.access()
    );
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn only_a_company_token_creates_user_sessions_and_only_for_super_admins() {
    let (sandbox, client) = plain();
    let user = client.create_user(sandbox.access_token(), SENDER).await;
    let by_user = client.create_user(&user.access(), SENDER).await;
    assert_eq!(
        (by_user.status, by_user.json()["errorId"].as_str()),
        (401, Some("PLE10019"))
    );
    let stranger = client
        .create_user(sandbox.access_token(), "who@else.example")
        .await;
    assert_eq!(stranger.status, 400);
    let scope = json!({"user_input": SENDER, "scope": "company_session"});
    let answer = client
        .post(CREATE_USER, Some(sandbox.access_token()), &scope)
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn expiry_can_be_left_out_or_written_as_strings() {
    let (sandbox, client) = with(|s| s.numbers = Numbers::AsStrings);
    let strings = client.refresh(sandbox.refresh_token()).await;
    for name in ["expires_in", "access_token_expiry", "refresh_token_expiry"] {
        assert!(strings.json()[name].is_string(), "{name}");
    }
    sandbox.switch(|s| {
        s.expires_in = false;
        s.expiry_timestamps = false;
    });
    let bare = client.refresh(&strings.refresh()).await.json();
    let names: Vec<_> = bare.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "refresh_token", "token_type"]);
}

#[tokio::test]
async fn a_new_pair_in_the_dashboard_ends_the_others() {
    let (sandbox, client) = plain();
    let pair = sandbox.dashboard().new_pair();
    assert_eq!(client.refresh(sandbox.refresh_token()).await.text, REJECTED);
    assert_eq!(client.validate(sandbox.access_token()).await.text, REJECTED);
    assert_eq!(client.validate(pair.access_token()).await.status, 200);
    assert_eq!(client.refresh(pair.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn a_password_reset_ends_all_with_a_rejection_of_its_own() {
    let (sandbox, client) = plain();
    sandbox.dashboard().reset_password();
    for answer in [
        client.refresh(sandbox.refresh_token()).await,
        client.validate(sandbox.access_token()).await,
    ] {
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.json(),
            json!({"success": 0, "error_message_id": "auth.token_error"})
        );
    }
}

#[tokio::test]
async fn a_barred_account_is_refused_everything_and_loses_no_token() {
    let (sandbox, client) = plain();
    for (why, code) in [
        (ApplicationError::UserDisabled, "PIPE10015"),
        (ApplicationError::CompanyDisabled, "PIPE10016"),
        (ApplicationError::IpNotRegistered, "PIPE10017"),
        (ApplicationError::NotAllowed, "PLE10019"),
    ] {
        sandbox.dashboard().bar(why);
        for answer in [
            client.refresh(sandbox.refresh_token()).await,
            client.validate(sandbox.access_token()).await,
        ] {
            assert_eq!(answer.status, 401);
            assert_eq!(answer.json()["code"], 401);
            assert_eq!(answer.json()["errorId"], code);
        }
    }
    sandbox.dashboard().unbar();
    assert_eq!(client.validate(sandbox.access_token()).await.status, 200);
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn a_rejection_has_the_shape_and_status_that_were_chosen() {
    let (sandbox, client) = plain();
    for (shape, body) in [
        (Rejection::InvalidToken, REJECTED),
        (
            Rejection::TokenError,
            r#"{"error_message_id":"auth.token_error","success":0}"#,
        ),
        (Rejection::Unauthorized, r#"{"error":"Unauthorized"}"#),
    ] {
        for status in [200, 400, 401, 403] {
            sandbox.switch(|s| {
                s.rejection = Some(shape);
                s.rejection_status = status;
            });
            let answer = client.validate("made-up").await;
            assert_eq!((answer.status, answer.text.as_str()), (status, body));
        }
    }
}

#[tokio::test]
async fn a_wrong_client_is_refused_and_spends_nothing() {
    let (sandbox, client) = plain();
    for member in ["client_id", "client_secret"] {
        let mut body = client.refresh_body(sandbox.refresh_token());
        body[member] = json!("wrong");
        let answer = client.post(COMPANY, None, &body).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (401, r#"{"error":"Unauthorized"}"#)
        );
    }
    assert_eq!(client.refresh(sandbox.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn a_bearer_on_the_refresh_is_recorded_and_refused_if_asked() {
    let (sandbox, client) = plain();
    let body = client.refresh_body(sandbox.refresh_token());
    sandbox.switch(|s| s.refuse_bearer_on_refresh = true);
    let bearer = Some(sandbox.access_token());
    assert_eq!(client.post(COMPANY, bearer, &body).await.status, 400);
    sandbox.switch(|s| s.refuse_bearer_on_refresh = false);
    assert_eq!(client.post(COMPANY, bearer, &body).await.status, 200);
    let record = sandbox.record();
    for call in record.of(Operation::RefreshTokenPoints) {
        let (generation, session) = (1, Session::Company);
        assert_eq!(
            call.bearer,
            Bearer::Known {
                generation,
                session
            }
        );
    }
}

#[tokio::test]
async fn secrets_begin_as_they_were_told_to() {
    let sandbox = Sandbox::builder().token_prefix("CANARY").start().unwrap();
    let client = Client::of(&sandbox);
    let pair = client.refresh(sandbox.refresh_token()).await;
    for secret in [sandbox.client_secret(), pair.access(), pair.refresh()] {
        assert!(secret.starts_with("CANARY"));
    }
    let seen = format!("{sandbox:?} {:?}", sandbox.record());
    assert!(seen.contains("RefreshTokenPoints"));
    assert!(!seen.contains("CANARY"));
}
