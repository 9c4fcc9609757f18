//! What a call costs beside the same call by hand: to the same server, with the
//! same types, over connections that stay open.
//!
//! ```console
//! $ cargo bench -p xoxoday-calls
//! ```

mod by_hand;
mod server;

use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::runtime::{self, Runtime};
use tokio::task::JoinSet;
use xoxoday_auth::{MemoryStore, Seed, Xoxoday};
use xoxoday_bench::{Aim, Bench, Unit, name, percentile};

use by_hand::ByHand;
use server::Server;

/// So many more allocations than the call by hand: exact, and not to grow. Where
/// nothing is optimised there is one more.
const ALLOCATIONS_MORE: f64 = if cfg!(debug_assertions) { 9.0 } else { 8.0 };
const BY_HAND: &str = "by hand, with a time limit";

fn main() {
    let bench = Bench::from_env();
    // The other of two cores is the server's.
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let calls = Calls {
        bench,
        runtime: runtime.expect("a runtime"),
        server: Server::start(),
        directory: tempfile::tempdir().expect("a directory for temporary files"),
    };
    for in_flight in [1, 16, 128] {
        calls.in_a_second(in_flight);
    }
    calls.allocations();
    calls.while_a_rotation_hangs();
    calls.while_rotations_run();
}

struct Calls {
    bench: Bench,
    runtime: Runtime,
    server: Server,
    directory: TempDir,
}

/// Whose balance is asked for.
const JOHN: &str = "john@company.example";
const ACCESS_TOKEN: &str = "access-1";

/// How long a rotation hangs at most.
const LONG: Duration = Duration::from_secs(600);

async fn balance(xoxoday: &Xoxoday) {
    let balance = xoxoday.points().balance(JOHN).await;
    balance.expect("a balance");
}

/// So many calls, as many at a time as are wanted.
async fn calls<F>(times: usize, in_flight: usize, call: impl Fn() -> F + Clone + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        let call = call.clone();
        tasks.spawn(async move {
            for _ in 0..times / in_flight {
                call().await;
            }
        });
    }
    tasks.join_all().await;
}

impl Calls {
    fn client(&self) -> Xoxoday {
        let environment = self.server.origin.parse().expect("on loopback");
        let rescue_file = self.directory.path().join("rescue.json");
        let builder = Xoxoday::builder(environment, "client-1", "secret-1")
            .seed(Seed::new("refresh-1").access_token(ACCESS_TOKEN, None))
            .store(MemoryStore::new())
            .rotation_floor(Duration::ZERO)
            .rotation_lease(2 * LONG)
            .rescue_file(rescue_file);
        let xoxoday = self.runtime.block_on(builder.build());
        xoxoday.expect("a client")
    }

    fn in_a_second(&self, in_flight: usize) {
        let times = self.bench.of(2560, 256);
        let (xoxoday, by_hand) = (self.client(), ByHand::new(&self.server.origin));
        let ours = move || {
            let xoxoday = xoxoday.clone();
            async move { balance(&xoxoday).await }
        };
        let theirs = move || {
            let by_hand = by_hand.clone();
            async move {
                by_hand.balance().await;
            }
        };
        // Connections are open, and stay so.
        self.timed(calls(in_flight, in_flight, ours.clone()));
        self.timed(calls(in_flight, in_flight, theirs.clone()));
        let [theirs, ours] = self.bench.medians(
            31,
            || self.timed(calls(times, in_flight, theirs.clone())),
            || self.timed(calls(times, in_flight, ours.clone())),
        );
        let in_a_second = |took: Duration| times as f64 / took.as_secs_f64();
        self.bench.tell(
            name(&format!("calls a second, {in_flight} in flight"), BY_HAND),
            Unit::PerSecond,
            [theirs, ours].map(in_a_second),
            Aim::AtLeast(0.97),
        );
    }

    fn timed(&self, work: impl Future<Output = ()>) -> Duration {
        let started = Instant::now();
        self.runtime.block_on(work);
        started.elapsed()
    }

