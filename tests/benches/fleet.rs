//! What replicas that share an account ask of Xoxoday and of their database, as
//! they become more.
//!
//! ```console
//! $ cargo bench -p xoxoday-tests --bench fleet
//! ```

use std::time::Duration;

use tokio::runtime::Runtime;
use xoxoday_auth::store::PostgresStore;
use xoxoday_auth::{Environment, Xoxoday};
use xoxoday_bench::{Aim, Bench, Unit, name};
use xoxoday_tests::postgres::{Cluster, Database};
use xoxoday_tests::{TestSandbox, client_of, sandbox};

const ASKED: &str = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
const LISTENING: &str = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
const ROTATIONS: u32 = 3;

fn main() {
    let bench = Bench::from_env();
    let Some(cluster) = Cluster::start(&["max_connections = 600"]) else {
        return;
    };
    let runtime = Runtime::new().expect("a runtime");
    let sizes: &[u32] = bench.of(&[1, 10, 100, 500], &[1, 3]);
    let idle = bench.of(Duration::from_secs(60), Duration::ZERO);
    let mut alone = None;
    for replicas in sizes {
        let of_fleet = runtime.block_on(Asked::by(*replicas, &cluster, idle));
        let of_one = *alone.get_or_insert(of_fleet);
        let tell = |what: &str, figures: [f64; 2], aim: Option<Aim>| {
            let subject = format!("{what}, {replicas} replicas");
            let name = name(&subject, "one replica");
            bench.tell(name, Unit::Count, figures, aim);
        };
        let aim = Some(Aim::AtMost(1.0));
        tell(
            "exchanges of one rotation",
            [of_one.exchanges, of_fleet.exchanges],
            aim,
        );
        let each = |asked: f64, replicas: u32| asked / f64::from(replicas);
        tell(
            "database transactions of each in a rotation",
            [of_one.rotating, each(of_fleet.rotating, *replicas)],
            aim,
        );
        if !idle.is_zero() {
            tell(
                "database transactions of each in an idle minute",
                [of_one.idle, each(of_fleet.idle, *replicas)],
                None,
            );
        }
    }
}

/// How often a fleet asks.
#[derive(Clone, Copy)]
struct Asked {
    exchanges: f64,
    /// Transactions, of one rotation.
    rotating: f64,
    /// Transactions, of a minute.
    idle: f64,
}

impl Asked {
    async fn by(replicas: u32, cluster: &Cluster, idle: Duration) -> Self {
        let (sandbox, database) = (sandbox(), cluster.database().await);
        let fleet = fleet(replicas, &sandbox, &database).await;
        let listening = i64::from(replicas);
        database
            .wait_until(LISTENING, |number| number >= listening)
            .await;
        let late = match idle.is_zero() {
            true => Duration::ZERO,
            false => Duration::from_secs(12),
        };
        let asked = async || {
            // A connection tells the server's statistics what it did 10 s late.
            tokio::time::sleep(late).await;
            database.number(ASKED).await as f64
        };
        let before = asked().await;
        // Not to wait for anything: this is the time that is measured.
        tokio::time::sleep(idle).await;
        let until_now = asked().await;
        let minutes = (idle.as_secs_f64() / 60.0).max(1.0);
        let idle = (until_now - before) / minutes;
        for _ in 0..ROTATIONS {
            rotate(&fleet).await;
        }
        let rotating = (asked().await - until_now) / f64::from(ROTATIONS);
        let exchanges = sandbox.record().exchanges().len() as f64 / f64::from(ROTATIONS);
        Self {
            exchanges,
            rotating,
            idle,
        }
    }
}

async fn fleet(replicas: u32, sandbox: &TestSandbox, database: &Database) -> Vec<Xoxoday> {
    let environment: Environment = sandbox.origin().parse().expect("on loopback");
    let pool = database.pool_of(20);
    let mut fleet = Vec::new();
    for _ in 0..replicas {
        let store = PostgresStore::new(pool.clone(), &environment, sandbox.client_id());
        let store = store.listen();
        if fleet.is_empty() {
            store.migrate().await.expect("the table");
        }
        let builder = client_of(sandbox).store(store).keep_fresh();
        fleet.push(builder.build().await.expect("the sandbox's client"));
    }
    fleet
}

/// One rotates, and all have the new token at the end.
async fn rotate(fleet: &[Xoxoday]) {
    let waiting: Vec<_> = fleet.iter().map(Xoxoday::events).collect();
    let first = &fleet[0];
    first.tokens().rotate().await.expect("a rotation");
    for mut events in waiting {
        events
            .next()
            .await
            .expect("every replica has the new token");
    }
}
