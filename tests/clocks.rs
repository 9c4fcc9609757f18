//! Clocks jump, machines sleep, and lifetimes are what the server says.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use xoxoday_auth::store::{BoxFuture, StoreError, Stored, Swap, Version};
use xoxoday_auth::{Clock as _, Document, EpochMillis, Error, Event, MemoryStore};
use xoxoday_auth::{SystemClock, TokenStore, Xoxoday};
use xoxoday_sandbox::{Lifetimes, Sandbox};
use xoxoday_tests::troubled::Moved;
use xoxoday_tests::{JOHN, TestSandbox, client_of, sandbox};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

async fn balance(xoxoday: &Xoxoday) -> Result<(), Error> {
    xoxoday.points().balance(JOHN).await.map(drop)
}

fn exchanges(sandbox: &Sandbox) -> usize {
    sandbox.record().exchanges().len()
}

async fn account() -> (TestSandbox, Moved, Xoxoday) {
    let (sandbox, clock) = (sandbox(), Moved::default());
    let builder = client_of(&sandbox)
        .clock(clock.clone())
        .rotation_floor(Duration::from_secs(60));
    let xoxoday = builder.build().await.unwrap();
    xoxoday.tokens().rotate().await.unwrap();
    (sandbox, clock, xoxoday)
}

#[tokio::test]
async fn a_machine_that_slept_past_the_end_of_its_token_rotates_before_the_next_call() {
    let (sandbox, clock, xoxoday) = account().await;
    clock.forward(31 * DAY);
    sandbox.clock().advance(31 * DAY);
    balance(&xoxoday).await.unwrap();
    assert_eq!(exchanges(&sandbox), 2);
    let calls = sandbox.record();
    // The dead token was not even tried.
    assert!(calls.calls().iter().all(|call| call.status == Some(200)));
}

#[tokio::test]
async fn a_clock_that_jumps_forward_alone_costs_one_exchange() {
    let (sandbox, clock, xoxoday) = account().await;
    clock.forward(31 * DAY);
    for _ in 0..3 {
        balance(&xoxoday).await.unwrap();
    }
    xoxoday.shutdown().await;
    assert_eq!(exchanges(&sandbox), 2);
}

#[tokio::test]
async fn a_clock_that_is_set_back_neither_stops_calls_nor_rotations() {
    let (sandbox, clock, xoxoday) = account().await;
    for back in [HOUR, 400 * DAY] {
        let before = exchanges(&sandbox);
        clock.back(back);
        // Nothing is known of when the token was issued and when the last
        // exchange was: it is replaced, once, and the floor is no wall.
        for _ in 0..2 {
            balance(&xoxoday).await.unwrap();
            xoxoday.shutdown().await;
            assert_eq!(exchanges(&sandbox), before + 1);
        }
    }
}

#[tokio::test]
async fn lifetimes_of_seconds_and_of_months_are_kept() {
    for lifetime in [Duration::from_secs(90), 200 * DAY] {
        let sandbox = sandbox();
        sandbox.switch(|switches| {
            switches.company = Lifetimes {
                access: lifetime,
                refresh: lifetime * 2,
            };
        });
        let clock = Moved::default();
        let builder = client_of(&sandbox).clock(clock.clone());
        let xoxoday = builder.build().await.unwrap();
        xoxoday.tokens().rotate().await.unwrap();

        let pass = |time| {
            clock.forward(time);
            sandbox.clock().advance(time);
        };
        // Half of it, or a week where that is sooner, is not yet due.
        let span = (lifetime / 2).min(6 * DAY);
        pass(span);
        balance(&xoxoday).await.unwrap();
        xoxoday.shutdown().await;
        assert_eq!(exchanges(&sandbox), 1, "{lifetime:?}");
        pass((lifetime / 4).min(2 * DAY));
        balance(&xoxoday).await.unwrap();
        xoxoday.shutdown().await;
        assert_eq!(exchanges(&sandbox), 2, "{lifetime:?}");
    }
}

#[tokio::test]
async fn the_end_of_the_refresh_token_is_announced_and_more_often_as_it_nears() {
    let (sandbox, clock, xoxoday) = account().await;
    let mut events = xoxoday.events();
    // Nobody can rotate any more.
    sandbox.go_offline().unwrap();
    let call = xoxoday.with_timeout(Duration::from_millis(1));
    let mut warned_at = Vec::new();
    for hour in 0..61 * 24 {
        let _ = call.points().balance(JOHN).await;
        while let Ok(event) = tokio::time::timeout(Duration::ZERO, events.next()).await {
            if matches!(event, Some(Event::RefreshTokenEnding { .. })) {
                warned_at.push(hour);
            }
        }
        clock.forward(HOUR);
    }
    // Sixty days are its life, and the last fourteen are worth a word.
    assert_eq!(warned_at[0], (60 - 14) * 24, "{warned_at:?}");
    let gaps: Vec<_> = warned_at.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(
        gaps.len() > 5 && gaps.is_sorted_by(|one, next| one >= next),
        "{gaps:?}"
    );
}

/// A store with a clock of its own, that is slow to write: meanwhile the
/// machine's clock is set back. Clones share all.
#[derive(Debug, Clone)]
struct Slow {
    store: MemoryStore,
    machine: Moved,
    /// What the store's clock shows, in milliseconds.
    now: Arc<AtomicI64>,
    /// What a write takes.
    takes: Duration,
}

impl TokenStore for Slow {
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        self.store.load()
    }

    fn compare_and_swap<'a>(
        &'a self,
        expected: Version,
        document: &'a Document,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        self.machine.back(HOUR);
        let takes = self.takes.as_millis() as i64;
        self.now.fetch_add(takes, Ordering::SeqCst);
        self.store.compare_and_swap(expected, document)
    }

    fn now(&self) -> Option<EpochMillis> {
        Some(EpochMillis::new(self.now.load(Ordering::SeqCst)))
    }
}

#[tokio::test]
async fn g1_what_a_slow_store_leaves_of_a_lease_is_told_by_the_store_s_clock() {
    for (takes, exchanged) in [(29, 1), (30, 0), (59, 0)] {
        let (sandbox, machine) = (sandbox(), Moved::default());
        let store = Slow {
            store: MemoryStore::new(),
            machine: machine.clone(),
            now: Arc::new(AtomicI64::new(SystemClock.now().get())),
            takes: Duration::from_secs(takes),
        };
        let builder = client_of(&sandbox).store(store).clock(machine);
        let xoxoday = builder.build().await.unwrap();
        let rotated = xoxoday.tokens().rotate().await;
        assert_eq!(rotated.is_ok(), exchanged == 1, "{takes} s: {rotated:?}");
        assert_eq!(exchanges(&sandbox), exchanged, "{takes} s");
    }
}