    fn allocations(&self) {
        const CALLS: u64 = 100;

        let (xoxoday, by_hand) = (self.client(), ByHand::new(&self.server.origin));
        let each = |call: &dyn Fn()| {
            call();
            let counted = allocation_counter::measure(|| (0..CALLS).for_each(|_| call()));
            counted.count_total as f64 / CALLS as f64
        };
        let ours = each(&|| self.runtime.block_on(balance(&xoxoday)));
        let theirs = each(&|| {
            self.runtime.block_on(by_hand.balance());
        });
        let name = name("allocations of a call", BY_HAND);
        let aim = Aim::More(10.0);
        self.bench.tell(name, Unit::Count, [theirs, ours], aim);
        let more = (ours - theirs).round();
        assert!(more <= ALLOCATIONS_MORE, "{ours} for {theirs} by hand");
    }

    /// Each of two clients is the other's baseline once: neither has the better
    /// place.
    fn while_a_rotation_hangs(&self) {
        let clients = [self.client(), self.client()];
        let [one, other] = &clients;
        let (mut calm, mut during) = (Vec::new(), Vec::new());
        for (rotating, at_rest) in [(one, other), (other, one)] {
            self.server.hang(true);
            let rotation = self.runtime.spawn({
                let xoxoday = rotating.with_timeout(LONG);
                async move { xoxoday.tokens().rotate().await }
            });
            self.runtime.block_on(self.server.is_asked_for_tokens());
            for _ in 0..self.bench.of(3000, 50) {
                calm.push(self.timed(balance(at_rest)));
                during.push(self.timed(balance(rotating)));
                during.push(self.timed(balance(rotating)));
                calm.push(self.timed(balance(at_rest)));
            }
            self.server.hang(false);
            let rotated = self.runtime.block_on(rotation).expect("no panic");
            rotated.expect("a rotation");
        }
        self.percentiles("a call while a rotation hangs", "at rest", calm, during);
    }

    /// A rotation and a bare request for tokens keep the same server busy, and the
    /// same other thread: beside either the same client makes its calls.
    fn while_rotations_run(&self) {
        let (xoxoday, by_hand) = (self.client(), ByHand::new(&self.server.origin));
        let (mut beside_requests, mut beside_rotations) = (Vec::new(), Vec::new());
        let other = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let beside = |work: &mut dyn FnMut() -> tokio::task::JoinHandle<()>, times: &mut Vec<_>| {
            for _ in 0..self.bench.of(20, 2) {
                let under_way = work();
                times.push(self.timed(balance(&xoxoday)));
                self.runtime.block_on(under_way).expect("no panic");
            }
        };
        for _ in 0..self.bench.of(200, 5) {
            let mut request = || {
                let by_hand = by_hand.clone();
                other.spawn(async move { by_hand.exchange().await })
            };
            beside(&mut request, &mut beside_requests);
            let mut rotation = || {
                let xoxoday = xoxoday.clone();
                let rotate = async move { xoxoday.tokens().rotate().await };
                self.runtime.spawn(async { assert!(rotate.await.is_ok()) })
            };
            beside(&mut rotation, &mut beside_rotations);
        }
        self.percentiles(
            "a call while a rotation runs",
            "while a token is asked for by hand",
            beside_requests,
            beside_rotations,
        );
    }

    fn percentiles(
        &self,
        subject: &str,
        baseline: &str,
        mut theirs: Vec<Duration>,
        mut ours: Vec<Duration>,
    ) {
        for (percent, what, aim) in [(50, "median", None), (99, "p99", Some(Aim::AtMost(1.05)))] {
            let times = [&mut theirs, &mut ours].map(|it| percentile(percent, it).as_secs_f64());
            let subject = format!("{subject}, {what}");
            self.bench
                .tell(name(&subject, baseline), Unit::Seconds, times, aim);
        }
    }
}
