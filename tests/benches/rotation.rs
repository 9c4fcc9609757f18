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
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{AUTHORIZATION, HeaderValue};
use tokio::runtime::Runtime;
use xoxoday_auth::store::Swap;
use xoxoday_auth::{Clock as _, FileStore, SystemClock, TokenStore, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, Sandbox, Trouble};
use xoxoday_tests::canary::STORE;
use xoxoday_tests::{JOHN, client_of, directory, sandbox};

fn main() {
    // `cargo test` runs benchmarks too, to see that they still work.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let bench = Bench {
        runtime: Runtime::new().expect("a runtime"),
        rounds: if quick { 1 } else { 31 },
        thousands: if quick { 1 } else { 100 },
    };
    println!(
        "{:<58} {:>11} {:>11} {:>7}  aim",
        "measure (medians, if not said otherwise)", "baseline", "ours", "ratio"
    );
    bench.reads_of_the_token(1);
    bench.reads_of_the_token(2);
    bench.readings_of_the_clock();
    bench.allocations_of_a_read();
    bench.saves_of_an_answer();
    bench.starts();
    bench.calls_during_a_rotation();
}

struct Bench {
    runtime: Runtime,
    rounds: usize,
    /// Of reads, of which each takes too few nanoseconds to be printed.
    thousands: u32,
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
        print(name, aim, at(50, &mut theirs), at(50, &mut own));
    }

    fn client(&self, sandbox: &Sandbox) -> Xoxoday {
        let client = self.runtime.block_on(client_of(sandbox).build());
        client.expect("the sandbox's client")
    }

    /// To read a token is to borrow it. A call clones its header into the request.
    fn reads_of_the_token(&self, threads: usize) {
        let sandbox = sandbox();
        let xoxoday = self.client(&sandbox);
        let header = HeaderValue::from_str(&format!("Bearer {}", sandbox.access_token()));
        let header = header.expect("a header");
        // The very same in both columns: where a clone is moved to costs more
        // than the clone.
        let clone = |header: &HeaderValue| drop(black_box(header.clone()));
        let clones = || self.on(threads, || self.repeat(|| clone(black_box(&header))));
        let read = async |what: fn(&HeaderValue)| {
            for _ in 0..self.thousands * 1000 {
                let lent = xoxoday.bearer(|header| what(black_box(header))).await;
                black_box(lent.is_ok());
            }
        };
        let name = |what| format!("1000 × {what}, {threads} thread(s) / HeaderValue::clone");
        let handle = self.runtime.handle();
        self.compare(&name("read"), "≤ 1.5×", clones, || {
            self.on(threads, || handle.block_on(read(|_| ())))
        });
        self.compare(&name("read and clone"), "", clones, || {
            self.on(threads, || handle.block_on(read(clone)))
        });
    }

    /// What remains of a read but the way to the token: most of it.
    fn readings_of_the_clock(&self) {
        self.compare(
            "1000 × ask the clock, as a read does / SystemTime::now",
            "",
            || self.on(1, || self.repeat(SystemTime::now)),
            || self.on(1, || self.repeat(|| SystemClock.now())),
        );
    }

    fn repeat<T>(&self, work: impl Fn() -> T) {
        for _ in 0..self.thousands * 1000 {
            black_box(work());
        }
    }

    /// How long the slower of so many threads, which begin together, takes for a
    /// thousand.
    fn on(&self, threads: usize, work: impl Fn() + Sync) -> Duration {
        let start = Barrier::new(threads);
        let timed = || {
            start.wait();
            let started = Instant::now();
            work();
            started.elapsed() / self.thousands
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
            let times = threads.into_iter().map(|it| it.join().expect("no panic"));
            times.max().unwrap_or_default()
        })
    }

    fn allocations_of_a_read(&self) {
        let sandbox = sandbox();
        let xoxoday = self.client(&sandbox);
        // The first on a thread makes the thread known to those who replace it.
        let first = self.runtime.block_on(xoxoday.bearer(HeaderValue::clone));
        first.expect("a live token");
        let counted = allocation_counter::measure(|| {
            self.runtime.block_on(async {
                for _ in 0..100 {
                    drop(black_box(xoxoday.bearer(HeaderValue::clone).await));
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
        /// A rotation hangs for so long at most.
        const LONG: Duration = Duration::from_secs(600);

        let accounts = [sandbox(), sandbox()].map(|sandbox| {
            let builder = client_of(&sandbox).rotation_lease(2 * LONG);
            let xoxoday = self.runtime.block_on(builder.build());
            (sandbox, xoxoday.expect("the sandbox's client"))
        });
        let call = |xoxoday: &Xoxoday| {
            self.runtime.block_on(async {
                let started = Instant::now();
                xoxoday.points().balance(JOHN).await.expect("a balance");
                started.elapsed()
            })
        };
        let (mut calm, mut during) = (Vec::new(), Vec::new());
        let [one, other] = &accounts;
        // Each is the other's baseline once: neither has the better place.
        for ((sandbox, rotating), (_, at_rest)) in [(one, other), (other, one)] {
            let gate = Gate::new();
            let hold = Trouble::Hold(gate.clone()).before_work();
            sandbox.trouble(Operation::RefreshTokenPoints, hold);
            let rotation = self.runtime.spawn({
                let xoxoday = rotating.with_timeout(LONG);
                async move { xoxoday.tokens().rotate().await }
            });
            self.runtime.block_on(gate.wait_for(1));
            for _ in 0..self.rounds * 100 {
                calm.push(call(at_rest));
                during.push(call(rotating));
                during.push(call(rotating));
                calm.push(call(at_rest));
            }
            gate.open();
            let rotated = self.runtime.block_on(rotation).expect("no panic");
            rotated.expect("a rotation");
        }
        for (percent, name) in [(50, "the median"), (99, "the 99th percentile")] {
            print(
                &format!("a call during a hanging rotation / without, {name}"),
                "≤ 1.1×",
                at(percent, &mut calm),
                at(percent, &mut during),
            );
        }
    }
}

fn print(name: &str, aim: &str, baseline: Duration, ours: Duration) {
    let ratio = ours.as_secs_f64() / baseline.as_secs_f64();
    println!("{name:<58} {baseline:>11.1?} {ours:>11.1?} {ratio:>6.2}×  {aim}");
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// The time that so many of a hundred do not exceed.
fn at(percent: usize, times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() * percent / 100]
}
