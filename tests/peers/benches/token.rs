//! What it costs a request to get its live token: here, and in libraries that others
//! use. None of them asks anyone for it, and all take turns in rounds of one run.
//!
//! ```console
//! $ cargo bench --manifest-path tests/peers/Cargo.toml
//! ```

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use google_cloud_auth::credentials::{CacheableResource, service_account::Builder};
use http::{Extensions, HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::RwLock;
use xoxoday_auth::api::number::EpochMillis;
use xoxoday_auth::{MemoryStore, Seed, Xoxoday};
use xoxoday_bench::{Aim, Bench, Unit, median, name};
use xoxoday_sandbox::Sandbox;
use yup_oauth2::ServiceAccountAuthenticator;
use yup_oauth2::authenticator::DefaultAuthenticator;

const SCOPES: [&str; 1] = ["points"];

fn main() {
    let bench = Bench::from_env();
    let runtime = Runtime::new().expect("a runtime");
    let sandbox = Sandbox::builder().super_admin("boss@company.example");
    let sandbox = sandbox.start().expect("a free port of this machine");
    let xoxoday = runtime.block_on(xoxoday(&sandbox));
    let token_uri = runtime.block_on(token_endpoint(sandbox.access_token()));
    let account = account_at(&token_uri);
    // Signs its tokens itself, and asks nobody.
    let google = runtime.block_on(async { Builder::new(account.clone()).build() });
    let google = google.expect("what a service account needs");
    let yup = runtime.block_on(yup(account));
    let header = with_bearer(sandbox.access_token());
    let locked = RwLock::new(sandbox.access_token().to_owned());

    let repeat = Repeat {
        runtime: &runtime,
        times: bench.of(100_000, 100),
    };
    let [ours, clone, locked, yup, google] = repeat.medians(
        bench.of(31, 1),
        [
            &|| {
                repeat.time(async || {
                    xoxoday
                        .bearer(|it| used(it.clone()))
                        .await
                        .expect("a token")
                })
            },
            &|| repeat.time(async || used(black_box(&header).clone())),
            &|| repeat.time(async || used(with_bearer(&locked.read().await))),
            &|| {
                repeat.time(async || {
                    let token = yup.token(&SCOPES).await.expect("a token");
                    used(with_bearer(token.token().expect("an access token")));
                })
            },
            // As Google's own clients ask for every request.
            &|| {
                repeat.time(async || match google.headers(Extensions::new()).await {
                    Ok(CacheableResource::New { data, .. }) => used(data),
                    other => panic!("no headers: {other:?}"),
                })
            },
        ],
    );
    let versioned = |library: &str, call: &str| format!("{library} {} {call}", version(library));
    let faster = Some(Aim::Faster(6.0));
    for (baseline, theirs, aim) in [
        (versioned("google-cloud-auth", "headers()"), google, faster),
        (versioned("yup-oauth2", "token() and a header"), yup, faster),
        ("tokio RwLock<String> and format!".into(), locked, faster),
        ("HeaderValue::clone".into(), clone, None),
    ] {
        let name = name("read a token and clone its header", &baseline);
        bench.tell(name, Unit::Seconds, [theirs, ours], aim);
    }
}

/// Does the same thing over and over.
struct Repeat<'a> {
    runtime: &'a Runtime,
    times: u32,
}

impl Repeat<'_> {
    fn time(&self, read: impl AsyncFn()) -> Duration {
        self.runtime.block_on(async {
            let started = Instant::now();
            for _ in 0..self.times {
                read().await;
            }
            started.elapsed()
        })
    }

    /// How many seconds each takes once, in the median of so many rounds. Each round
    /// begins with another, and none with the first read ever.
    ///
    /// Not as a `Duration`: it counts whole nanoseconds, of which a read takes few.
    fn medians<const N: usize>(
        &self,
        rounds: usize,
        reads: [&dyn Fn() -> Duration; N],
    ) -> [f64; N] {
        for read in reads {
            read();
        }
        let mut times = [const { Vec::new() }; N];
        for round in 0..rounds {
            for turn in 0..N {
                let whose = (round + turn) % N;
                times[whose].push(reads[whose]());
            }
        }
        times.map(|mut times| median(&mut times).as_secs_f64() / f64::from(self.times))
    }
}

async fn xoxoday(sandbox: &Sandbox) -> Xoxoday {
    let pair = sandbox.seed();
    let ends_at = i64::try_from(pair.access_ends_at_ms).map(EpochMillis::new);
    let seed = Seed::new(pair.refresh_token()).access_token(pair.access_token(), ends_at.ok());
    let environment = sandbox.origin().parse().expect("an origin on loopback");
    Xoxoday::builder(environment, sandbox.client_id(), sandbox.client_secret())
        .seed(seed)
        .store(MemoryStore::new())
        // Not in the home of whoever measures.
        .rescue_file(concat!(env!("CARGO_TARGET_TMPDIR"), "/rescue.json"))
        .build()
        .await
        .expect("the sandbox's client")
}

async fn yup(account: Value) -> DefaultAuthenticator {
    let account = serde_json::from_value(account).expect("a service account");
    let authenticator = ServiceAccountAuthenticator::builder(account).build().await;
    authenticator.expect("a key that signs")
}

/// A service account with a key of its own, which is gone when the program ends.
fn account_at(token_uri: &str) -> Value {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let key: Pkcs8V1Der<'_> = key.as_der().expect("a key as PKCS #8");
    let (label, key) = ("PRIVATE KEY", BASE64_STANDARD.encode(key.as_ref()));
    json!({
        "type": "service_account",
        "project_id": "project-1",
        "private_key_id": "key-1",
        "private_key": format!("-----BEGIN {label}-----\n{key}\n-----END {label}-----\n"),
        "client_email": "account-1@project-1.example",
        "token_uri": token_uri,
    })
}

/// Issues one token, for an hour, and answers no more: who asks again did not keep it.
async fn token_endpoint(token: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port of this machine");
    let address = listener.local_addr().expect("its address");
    let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 });
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a request");
        let answer =
            |_: Request<Incoming>| ready(Ok::<_, Infallible>(Response::new(answer.to_string())));
        let server = http1::Builder::new();
        let served = server.serve_connection(TokioIo::new(stream), service_fn(answer));
        served.await.expect("an answer");
    });
    format!("http://{address}/token")
}

/// Where it was made: to move a header may cost more than to clone it.
fn used<T>(headers: T) {
    drop(black_box(headers));
}

fn with_bearer(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {token}")).expect("a token that a header can carry")
}

/// Of a library that this program is built with.
fn version(library: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let (_, found) = lock
        .split_once(&format!("name = \"{library}\"\nversion = \""))
        .expect("it is locked");
    found.split('"').next().unwrap_or_default()
}
