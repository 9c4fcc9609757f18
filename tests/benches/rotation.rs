//! What the layer costs where it is asked most: each figure beside its
//! baseline, in alternating rounds of one run, as medians.
//!
//! ```console
//! $ cargo bench -p xoxoday-tests --bench rotation
//! ```

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderValue};
use tokio::runtime::Runtime;
use xoxoday_auth::store::Swap;
use xoxoday_auth::{FileStore, TokenStore, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, Sandbox, Trouble};
use xoxoday_tests::canary::STORE;
use xoxoday_tests::{JOHN, client_of, directory, sandbox};

fn main() {
    // `cargo test` runs benchmarks too, to see that they still work.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let bench = Bench {
        runtime: Runtime::new().expect("a runtime"),
        rounds: if quick { 1 } else { 31 },
        reads: if quick { 100 } else { 100_000 },
    };
    println!(
        "{:<58} {:>11} {:>11} {:>7}  aim",
        "measure (median)", "baseline", "ours", "ratio"
    );
    bench.reads_of_the_token(1);
    bench.reads_of_the_token(2);
    bench.allocations_of_a_read();
    bench.saves_of_an_answer();
    bench.starts();
    bench.calls_during_a_rotation();
}

struct Bench {
    runtime: Runtime,
    rounds: usize,
    reads: u32,
}

impl Bench {
    /// Alternates between the two and prints medians and their ratio.
    fn compare(
        &self,
        name: &str,
        aim: &str,
        mut baseline: impl FnMut() -> Duration,
        mut ours: impl FnMut() -> Duration,
    ) {
        let (mut theirs, mut own) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            theirs.push(baseline());
            own.push(ours());
        }
        let (baseline, ours) = (median(theirs), median(own));
        let ratio = ours.as_secs_f64() / baseline.as_secs_f64();
        println!("{name:<58} {baseline:>11.1?} {ours:>11.1?} {ratio:>6.2}×  {aim}");
    }

    fn client(&self, sandbox: &Sandbox) -> Xoxoday {
        let client = self.runtime.block_on(client_of(sandbox).build());
        client.expect("the sandbox's client")
    }

    fn reads_of_the_token(&self, threads: usize) {
        let sandbox = sandbox();
        let xoxoday = self.client(&sandbox);
        let header = HeaderValue::from_static("Bearer of a token as long as they are in the wild");
        let each = |work: &(dyn Fn() + Sync)| {
            let started = Instant::now();
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            });
            started.elapsed() / self.reads
        };
        let header = HeaderValue::from_bytes(header.as_bytes()).expect("a header");
        self.compare(
            &format!("read the token, {threads} thread(s) / HeaderValue::clone"),
            "≤ 1.5×",
            || {
                each(&|| {
                    for _ in 0..self.reads {
                        drop(black_box(black_box(&header).clone()));
                    }
                })
            },
            || {
                each(&|| {
                    let handle = self.runtime.handle();
                    handle.block_on(async {
                        for _ in 0..self.reads {
                            drop(black_box(xoxoday.bearer().await));
                        }
                    });
                })
            },
        );
    }

    fn allocations_of_a_read(&self) {
        let sandbox = sandbox();
        let xoxoday = self.client(&sandbox);
        // The first one looks for the end of the refresh token.
        let first = self.runtime.block_on(xoxoday.bearer());
        first.expect("a live token");
        let counted = allocation_counter::measure(|| {
            self.runtime.block_on(async {
                for _ in 0..100 {
                    drop(black_box(xoxoday.bearer().await));
                }
            });
        });
        let nothing = allocation_counter::measure(|| self.runtime.block_on(async {}));
        let allocations = counted.count_total - nothing.count_total;
        println!(
            "{:<58} {:>11} {allocations:>11} {:>7}  0",
            "allocations of 100 reads", 0, ""
        );
        assert_eq!(allocations, 0, "a read of a live token allocates");
    }

    fn saves_of_an_answer(&self) {
        let directory = directory();
        let path = directory.path().join(STORE);
        let sandbox = sandbox();
        let builder = client_of(&sandbox).store(FileStore::new(&path));
        let xoxoday = self.runtime.block_on(builder.build()).expect("a client");
        let rotated = self.runtime.block_on(xoxoday.tokens().rotate());
        rotated.expect("a rotation");
        let store = FileStore::new(&path);
        let bytes = fs::read(&path).expect("the store");
        let bare = directory.path().join("bare.json");
        self.compare(
            "save an answer / write, fsync, rename, fsync",
            "≤ 1.3×",
            || {
                let started = Instant::now();
                replace(&bare, &bytes).expect("room");
                started.elapsed()
            },
            || {
                self.runtime.block_on(async {
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

    fn starts(&self) {
        let directory = directory();
        let path = directory.path().join(STORE);
        let sandbox = sandbox();
        let url = format!("{}/chef/v1/oauth/api", sandbox.origin());
        let bearer = format!("Bearer {}", sandbox.access_token());
        let body = serde_json::json!({
            "query": "plumProAPI.query.fetchUserPoints",
            "tag": "plumProAPI",
            "variables": { "data": { "email": JOHN } },
        });
        let call = || {
            let builder = client_of(&sandbox).store(FileStore::new(&path));
            self.runtime.block_on(async {
                let started = Instant::now();
                let xoxoday = builder.build().await.expect("a client");
                xoxoday.points().balance(JOHN).await.expect("a balance");
                started.elapsed()
            })
        };
        call();
        self.compare(
            "start to first answer / one bare request",
            "≤ +5 ms",
            || {
                self.runtime.block_on(async {
                    let started = Instant::now();
                    let http = reqwest::Client::builder()
                        .no_proxy()
                        .build()
                        .expect("a client");
                    let request = http.post(&url).header(AUTHORIZATION, &bearer).json(&body);
                    let answer = request.send().await.expect("an answer");
                    answer.bytes().await.expect("its body");
                    started.elapsed()
                })
            },
            call,
        );
    }

    fn calls_during_a_rotation(&self) {
        let sandbox = sandbox();
        let xoxoday = self.client(&sandbox);
        let gate = Gate::new();
        let hold = Trouble::Hold(gate.clone()).before_work();
        let call = || {
            self.runtime.block_on(async {
                let started = Instant::now();
                xoxoday.points().balance(JOHN).await.expect("a balance");
                started.elapsed()
            })
        };
        // Alternation would need a rotation for each call: so before, then during.
        let rounds = self.rounds * 20;
        let before = median((0..rounds).map(|_| call()).collect());
        sandbox.trouble(Operation::RefreshTokenPoints, hold);
        let rotation = self.runtime.spawn({
            let xoxoday = xoxoday.clone();
            async move { xoxoday.tokens().rotate().await }
        });
        self.runtime.block_on(gate.wait_for(1));
        let during = median((0..rounds).map(|_| call()).collect());
        gate.open();
        let rotated = self.runtime.block_on(rotation).expect("no panic");
        rotated.expect("a rotation");
        let ratio = during.as_secs_f64() / before.as_secs_f64();
        println!(
            "{:<58} {before:>11.1?} {during:>11.1?} {ratio:>6.2}×  ≤ 1.1×",
            "a call during a hanging rotation / before it"
        );
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
