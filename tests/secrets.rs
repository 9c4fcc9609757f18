//! No secret is in what can be printed: in the `Debug` of any public type, in
//! an error, or in what the HTTP client logs (which the canary reads).

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Debug;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use xoxoday_auth::api::types;
use xoxoday_auth::bulk::{Bulk, Input, Order, Pace, Progress, Resolution, Row};
use xoxoday_auth::store::{
    PostgresStore, Sealed, SealingKey, SealingKeys, StoreError, StoreErrorKind, Version,
};
use xoxoday_auth::{
    AfterLostAnswer, ClientSecret, Clock as _, Document, Email, Environment, Error, FileStore,
    MemoryStore, Recipient, Retry, Seed, StoredTokens, SystemClock, TokenStore as _, Xoxoday,
};
use xoxoday_sandbox::{
    ApplicationError, Operation, Plan, RateLimit, RateLimitShape, Sandbox, SendAnswer, Trouble,
};
use xoxoday_tests::calls::{Call, Failure, refresh, whole_chain};
use xoxoday_tests::canary::{MARK, STORE};
use xoxoday_tests::search::Search;
use xoxoday_tests::{
    BOSS, JOHN, answer, client_at, client_of, directory, hasty, marked, sandbox, secrets_of, seed,
};

/// What `Debug` says of values, by the names of their types.
#[derive(Default)]
struct Shown(Vec<(&'static str, String)>);

impl Shown {
    fn add<T: Debug + ?Sized>(&mut self, value: &T) {
        let path = std::any::type_name::<T>();
        let path = path.split('<').next().unwrap_or(path);
        let name = path.rsplit("::").next().unwrap_or(path);
        self.0.push((name, format!("{value:?}\n{value:#?}")));
    }

    fn names(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    fn assert_no_secret(&self, search: &Search) {
        for (name, text) in &self.0 {
            assert_eq!(search.find(text.as_bytes()), [], "{name}: {text}");
        }
    }
}

/// The public types that a crate's sources declare, found as lines that begin
/// with `pub struct` or `pub enum`. The lint `unreachable_pub` sees to it that
/// what is not public is not called so.
fn public_types(sources: &str) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for line in sources.lines() {
        let declared = ["pub struct ", "pub enum "];
        if let Some(rest) = declared.iter().find_map(|words| line.strip_prefix(words)) {
            let end = |c: char| !c.is_alphanumeric();
            types.extend(rest.split(end).next().map(str::to_owned));
        }
    }
    types
}

fn sources_below(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| match path.is_dir() {
            true => sources_below(&path),
            false => fs::read_to_string(path).unwrap(),
        })
        .collect()
}

/// A client that has rotated, sent and cancelled, and what its parts look like.
async fn show_a_client_at_work(shown: &mut Shown) -> Vec<String> {
    let sandbox = sandbox();
    sandbox.switch(|switches| switches.send_answer = SendAnswer::WithRecipients);
    let store = MemoryStore::new();
    let attempts = Arc::new(Mutex::new(Shown::default()));
    let notes = Arc::clone(&attempts);
    let builder = client_of(&sandbox)
        .store(store.clone())
        .observe(move |attempt| {
            let mut notes = notes.lock().unwrap();
            notes.add(attempt);
            notes.add(&attempt.outcome);
        });
    shown.add(&builder);
    let xoxoday = builder.build().await.unwrap();
    let mut events = xoxoday.events();
    let (tokens, points) = (xoxoday.tokens(), xoxoday.points());
    shown.add(&tokens.validate().await.unwrap());
    shown.add(&tokens.rotate().await.unwrap());
    shown.add(&tokens.status());
    shown.add(&events.next().await.unwrap());
    let recipient = Recipient::new(JOHN, 1).unwrap();
    shown.add(&recipient);
    let send = points.send_from(BOSS).to(recipient);
    shown.add(&send);
    let sent = send.send().await.unwrap();
    let elsewhere = r#"{"data":{"unique_id":7,"email":"someone@company.example"}}"#;
    let trouble = Trouble::Garbage(elsewhere.into());
    sandbox.trouble(Operation::SendPoints, trouble);
    let send = points.send_from(BOSS).to(Recipient::new(JOHN, 1).unwrap());
    let lost = send.send().await.unwrap_err();
    shown.add(&lost.sent().unwrap().unmatched[0]);
    let cancelled = points.cancel([sent.results[0].transaction.unwrap()]).await;
    let cancelled = cancelled.unwrap();
    shown.add(&sent.results[0].outcome);
    shown.add(&sent.results[0]);
    shown.add(&sent);
    shown.add(&cancelled.results[0]);
    shown.add(&cancelled);
    let minted = xoxoday.user_tokens().create(BOSS).await.unwrap();
    shown.add(&minted);
    shown.add(&minted.user);
    shown.add(&minted.access_token);
    shown.add(&minted.refresh_token.unwrap());
    let stored = store.load().await.unwrap().unwrap();
    let swap = store.compare_and_swap(Version::EMPTY, &stored.document);
    shown.add(&swap.await.unwrap());
    shown.add(&stored);
    shown.add(&stored.document);
    shown.add(stored.document.account());
    shown.add(&stored.version);
    shown.add(&store);
    shown.add(xoxoday.environment());
    if let Environment::Custom(origin) = xoxoday.environment() {
        shown.add(origin);
    }
    shown.add(&xoxoday.user_tokens());
    let session = xoxoday.user_session(BOSS).unwrap();
    session.points().balance(JOHN).await.unwrap();
    shown.add(&session);
    shown.add(&tokens);
    shown.add(&points);
    shown.add(&events);
    shown.add(xoxoday.api());
    shown.add(&xoxoday);
    shown.0.append(&mut attempts.lock().unwrap().0);
    secrets_of(&sandbox)
}

/// What is stored, with everything in it that can be.
async fn show_what_is_stored(shown: &mut Shown) {
    let sandbox = sandbox();
    let store = MemoryStore::new();
    let xoxoday = client_of(&sandbox).store(store.clone()).build().await;
    xoxoday.unwrap().tokens().rotate().await.unwrap();
    let stored = store.load().await.unwrap().unwrap();
    let mut document: Value = serde_json::from_slice(&stored.document.encode()).unwrap();
    document["brake"] = json!({"until": 9, "why": "too often"});
    document["staged"]["status"] = 502.into();
    let bytes = document.to_string();
    let document = Document::decode(bytes.as_bytes()).unwrap();
    let swap = store.compare_and_swap(stored.version, &document);
    shown.add(&swap.await.unwrap());
    let directory = directory();
    let rescue_file = directory.path().join(STORE);
    write_private(&rescue_file, &bytes);

    let environment = sandbox.origin().parse().unwrap();
    let tokens = StoredTokens::new(environment, sandbox.client_id(), store);
    let tokens = tokens.rescue_file(rescue_file);
    shown.add(&tokens);
    let status = tokens.status().await.unwrap();
    shown.add(&status);
    shown.add(&status.staged.unwrap());
    shown.add(status.rescued.as_ref().unwrap());
    let known = status.tokens.unwrap();
    shown.add(&known.open_attempt.unwrap());
    shown.add(known.braked.as_ref().unwrap());
    shown.add(&tokens.import(&seed(sandbox.seed())).await.unwrap());
    let wrong = json!({"refresh_token": [marked!("not-a-token")]}).to_string();
    let wrong = Seed::from_json(wrong.as_bytes(), SystemClock.now());
    shown.add(&wrong.unwrap_err());
}

fn write_private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// What comes of secrets that are given where they do not belong.
async fn show_what_was_mixed_up(shown: &mut Shown) {
    let secret = marked!("given-for-something-else");
    shown.add(&secret.parse::<Environment>().unwrap_err());
    shown.add(&secret.parse::<Email>().unwrap_err());
    let credentials = format!("https://user:{secret}@gateway.example");
    shown.add(&credentials.parse::<Environment>().unwrap_err());
    shown.add(&Document::decode(format!("{{\"schema\":{secret:?}}}").as_bytes()).unwrap_err());
    let operation = xoxoday_auth::Operation::FetchPoints;
    let bad_endpoint = client_at(Environment::Sandbox).endpoint(operation, &credentials);
    shown.add(&bad_endpoint);
    let error: Error = bad_endpoint.build().await.unwrap_err();
    shown.add(&error.kind());
    shown.0.push(("Error", whole_chain(&error)));
    shown.0.push((
        "Error",
        whole_chain(&Recipient::new(JOHN, secret).unwrap_err()),
    ));
}

#[tokio::test]
async fn debug_of_no_public_type_shows_a_secret() {
    let mut shown = Shown::default();
    let secrets = show_a_client_at_work(&mut shown).await;
    show_what_is_stored(&mut shown).await;
    show_what_was_mixed_up(&mut shown).await;
    let sandbox = sandbox();
    shown.add(&seed(sandbox.seed()));
    shown.add(&ClientSecret::new(marked!("secret-1")));
    shown.add(&SystemClock);
    shown.add(&AfterLostAnswer::default());
    shown.add(&FileStore::new("/nowhere/tokens.json"));
    show_other_stores(&mut shown);
    show_a_send_to_many(&mut shown, &sandbox).await;
    let store_error = StoreError::new(StoreErrorKind::Unavailable, "disk full");
    shown.add(&store_error.kind());
    shown.add(&store_error);
    shown.add(&Retry::default());
    let refused = refused(&sandbox).await;
    shown.add(&refused.advice().unwrap());

    let request = refresh();
    let answer = json!({"access_token": marked!("access"), "refresh_token": marked!("refresh")});
    let answer = answer.to_string();
    shown.add(&request);
    shown.add(&serde_json::from_str::<types::TokenResponse>(&answer).unwrap());
    shown.add(&serde_json::from_str::<types::TokenStatus>(&answer).unwrap());

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xoxoday-auth/src");
    let mut expected = public_types(&sources_below(&folder));
    // Those of xoxoday-api that hold a secret.
    let holders = ["AccessToken", "ClientSecret", "RefreshToken"];
    let holders = holders
        .iter()
        .chain(&["RefreshTokenRequest", "TokenResponse", "TokenStatus"]);
    expected.extend(holders.map(|name| (*name).to_owned()));
    let names = shown.names();
    let forgotten: Vec<_> = expected
        .iter()
        .filter(|name| !names.contains(&***name))
        .collect();
    assert!(forgotten.is_empty(), "not shown: {forgotten:?}");

    let marks = [MARK.to_owned()];
    shown.assert_no_secret(&Search::new(
        secrets.iter().chain(&marks).map(String::as_str),
    ));
}

/// A database's password, and the keys of what is sealed.
fn show_other_stores(shown: &mut Shown) {
    let url = concat!(
        "postgres://me:",
        marked!("password"),
        "@nowhere.invalid/rewards"
    );
    let pool = sqlx::PgPool::connect_lazy(url).unwrap();
    let store = PostgresStore::new(pool.clone(), &Environment::Sandbox, "client-1");
    shown.add(&client_at(Environment::Sandbox).store_in(pool));
    shown.add(&client_at(Environment::Sandbox).store_at(url));
    shown.add(&client_at(Environment::Sandbox).store_at(&url.replace("@", "@:")));
    let key = *marked!("a-key-of-32-bytes-----")
        .as_bytes()
        .first_chunk()
        .unwrap();
    let key = SealingKey::from(key);
    shown.add(&key);
    let keys = SealingKeys::new("2026", key);
    shown.add(&keys);
    shown.add(&Sealed::new(store.clone(), keys));
    shown.add(&store);
}

/// A send to many that is limited once.
async fn show_a_send_to_many(shown: &mut Shown, sandbox: &Sandbox) {
    let xoxoday = client_of(sandbox).build().await.unwrap();
    let directory = directory();
    let rows = || Input::csv(std::io::Cursor::new(format!("to_email,amount\n{JOHN},1\n")));
    let order = Order::new(&xoxoday, BOSS).unwrap();
    let mut wrong = Input::csv("to_email,amount\nnobody,1\n".as_bytes());
    shown.add(&wrong.next().unwrap().unwrap_err());
    shown.add(&rows());
    shown.add(&order);
    let mut bulk = Bulk::load(directory.path().join("ledger"), &order, rows()).unwrap();
    let limit = RateLimit {
        shape: RateLimitShape::Errors,
        penalty: Duration::from_secs(1),
        ..RateLimit::default()
    };
    sandbox.trouble(Operation::SendPoints, Trouble::RateLimit(limit));
    let pace = Pace::default();
    let told = |progress: &Progress| {
        shown.add(progress);
        progress
            .waiting
            .iter()
            .for_each(|waiting| shown.add(waiting));
    };
    let summary = bulk.run(&xoxoday, &pace, std::future::pending(), told);
    let summary = summary.await.unwrap();
    shown.add(&pace);
    shown.add(&summary.ended);
    shown.add(&summary.totals.credited);
    shown.add(&summary.totals);
    shown.add(&summary);
    shown.add(&Resolution::Credited);
    shown.add(&bulk);
    let each = |row: Row| {
        shown.add(&row.fate);
        shown.add(&row);
        Ok(ControlFlow::Continue(()))
    };
    bulk.rows(each).unwrap();
}

async fn refused(sandbox: &Sandbox) -> Error {
    let xoxoday = client_of(sandbox).build().await.unwrap();
    let refusal = ApplicationError::IpNotRegistered;
    sandbox.trouble(Operation::FetchPoints, Trouble::ApplicationError(refusal));
    xoxoday.points().balance(JOHN).await.unwrap_err()
}

/// Answers that repeat secrets in every place that a client reads.
fn quoting(secret: &str) -> Vec<String> {
    let failure = json!({"success": 0, "error": true, "message": format!("no: {secret}")});
    let one = json!({"unique_id": 7, "success": false, "message": secret, "to_email": secret});
    [
        json!({"message": format!("the token {secret} is not good"), "error": secret}),
        json!({"error_id": secret, "error_info": format!("Bearer {secret}")}),
        json!({"errors": [{"message": secret, "extensions": {"code": secret}}]}),
        json!({"error": "invalid_token", "error_description": secret}),
        json!({"access_token": {"is": secret}, "expires_in": secret}),
        json!({"data": {
            "user_balance": failure,
            "sendBalance": failure,
            "cancelBalance": failure,
        }}),
        json!({"data": {
            "sendBalance": {"error": true, "recipients": [one]},
            "cancelBalance": {"error": true, "recipients": [one]},
        }}),
        json!({"data": secret}),
        json!([secret]),
        json!(secret),
    ]
    .map(|body| body.to_string())
    .into_iter()
    .chain([
        format!("<html><body>{secret}</body></html>"),
        format!("{secret}, {{"),
    ])
    .collect()
}

async fn without_retries(sandbox: &Sandbox) -> Xoxoday {
    let builder = client_of(sandbox).retry(Retry::never());
    builder.build().await.unwrap()
}

/// As it is, and as JSON may write it too: whoever reads it has it plain.
const WAYS: [fn(&str) -> String; 2] = [str::to_owned, |text| {
    let units = text.bytes().map(|byte| format!("\\u{byte:04X}"));
    units.collect()
}];

#[tokio::test]
async fn nothing_that_calls_return_repeats_a_secret_that_the_server_quotes() {
    let sandbox = sandbox();
    let pair = sandbox.seed();
    let own = [
        pair.access_token(),
        pair.refresh_token(),
        &sandbox.client_secret(),
    ];
    let given = refresh();
    let mut leaks = Vec::new();
    for call in Call::all() {
        let mut secrets = own.to_vec();
        if call == Call::raw(Operation::RefreshTokenPoints) {
            secrets.extend([given.refresh_token.expose(), given.client_secret.expose()]);
        }
        let search = Search::new(secrets.iter().copied());
        let mut client = None;
        for (status, body) in answers(&secrets) {
            let xoxoday = match client.take() {
                Some(client) => client,
                None => without_retries(&sandbox).await,
            };
            sandbox.trouble(None, Plan::from(answer(status, &body)).until_cleared());
            let made = call.make(&xoxoday).await;
            sandbox.clear_trouble();
            let mut braked = status == 429;
            let told = match made {
                Ok(printed) | Err(Failure::Raw(printed)) => printed,
                Err(Failure::Facade(error)) => {
                    braked |= error.wait().is_some();
                    whole_chain(&error)
                }
            };
            let tokens = xoxoday.tokens().status();
            let told = format!("{told} {tokens:?}");
            // Neither latched nor braked, it asks again.
            client = (tokens.login_required.is_none() && !braked).then_some(xoxoday);
            if !search.find(told.as_bytes()).is_empty() {
                leaks.push(format!("{call}, HTTP {status}: {body}\n  told: {told}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}: {}", leaks.len(), leaks.join("\n"));
}

/// Every body that quotes the secrets, in every way and with every status.
fn answers(secrets: &[&str]) -> Vec<(u16, String)> {
    const PLACE: &str = "<the secrets>";

    let mut answers = Vec::new();
    for written in WAYS.map(|way| secrets.iter().map(|secret| way(secret)).collect::<Vec<_>>()) {
        for body in quoting(PLACE) {
            let body = body.replace(PLACE, &written.join(" and "));
            answers.extend([200, 400, 401, 429, 502].map(|status| (status, body.clone())));
        }
    }
    answers
}

#[tokio::test]
async fn the_raw_client_s_error_does_not_print_a_token_answer_that_cannot_be_read() {
    let sandbox = sandbox();
    let xoxoday = hasty(&sandbox).build().await.unwrap();
    let half = br#"{"access_token":"canary-1","refresh_token":"canary-2","expires_in":{}}"#;
    for operation in [Operation::ValidateTokenPoints, Operation::CreateUserToken] {
        sandbox.trouble(operation, Trouble::Garbage(half.to_vec()));
    }
    let request = xoxoday_auth::api::types::CreateUserTokenRequest {
        scope: "user_session".into(),
        user_input: BOSS.into(),
    };
    let validated = xoxoday.api().validate_token_points().await.unwrap_err();
    let minted = xoxoday.api().create_user_token(&request).await.unwrap_err();
    for told in [
        format!("{validated} {validated:?} {validated:#}"),
        format!("{minted} {minted:?} {minted:#}"),
    ] {
        assert!(told.contains("withheld"), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}

/// What a gateway may ask of the user's HTTP client.
fn with_keys(http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let password = concat!("http://user:", marked!("password"), "@127.0.0.1:9");
    let key = HeaderValue::from_static(marked!("key"));
    http.proxy(reqwest::Proxy::all(password).unwrap())
        .default_headers(HeaderMap::from_iter([(
            HeaderName::from_static("x-gateway-key"),
            key,
        )]))
}

#[tokio::test]
async fn secrets_of_the_users_http_client_are_not_shown() {
    let mut shown = Shown::default();
    let builder = client_at(Environment::Sandbox).configure_http(with_keys);
    shown.add(&builder);
    let xoxoday = builder.build().await.unwrap();
    shown.add(&xoxoday);
    shown.add(xoxoday.api());
    shown.add(&xoxoday.tokens());
    let search = Search::new([MARK]);
    // It could be seen.
    let plain = with_keys(reqwest::Client::builder());
    assert!(!search.find(format!("{plain:?}").as_bytes()).is_empty());
    shown.assert_no_secret(&search);
}

#[tokio::test]
async fn a_key_in_the_query_of_an_endpoint_is_not_told() {
    let sandbox = sandbox();
    let url = format!("{}/v1/oauth/api?key={}", sandbox.origin(), marked!("key"));
    let operation = xoxoday_auth::Operation::FetchPoints;
    let builder = client_of(&sandbox).retry(Retry::never());
    let xoxoday = builder.endpoint(operation, &url).build().await.unwrap();
    let search = Search::new([marked!("key")]);
    for trouble in [Trouble::DropAnswer, Trouble::CutBody, answer(404, "{}")] {
        sandbox.trouble(None, Plan::from(trouble).until_cleared());
        for raw in [false, true] {
            let operation = Operation::FetchPoints;
            let told = match (Call { operation, raw }).make(&xoxoday).await.unwrap_err() {
                Failure::Raw(told) => told,
                Failure::Facade(error) => whole_chain(&error),
            };
            assert_eq!(search.find(told.as_bytes()), [], "{told}");
        }
        sandbox.clear_trouble();
    }
    assert!(sandbox.record().calls()[0].path.contains("?key="));
}

/// A server that speaks HTTP/2 alone, and answers everything with `body`.
async fn http2_server(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let body = Bytes::from(body.clone());
            let answer = service_fn(move |_| {
                let answer = hyper::Response::new(Full::new(body.clone()));
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), answer));
        }
    });
    origin
}

async fn make_all_calls(xoxoday: &Xoxoday) -> usize {
    let mut succeeded = 0;
    for call in Call::all() {
        succeeded += usize::from(call.make(xoxoday).await.is_ok());
    }
    succeeded
}

/// The log of HTTP/2 is another crate's. Xoxoday's servers are spoken to in it.
#[tokio::test]
async fn calls_over_http2_leave_their_log_to_the_canary() {
    let answer = json!({
        "access_token": marked!("access-2"),
        "refresh_token": marked!("refresh-2"),
        "expires_in": 60,
        "data": {"user_balance": {"success": 1, "data": {"total": 1}}},
    });
    let origin = http2_server(answer.to_string()).await;
    let builder = client_at(origin.parse().unwrap());
    let builder = builder.configure_http(|http| http.http2_prior_knowledge());
    let xoxoday = builder.build().await.unwrap();
    assert!(make_all_calls(&xoxoday).await >= 8);
}

/// It is the user's HTTP client that would log all bytes: see
/// [`Builder::configure_http`](xoxoday_auth::Builder::configure_http).
#[tokio::test]
async fn calls_of_a_user_who_wants_bytes_logged_leave_their_log_to_the_canary() {
    let sandbox = sandbox();
    let builder = client_of(&sandbox).configure_http(|http| http.connection_verbose(true));
    let xoxoday = builder.build().await.unwrap();
    assert!(make_all_calls(&xoxoday).await >= 5);
}
