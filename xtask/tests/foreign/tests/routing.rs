//! Where generated clients send their requests, and what goes along.

use httpmock::MockServer;
use progenitor_client::{ClientHooks, Error, OperationInfo};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use xtask_foreign::jobs::httpmock::MockServerExt as _;
use xtask_foreign::jobs::routing::Routing;
use xtask_foreign::jobs::{client, operations::Operation};
use xtask_foreign::queue;

const BASE: &str = "http://base.test/with/a/stem";

/// The request as the hooks leave it.
async fn routed(
    routing: Routing,
    operation: &'static str,
    method: Method,
    built: &str,
) -> Result<reqwest::Request, Error<()>> {
    let client = client::Client::new(BASE, routing);
    let url: reqwest::Url = format!("{BASE}{built}").parse().unwrap();
    let mut request = reqwest::Request::new(method, url);
    client
        .pre(
            &mut request,
            &OperationInfo {
                operation_id: operation,
            },
        )
        .await?;
    Ok(request)
}

async fn url(server: &str, operation: &'static str, built: &str) -> String {
    let request = routed(Routing::new(server), operation, Method::POST, built)
        .await
        .unwrap();
    request.url().to_string()
}

#[tokio::test]
async fn each_level_of_servers_is_heard() {
    assert_eq!(
        url("Live", "login", "/login").await,
        "https://eu.jobs.test/api/v1/login"
    );
    assert_eq!(
        url("Live", "get_job", "/jobs/7").await,
        "https://read.jobs.test/v1/jobs/7"
    );
    assert_eq!(
        url("Live", "put_job", "/jobs/7").await,
        "https://write.jobs.test/v1/jobs/7"
    );
    assert_eq!(
        url("Staging", "get_job", "/jobs/7").await,
        "https://staging.jobs.test/read/jobs/7"
    );
    assert_eq!(
        url("Staging", "login", "/login").await,
        "https://staging.jobs.test/v1/login"
    );
}

#[tokio::test]
async fn a_virtual_suffix_is_left_out_and_arguments_before_it_are_kept() {
    let run = url("Live", "run", "/accounts/a%2Fb/run?dry=true").await;
    assert_eq!(run, "https://eu.jobs.test/api/v1/accounts/a%2Fb?dry=true");
    let stop = url("Live", "stop", "/accounts/a/stop/3").await;
    assert_eq!(stop, "https://eu.jobs.test/api/v1/accounts/a");
}

#[tokio::test]
async fn an_operation_without_the_server_is_refused_by_name() {
    let refused = routed(Routing::new("Staging"), "put_job", Method::PUT, "/jobs/7").await;
    let Err(Error::Custom(said)) = refused else {
        panic!("not refused")
    };
    assert_eq!(
        said,
        r#"putJob has no server called "Staging"; it has: Live"#
    );
}

#[tokio::test]
async fn an_argument_that_climbs_out_of_the_path_is_refused() {
    for built in ["/jobs/..", "/jobs/.", "/jobs/"] {
        let refused = routed(Routing::new("Live"), "get_job", Method::GET, built).await;
        let Err(Error::Custom(said)) = refused else {
            panic!("{built} is not refused")
        };
        assert!(said.contains("changes the path"), "{said}");
    }
}

#[tokio::test]
async fn the_bearer_goes_only_where_the_document_wants_it() {
    let bearer = || Routing::new("Live").with_bearer("s3cret").unwrap();
    let with = routed(bearer(), "get_job", Method::GET, "/jobs/7")
        .await
        .unwrap();
    assert_eq!(with.headers()[AUTHORIZATION], "Bearer s3cret");
    assert!(with.headers()[AUTHORIZATION].is_sensitive());
    let without = routed(bearer(), "login", Method::POST, "/login")
        .await
        .unwrap();
    assert!(!without.headers().contains_key(AUTHORIZATION));
}

#[test]
fn the_bearer_is_not_printed() {
    let client = client::Client::new(BASE, Routing::new("Live").with_bearer("s3cret").unwrap());
    assert!(!format!("{client:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_generated_mock_answers_the_generated_client() {
    let server = MockServer::start_async().await;
    let run = server.run(|when, then| {
        when.account("a b/c").dry(true);
        then.ok();
    });
    let stop = server.stop(|when, then| {
        when.account("a b/c");
        then.ok();
    });
    let routing = Routing::new("Live").at_origin(server.base_url().parse().unwrap());
    let client = client::Client::new(&server.base_url(), routing);
    let action = client::types::RunRequestAction::Run;
    let body = client::types::RunRequest {
        action,
        after: None,
    };
    client.run("a b/c", Some(true), &body).await.unwrap();
    run.assert();
    // The two share a path on the wire: the body tells them apart.
    stop.assert_calls(0);
}

#[tokio::test]
async fn query_lists_and_headers_are_sent_as_mocked() {
    let server = MockServer::start_async().await;
    let fields = [
        client::types::GetJobFieldsItem::State,
        client::types::GetJobFieldsItem::Owner,
    ]
    .to_vec();
    let expected = client::types::GetJobResponse {
        id: "7".into(),
        owner: None,
    };
    let job = server.get_job(|when, then| {
        when.job_id("7").fields(Some(&fields)).limit(3).x_trace("t");
        then.ok(&expected);
    });
    let routing = Routing::new("Staging").at_origin(server.base_url().parse().unwrap());
    let client = client::Client::new(&server.base_url(), routing);
    let answer = client
        .get_job("7", Some(&fields), 3, Some("t"))
        .await
        .unwrap();
    job.assert();
    assert_eq!(answer.id, "7");
}

#[tokio::test]
async fn errors_of_several_shapes_arrive_whole() {
    let server = MockServer::start_async().await;
    server.mock(|when, then| {
        when.path("/v1/jobs/7");
        then.status(404)
            .header("content-type", "text/html")
            .body("<h1>Gone</h1>");
    });
    let routing = Routing::new("Live").at_origin(server.base_url().parse().unwrap());
    let client = client::Client::new(&server.base_url(), routing);
    let Err(Error::ErrorResponse(answer)) = client.get_job("7", None, 1, None).await else {
        panic!("no error")
    };
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-type"], "text/html");
}

#[test]
fn an_overlay_marks_virtual_paths_that_the_document_does_not_tell_of() {
    use queue::operations::Operation;
    assert_eq!(
        Operation::Push.url("Live").as_deref(),
        Some("https://queue.test/rpc")
    );
    assert!(Operation::Pop.is_virtual());
    assert_eq!(Operation::Pop.constants(), [("method", "pop")]);
    assert!(Operation::Push.bearer(), "oauth2 is sent as a bearer");
}

#[test]
fn the_table_knows_operations_by_both_spellings() {
    for operation in Operation::ALL {
        assert_eq!(Operation::from_id(operation.id()), Some(*operation));
    }
    assert_eq!(Operation::from_id("get_job"), Some(Operation::GetJob));
    assert_eq!(Operation::from_id("no_such"), None);
}
