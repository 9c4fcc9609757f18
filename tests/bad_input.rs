//! Wrong input gets a sentence that says what is wrong, and nothing is sent.

use std::fs;
use std::path::Path;

use xoxoday_auth::{
    Builder, Environment, Error, ErrorKind, FileStore, MemoryStore, Recipient, Seed, Xoxoday,
};
use xoxoday_tests::canary::{MARK, STORE};
use xoxoday_tests::{BOSS, client_at, client_of, directory, marked, sandbox};

fn assert_input_error(error: &Error, part: &str) {
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn recipients_are_checked_when_they_are_made() {
    for (email, amount, part) in [
        ("john", "1", "not an e-mail address"),
        ("", "1", "not an e-mail address"),
        ("john@company.example", "0", "above zero"),
        ("john@company.example", "-5", "above zero"),
        ("john@company.example", "many", "not a number"),
        ("john@company.example", "", "not a number"),
    ] {
        assert_input_error(&Recipient::new(email, amount).unwrap_err(), part);
    }
}

#[tokio::test]
async fn nothing_is_sent_for_a_call_that_makes_no_sense() {
    let sandbox = sandbox();
    let xoxoday = client_of(&sandbox).build().await.unwrap();
    let points = xoxoday.points();
    let john = Recipient::new("john@company.example", 1).unwrap();

    let nobody = points.send_from(BOSS).send().await.unwrap_err();
    assert_input_error(&nobody, "no recipients");
    let crowd = std::iter::repeat_n(john.clone(), 501);
    let too_many = points
        .send_from(BOSS)
        .to_all(crowd)
        .send()
        .await
        .unwrap_err();
    assert_input_error(&too_many, "at most 500");
    let sender = points.send_from("boss").to(john.clone()).send().await;
    assert_input_error(&sender.unwrap_err(), "sender");
    let months = points
        .send_from(BOSS)
        .to(john)
        .expiry_months(0)
        .send()
        .await;
    assert_input_error(&months.unwrap_err(), "0 months");

    assert_input_error(
        &points.cancel([0_i64; 0]).await.unwrap_err(),
        "no transactions",
    );
    assert_input_error(&points.balance("nobody").await.unwrap_err(), "email");
    assert_input_error(
        &points.balance_by_phone("call me").await.unwrap_err(),
        "phone",
    );
    let user = xoxoday.user_tokens().create("boss@").await.unwrap_err();
    assert_input_error(&user, "user");

    assert!(sandbox.record().calls().is_empty());
}

fn builder() -> Builder {
    Xoxoday::builder(Environment::Sandbox, "client-1", marked!("secret-1"))
        .store(MemoryStore::new())
}

#[tokio::test]
async fn cancel_outside_production_is_refused_with_the_way_out() {
    let xoxoday = client_at(Environment::Sandbox).build().await.unwrap();
    let ids = [xoxoday_auth::api::number::TransactionId::new(7)];
    let error = xoxoday.points().cancel(ids).await.unwrap_err();
    for part in [
        "cancelPoints",
        "sandbox",
        "Production",
        "nothing was sent",
        "allow_crossing",
    ] {
        assert_input_error(&error, part);
    }

    let raw = xoxoday
        .api()
        .cancel_points(&xoxoday_auth::api::types::CancelPointsRequest {
            query: xoxoday_auth::api::types::CancelPointsQuery::StoresAdminMutationCancelBalance,
            tag: xoxoday_auth::api::types::StoreTag::StoreAdmin,
            variables: xoxoday_auth::api::types::CancelPointsVariables {
                recipients_data: None,
            },
        });
    match raw.await {
        Err(xoxoday_auth::api::Error::Custom(message)) => {
            assert!(message.contains("nothing was sent"), "{message}");
        }
        _ => panic!("the crossing was not refused"),
    }
}

#[tokio::test]
async fn an_override_that_could_leak_a_token_is_refused() {
    let operation = xoxoday_auth::Operation::FetchPoints;
    let built = builder()
        .endpoint(operation, "http://gateway.example/")
        .build()
        .await;
    assert_input_error(
        &built.unwrap_err(),
        "the endpoint of fetchPoints: plain http",
    );
}

#[tokio::test]
async fn what_cannot_be_a_credential_or_a_setting_is_refused_before_it_is_stored() {
    let seed = Seed::new;
    let second = std::time::Duration::from_secs(1);
    for (builder, part) in [
        (
            builder().seed(seed(" \n")),
            "a token of the seed: it is empty",
        ),
        (builder().seed(seed(marked!("two\nlines"))), "line breaks"),
        (
            builder().seed(seed(marked!("r")).access_token(marked!("ü"), None)),
            "beyond ASCII",
        ),
        (
            builder().seed(seed(marked!("r"))).rotation_lease(second),
            "at least 2 s",
        ),
        (
            Xoxoday::builder(Environment::Sandbox, "client", "").seed(seed(marked!("r"))),
            "client secret",
        ),
        (
            builder()
                .seed(seed(marked!("r")))
                .allow_crossing(xoxoday_auth::Operation::CancelPoints, Environment::Testing),
            "has no server in testing",
        ),
    ] {
        assert_input_error(&builder.build().await.unwrap_err(), part);
    }
}

#[tokio::test]
async fn the_line_feed_at_the_end_of_a_token_s_file_is_no_part_of_the_token() {
    let sandbox = sandbox();
    let seed = Seed::new(format!("{}\n", sandbox.refresh_token()));
    let xoxoday = client_of(&sandbox).seed(seed).build().await.unwrap();
    xoxoday.tokens().validate().await.unwrap();
}

#[tokio::test]
async fn without_any_tokens_the_way_to_get_them_is_told() {
    let error = builder().build().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    for part in [
        "the token store is empty",
        "dashboard",
        "XOXODAY_REFRESH_TOKEN",
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

async fn open(path: &Path) -> Result<Xoxoday, Error> {
    client_at(Environment::Sandbox)
        .store(FileStore::new(path))
        .build()
        .await
}

#[tokio::test]
async fn a_token_file_that_cannot_be_trusted_is_refused_and_left_untouched() {
    let directory = directory();
    let path = directory.path().join(STORE);
    open(&path).await.unwrap();
    let good = fs::read_to_string(&path).unwrap();

    let newer = good.replace("\"schema\":1", "\"schema\":2");
    let other = good.replace("client-1", "client-2");
    let beyond = good.replace("\"version\":1,", "\"version\":18446744073709551615,");
    for (content, part) in [
        ("", "it is empty"),
        (&good[..good.len() / 2], "it is no token file"),
        ("{}", "it is no token file"),
        (
            r#"{"version":1,"document":{"schema":1}}"#,
            "it is no token document",
        ),
        (&newer, "written by a newer version"),
        (&other, "belongs to client client-2"),
        (&beyond, "its version is none"),
    ] {
        fs::write(&path, content).unwrap();
        let error = open(&path).await.unwrap_err();
        assert_input_error(&error, part);
        assert!(!error.to_string().contains(MARK), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_token_file_is_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = directory();
    let path = directory.path().join("state/tokens.json");
    open(&path).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = open(&path).await.unwrap_err();
    assert_input_error(&error, "chmod 600");
}
