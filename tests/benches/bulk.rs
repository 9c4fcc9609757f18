//! What the ledger of a bulk send costs, beside the same requests without one.
//!
//! ```console
//! $ cargo bench -p xoxoday-tests --bench bulk
//! ```

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use xoxoday_auth::bulk::{Bulk, InvalidRow, Order, Pace};
use xoxoday_auth::{Recipient, Xoxoday};
use xoxoday_bench::{Aim, Bench, name};
use xoxoday_sandbox::{Operation, SendAnswer, Trouble};
use xoxoday_tests::{BOSS, TestSandbox, client_of, directory, sandbox_with};

fn main() {
    let bench = Bench::from_env();
    let runtime = Runtime::new().expect("a runtime");
    let at_once = Duration::ZERO;
    // As far away as another continent is near.
    let afar = Duration::from_millis(20);
    let rows = bench.of(10_000, 10);
    let few = bench.of(1000, 10);
    for (rows, batch, delay, rounds) in [
        (few, 1, afar, 3),
        (rows, 1, at_once, 3),
        (rows, 10, at_once, 5),
        (rows, 100, at_once, 5),
    ] {
        let server = match delay.as_millis() {
            0 => "answered at once".to_owned(),
            ms => format!("answered in {ms} ms"),
        };
        let subject = format!("bulk send, {rows} rows, {batch} in a request, {server}");
        let send = Send { rows, batch, delay };
        bench.compare(
            name(&subject, "the same requests without a ledger"),
            Aim::AtMost(1.25),
            rounds,
            || runtime.block_on(send.without_a_ledger()),
            || runtime.block_on(send.with_a_ledger()),
        );
    }
}

struct Send {
    rows: usize,
    batch: usize,
    delay: Duration,
}

impl Send {
    async fn account(&self) -> (TestSandbox, Xoxoday) {
        let sandbox = sandbox_with(|builder| builder.wallet("1000000000"));
        sandbox.switch(|switches| {
            if self.batch > 1 {
                switches.send_answer = SendAnswer::WithRecipients;
            }
        });
        if !self.delay.is_zero() {
            let delay = Trouble::Delay(self.delay).times(u32::MAX);
            sandbox.trouble(Operation::SendPoints, delay);
        }
        let xoxoday = client_of(&sandbox).build().await;
        (sandbox, xoxoday.expect("the sandbox's client"))
    }

    fn recipients(&self) -> impl Iterator<Item = Recipient> {
        (1..=self.rows).map(|number| {
            let email = format!("user-{number}@company.example");
            let recipient = Recipient::new(email, (number % 500 + 1) as u32);
            recipient.expect("an address").name("Zoë")
        })
    }

    async fn without_a_ledger(&self) -> Duration {
        let (_sandbox, xoxoday) = self.account().await;
        let recipients: Vec<_> = self.recipients().collect();
        let started = Instant::now();
        for batch in recipients.chunks(self.batch) {
            let points = xoxoday.points();
            let send = points.send_from(BOSS).to_all(batch.iter().cloned());
            send.send().await.expect("they are sent");
        }
        started.elapsed()
    }

    async fn with_a_ledger(&self) -> Duration {
        let (_sandbox, xoxoday) = self.account().await;
        let directory = directory();
        let order = Order::new(&xoxoday, BOSS).expect("a sender");
        let rows = self.recipients().map(Ok::<_, InvalidRow>);
        let ledger = directory.path().join("friday.ledger");
        let mut bulk = Bulk::load(ledger, &order, rows).expect("a ledger");
        let pace = Pace::default().batch(self.batch);
        let started = Instant::now();
        let run = bulk.run(&xoxoday, &pace, std::future::pending(), |_| {});
        let summary = run.await.expect("a ledger");
        let took = started.elapsed();
        assert_eq!(summary.totals.credited.rows, self.rows as u64);
        took
    }
}
