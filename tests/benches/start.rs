//! What it costs to start with a store on disk, and to keep an answer there.
//!
//! ```console
//! $ cargo bench -p xoxoday-tests --bench start
//! ```

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use reqwest::header::AUTHORIZATION;
use tokio::runtime::Runtime;
use xoxoday_auth::store::Swap;
use xoxoday_auth::{FileStore, TokenStore};
use xoxoday_bench::{Aim, Bench, name};
use xoxoday_tests::canary::STORE;
use xoxoday_tests::{JOHN, client_of, directory, sandbox};

fn main() {
    let bench = Bench::from_env();
    let runtime = Runtime::new().expect("a runtime");
    start(&bench, &runtime);
    save(&bench, &runtime);
}

fn start(bench: &Bench, runtime: &Runtime) {
    let directory = directory();
    let path = directory.path().join(STORE);
    let sandbox = sandbox();
    let url = format!("{}/chef/v1/oauth/api", sandbox.origin());
    let bearer = format!("Bearer {}", sandbox.access_token());
    let body = serde_json::json!({
        "query": "storesAdmin.query.user_balance",
        "tag": "storeAdmin",
        "variables": { "user_data": { "email": JOHN } },
    });
    let ours = || {
        let builder = client_of(&sandbox).store(FileStore::new(&path));
        runtime.block_on(async {
            let started = Instant::now();
            let xoxoday = builder.build().await.expect("a client");
            xoxoday.points().balance(JOHN).await.expect("a balance");
            started.elapsed()
        })
    };
    let bare = || {
        runtime.block_on(async {
            let started = Instant::now();
            let http = reqwest::Client::builder().no_proxy().build();
            let request = http.expect("a client").post(&url);
            let request = request.header(AUTHORIZATION, &bearer).json(&body);
            let answer = request.send().await.expect("an answer");
            let answer = answer.error_for_status().expect("a balance");
            answer.bytes().await.expect("its body");
            started.elapsed()
        })
    };
    // The first of all begins the store.
    ours();
    bench.compare(
        name("start to the first answer, file store", "one bare request"),
        Aim::More(0.005),
        31,
        bare,
        ours,
    );
}

fn save(bench: &Bench, runtime: &Runtime) {
    let directory = directory();
    let path = directory.path().join(STORE);
    let sandbox = sandbox();
    let builder = client_of(&sandbox).store(FileStore::new(&path));
    let xoxoday = runtime.block_on(builder.build()).expect("a client");
    let rotated = runtime.block_on(xoxoday.tokens().rotate());
    rotated.expect("a rotation");
    let store = FileStore::new(&path);
    let bytes = fs::read(&path).expect("the store");
    let bare = directory.path().join("bare.json");
    bench.compare(
        name("save an answer", "write, fsync, rename, fsync"),
        Aim::AtMost(1.3),
        31,
        || {
            let started = Instant::now();
            replace(&bare, &bytes).expect("room");
            started.elapsed()
        },
        || {
            runtime.block_on(async {
                let stored = store.load().await.expect("the store");
                let stored = stored.expect("a document");
                let started = Instant::now();
                let swap = store.compare_and_swap(stored.version, &stored.document);
                assert!(matches!(swap.await, Ok(Swap::Done(_))));
                started.elapsed()
            })
        },
    );
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
