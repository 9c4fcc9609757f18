//! What it costs to read a live token.
//!
//! ```console
//! $ cargo bench -p xoxoday-tests --bench token
//! ```

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::HeaderValue;
use tokio::runtime::Runtime;
use xoxoday_auth::{Clock as _, SystemClock, Xoxoday};
use xoxoday_bench::{Aim, Bench, Unit, name};
use xoxoday_sandbox::Sandbox;
use xoxoday_tests::{client_of, sandbox};

const CLONE: &str = "HeaderValue::clone";

fn main() {
    let bench = Bench::from_env();
    let runtime = Runtime::new().expect("a runtime");
    let sandbox = sandbox();
    let xoxoday = runtime.block_on(client_of(&sandbox).build());
    let reads = Reads {
        times: bench.of(100_000, 1000),
        bench,
        runtime,
        xoxoday: xoxoday.expect("the sandbox's client"),
        bearer: bearer(&sandbox),
    };
    reads.on_threads(1);
    reads.on_threads(2);
    reads.of_the_clock();
    reads.allocations();
}

fn bearer(sandbox: &Sandbox) -> HeaderValue {
    let bearer = format!("Bearer {}", sandbox.access_token());
    HeaderValue::from_str(&bearer).expect("a header")
}

struct Reads {
    bench: Bench,
    runtime: Runtime,
    xoxoday: Xoxoday,
    bearer: HeaderValue,
    /// Of each a thread does so many, because one takes too few nanoseconds.
    times: u32,
}

impl Reads {
    /// To read a token is to borrow it. A call clones its header into the request.
    fn on_threads(&self, threads: usize) {
        // The very same in both columns: where a clone is moved to costs more
        // than the clone.
        let clone = |header: &HeaderValue| drop(black_box(header.clone()));
        let clones = || self.on(threads, || self.repeat(|| clone(black_box(&self.bearer))));
        let read = async |what: fn(&HeaderValue)| {
            for _ in 0..self.times {
                let lent = self.xoxoday.bearer(|header| what(black_box(header))).await;
                black_box(lent.is_ok());
            }
        };
        let handle = self.runtime.handle();
        let times = match threads {
            1 => "on one thread".to_owned(),
            _ => format!("on {threads} threads"),
        };
        let subject = format!("read a token, {times}");
        let aim = Aim::AtMost(1.5);
        self.compare(&subject, CLONE, aim, clones, || {
            self.on(threads, || handle.block_on(read(|_| ())))
        });
        let subject = format!("read a token and clone its header, {times}");
        self.compare(&subject, CLONE, None, clones, || {
            self.on(threads, || handle.block_on(read(clone)))
        });
    }

    /// What remains of a read but the way to the token: most of it.
    fn of_the_clock(&self) {
        self.compare(
            "ask the clock, as a read does",
            "SystemTime::now",
            None,
            || self.on(1, || self.repeat(SystemTime::now)),
            || self.on(1, || self.repeat(|| SystemClock.now())),
        );
    }

    fn allocations(&self) {
        const READS: u32 = 100;

        // The first on a thread makes the thread known to those who replace it.
        let first = self.xoxoday.bearer(HeaderValue::clone);
        self.runtime.block_on(first).expect("a live token");
        let count = |reads| {
            let counted = allocation_counter::measure(|| {
                self.runtime.block_on(async {
                    for _ in 0..reads {
                        drop(black_box(self.xoxoday.bearer(HeaderValue::clone).await));
                    }
                });
            });
            counted.count_total
        };
        let [none, all] = [count(0), count(READS)];
        self.bench.tell(
            name("allocations of 100 reads", "none"),
            Unit::Count,
            [0.0, (all - none) as f64],
            Aim::More(0.0),
        );
        assert_eq!(all, none, "a read of a live token allocates");
    }

    fn compare(
        &self,
        subject: &str,
        baseline: &str,
        aim: impl Into<Option<Aim>>,
        theirs: impl FnMut() -> Duration,
        ours: impl FnMut() -> Duration,
    ) {
        let medians = self.bench.medians(31, theirs, ours);
        // Not as a `Duration`: it counts whole nanoseconds, of which a read takes few.
        let each = medians.map(|all| all.as_secs_f64() / f64::from(self.times));
        let name = name(subject, baseline);
        self.bench.tell(name, Unit::Seconds, each, aim);
    }

    fn repeat<T>(&self, work: impl Fn() -> T) {
        for _ in 0..self.times {
            black_box(work());
        }
    }

    /// How long the slowest of so many threads takes, which begin together.
    fn on(&self, threads: usize, work: impl Fn() + Sync) -> Duration {
        let start = Barrier::new(threads);
        let timed = || {
            start.wait();
            let started = Instant::now();
            work();
            started.elapsed()
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
            let times = threads.into_iter().map(|it| it.join().expect("no panic"));
            times.max().unwrap_or_default()
        })
    }
}
