//! A redirect is not followed: what it would carry elsewhere is a bearer, or a
//! body with a refresh token and the client secret.

use reqwest::redirect::Policy;
use xoxoday_sandbox::{Sandbox, Trouble};
use xoxoday_tests::calls::Call;
use xoxoday_tests::{client_of, sandbox};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// Where a sandbox takes the company's tokens: what is sent here is recorded,
/// and would be answered.
fn trap(sandbox: &Sandbox) -> String {
    sandbox.origin() + "/chef/v1/oauth/token/company"
}

/// Makes every call, answers it with every redirect, and asserts at both ends
/// that it was sent once, to where it belongs.
async fn assert_not_followed(configure: fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder) {
    let sandbox = sandbox();
    let other = self::sandbox();
    let client = client_of(&sandbox).configure_http(configure);
    let xoxoday = client.build().await.unwrap();
    let mut made = 0;
    for call in Call::all() {
        for status in STATUSES {
            for location in [trap(&sandbox), trap(&other)] {
                let what = format!("{call} {status} {location}");
                sandbox.trouble(None, Trouble::Redirect { status, location });
                call.make(&xoxoday).await.unwrap_err();
                made += 1;
                let record = sandbox.record();
                assert_eq!(record.calls().len(), made, "{what}: sent again");
                let last = record.calls().last().unwrap();
                assert_eq!(last.operation, Some(call.operation), "{what}");
                assert_eq!(last.status, Some(status), "{what}");
                assert!(other.record().calls().is_empty(), "{what}: sent elsewhere");
            }
        }
    }
    assert_eq!(made, 12 * STATUSES.len() * 2);
}

#[tokio::test]
async fn no_redirect_is_followed_by_any_operation_to_any_host() {
    assert_not_followed(|http| http).await;
}

#[tokio::test]
async fn no_redirect_is_followed_even_if_the_user_s_policy_would() {
    assert_not_followed(|http| http.redirect(Policy::limited(10))).await;
    assert_not_followed(|http| http.redirect(Policy::custom(|attempt| attempt.follow()))).await;
}

/// The trap works: this is what would happen.
#[tokio::test]
async fn a_client_that_follows_is_caught_at_the_other_end() {
    for status in [307, 308] {
        let sandbox = sandbox();
        let other = self::sandbox();
        let location = trap(&other);
        sandbox.trouble(None, Trouble::Redirect { status, location });
        let http = reqwest::Client::builder().redirect(Policy::limited(10));
        let request = http.build().unwrap().post(trap(&sandbox));
        request.body("the secret body").send().await.unwrap();
        let record = other.record();
        assert_eq!(record.calls()[0].body, "the secret body");
    }
}
