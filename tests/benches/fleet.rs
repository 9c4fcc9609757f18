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
    // A connection tells the server's statistics what it did 10 s late.
    let late = bench.of(Duration::from_secs(12), Duration::ZERO);
    let mut alone = None;
    for replicas in sizes {
        let of_fleet = runtime.block_on(Asked::by(*replicas, &cluster, late));
        let of_one = *alone.get_or_insert(of_fleet);
        let tell = |what: &str, figures: [f64; 2], aim: Option<Aim>| {
            let subject = format!("{what}, {replicas} replicas");
            let name = name(&subject, "one replica");
            bench.tell(name, Unit::Count, figures, aim);
        };
        let exchanges = [of_one.exchanges, of_fleet.exchanges];
        tell(
            "exchanges of one rotation",
            exchanges,
            Some(Aim::AtMost(1.0)),
        );
        let each = of_fleet.transactions / f64::from(*replicas);
        let what = "database transactions of each in a rotation";
        tell(what, [of_one.transactions, each], None);
    }
}

/// How often a fleet asks in one rotation.
#[derive(Clone, Copy)]
struct Asked {
    exchanges: f64,
    transactions: f64,
}

impl Asked {
    async fn by(replicas: u32, cluster: &Cluster, late: Duration) -> Self {
        let (sandbox, database) = (sandbox(), cluster.database().await);
        let fleet = fleet(replicas, &sandbox, &database).await;
        let listening = i64::from(replicas);
        database
            .wait_until(LISTENING, |number| number >= listening)
            .await;
        let asked = async || {
            tokio::time::sleep(late).await;
            database.number(ASKED).await as f64
        };
        let before = asked().await;
        for _ in 0..ROTATIONS {
            rotate(&fleet).await;
        }
        let rotations = f64::from(ROTATIONS);
        Self {
            transactions: (asked().await - before) / rotations,
            exchanges: sandbox.record().exchanges().len() as f64 / rotations,
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
