//! Processes that are killed (SIGKILL) in the middle of a rotation. Afterwards
//! the account works, but for the one case in which nobody can help: the server
//! has spent the token, and its answer never became durable. Then the client
//! says that a person must log in, and asks the server nothing any more.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;
use xoxoday_auth::{Error, ErrorKind, Xoxoday};
use xoxoday_sandbox::{Gate, Operation, Replay, Rotation, Sandbox, Trouble};
use xoxoday_tests::canary::{self, STORE};
#[cfg(unix)]
use xoxoday_tests::postgres::{self, Database};
use xoxoday_tests::{Ahead, JOHN, TestSandbox, client_of, directory, rescue_file, sandbox, seed};

const SERVERS: [Rotation; 3] = [
    Rotation::Strict,
    Rotation::SIX_HOURS,
    Rotation::Grace {
        window: Duration::from_secs(6 * 3600),
        replay: Replay::SameSuccessor,
    },
];

/// Where the tokens are while processes die.
#[derive(Clone)]
enum Store {
    /// In a file of each account's own.
    File,
    #[cfg(unix)]
    Postgres(Box<Database>),
}

impl Store {
    /// PostgreSQL, if there is one.
    #[cfg(unix)]
    async fn postgres() -> Option<Self> {
        let database = postgres::database().await?;
        database.set_up_clock().await;
        Some(Self::Postgres(Box::new(database)))
    }
}

/// An account with a sandbox, and a store that children share.
struct Account {
    sandbox: TestSandbox,
    store: Store,
    /// How far the clock is ahead, in milliseconds: time passes when it must,
    /// and nobody waits for it.
    ahead: AtomicI64,
    directory: tempfile::TempDir,
}

impl Account {
    async fn new(server: Rotation, store: &Store) -> Self {
        let sandbox = sandbox();
        sandbox.switch(|switches| switches.rotation = server);
        #[cfg(unix)]
        if let Store::Postgres(database) = store {
            database.forget(&sandbox.origin()).await;
        }
        Self {
            sandbox,
            store: store.clone(),
            ahead: AtomicI64::new(0),
            directory: directory(),
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join(STORE)
    }

    /// As `XOXODAY_TOKEN_STORE` has it.
    fn store(&self) -> String {
        match &self.store {
            Store::File => format!("file:{}", self.file().display()),
            #[cfg(unix)]
            Store::Postgres(database) => database.url.clone(),
        }
    }

    fn rotator(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rotator"));
        command
            .args(arguments)
            .envs(self.sandbox.environment())
            .env("XOXODAY_TOKEN_STORE", self.store())
            .env("XOXODAY_RESCUE_FILE", rescue_file(&self.sandbox))
            .env("XOXODAY_ROTATION_FLOOR", "0s")
            .env(Ahead::VARIABLE, self.clock().0.to_string())
            .stdout(Stdio::piped());
        if canary::is_watching() {
            command.stderr(Stdio::inherit());
        }
        command
    }

    fn clock(&self) -> Ahead {
        Ahead(self.ahead.load(Ordering::Relaxed))
    }

    async fn let_the_lease_end(&self) {
        match &self.store {
            Store::File => drop(self.ahead.fetch_add(61_000, Ordering::Relaxed)),
            // By whose clock a lease is kept.
            #[cfg(unix)]
            Store::Postgres(database) => database.advance(61).await,
        }
    }

    async fn restarted(&self) -> Result<Xoxoday, Error> {
        client_of(&self.sandbox)
            .store_at(&self.store())
            .clock(self.clock())
            .build()
            .await
    }

    /// The document that is stored, as it lies there.
    async fn stored(&self) -> Value {
        match &self.store {
            Store::File => {
                let text = fs::read(self.file()).unwrap_or_default();
                let stored: Value = serde_json::from_slice(&text).unwrap_or_default();
                stored["document"].clone()
            }
            #[cfg(unix)]
            Store::Postgres(database) => {
                let (origin, client) = (self.sandbox.origin(), self.sandbox.client_id());
                let account = format!("{origin} {client}");
                database.stored(&account).await.unwrap_or_default()
            }
        }
    }

    /// Whether no one has the newest tokens that the server has issued, and the
    /// server takes no older ones.
    async fn is_beyond_help(&self) -> bool {
        let stored = self.stored().await;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        // A process that died before it had brought the seed in spent nothing.
        let held = text(&stored["refresh"]).unwrap_or_else(|| self.sandbox.refresh_token().into());
        let answer = text(&stored["staged"]["body"]["text"]).unwrap_or_default();
        let record = self.sandbox.record();
        let newest = record.pairs().last().expect("the seed").refresh_token();
        let saved = held == newest || answer.contains(newest);
        !saved && self.sandbox.switches().rotation == Rotation::Strict
    }

    /// Proves that the account works, or that nobody could make it work.
    async fn assert_works_or_is_beyond_help(&self, after: &str) -> bool {
        self.let_the_lease_end().await;
        let xoxoday = self.restarted().await.expect(after);
        let rotated = xoxoday.tokens().rotate().await;
        let works = rotated.is_ok() && xoxoday.points().balance(JOHN).await.is_ok();
        if works {
            return true;
        }
        // Judged now, because the server may have heard the one who was killed late.
        assert!(
            self.is_beyond_help().await,
            "killed at {after}: {rotated:?}"
        );
        let error = rotated.expect_err(after);
        assert_eq!(error.kind(), ErrorKind::LoginRequired, "{after}: {error}");
        assert!(error.to_string().contains("lost"), "{error}");
        assert!(error.to_string().contains("dashboard"), "{error}");
        // The latch holds, also for others.
        let presented = self.sandbox.record().exchanges().len();
        let other = self.restarted().await.expect(after);
        other.tokens().rotate().await.expect_err(after);
        assert_eq!(self.sandbox.record().exchanges().len(), presented);
        // A person brings new tokens in, and the account works again.
        let pair = self.sandbox.dashboard().new_pair();
        let mended = client_of(&self.sandbox)
            .seed(seed(&pair))
            .store_at(&self.store())
            .clock(self.clock())
            .build()
            .await
            .expect(after);
        mended.points().balance(JOHN).await.expect(after);
        false
    }
}

/// Every step of a rotation, as it tells them itself.
async fn steps(store: &Store) -> Vec<String> {
    let account = Account::new(Rotation::Strict, store).await;
    // Without the steps of bringing the first tokens in.
    let seeded = account.rotator(&["call", "1"]).output().unwrap();
    assert!(seeded.status.success());
    let told = account.rotator(&["rotate"]).output().unwrap();
    assert!(told.status.success());
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_survives_a_kill_at_every_step_of_a_rotation() {
    // Between the server's answer and the renaming of the file, and nowhere else.
    survives_a_kill_at_every_step(&Store::File, "rename").await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_postgres_survives_a_kill_at_every_step_of_a_rotation() {
    if let Some(store) = Store::postgres().await {
        survives_a_kill_at_every_step(&store, "commit").await;
    }
}

/// Nobody can help from the server's answer until the last of these steps, and
/// at no other.
async fn survives_a_kill_at_every_step(store: &Store, until: &str) {
    let steps = steps(store).await;
    assert!(steps.len() >= 16, "{steps:?}");
    let mut beyond_help = Vec::new();
    // The canary asks what is printed, and that does not depend on the server.
    let servers = if canary::is_watching() {
        1
    } else {
        SERVERS.len()
    };
    for server in SERVERS.into_iter().take(servers) {
        for step in &steps {
            let account = Account::new(server, store).await;
            let seeded = account.rotator(&["call", "1"]).status().unwrap();
            assert!(seeded.success());
            let killed = account.rotator(&["rotate", "--die-at", step]).output();
            assert_eq!(killed.unwrap().status.code(), None, "not killed at {step}");
            let after = format!("{step}, {server:?}");
            if !account.assert_works_or_is_beyond_help(&after).await {
                beyond_help.push(step);
            }
        }
    }
    println!(
        "kills: {} steps × {} servers; beyond help: {beyond_help:?}",
        steps.len(),
        servers
    );
    let first = steps.iter().position(|step| step == "exchanged 1").unwrap();
    let is_last = |step: &String| step.split(' ').next() == Some(until);
    let last = steps.iter().rposition(is_last).unwrap();
    assert_eq!(beyond_help, steps[first..=last].iter().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_survives_a_kill_while_the_server_works_or_answers() {
    for server in SERVERS {
        for (name, after_work) in [("before the work", false), ("after the work", true)] {
            let account = Account::new(server, &Store::File).await;
            let gate = Gate::new();
            let hold = Trouble::Hold(gate.clone());
            let plan = if after_work {
                hold.after_work()
            } else {
                hold.before_work()
            };
            account.sandbox.trouble(Operation::RefreshTokenPoints, plan);
            let mut child = account.rotator(&["rotate"]).spawn().unwrap();
            gate.wait_for(1).await;
            child.kill().unwrap();
            child.wait().unwrap();
            gate.open();
            // The request had arrived: the work is done whoever waits for it.
            account
                .sandbox
                .wait_for(1, |call| call.presented.is_some() && call.is_over())
                .await;
            let after = format!("{name}, {server:?}");
            let works = account.assert_works_or_is_beyond_help(&after).await;
            assert_eq!(works, server != Rotation::Strict, "{after}");
        }
    }
}

/// Kills fall within the rotation: shortly behind one of its steps.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_survives_kills_at_random_times() {
    survives_kills_at_random_times(&Store::File, 210).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_postgres_survives_kills_at_random_times() {
    if let Some(store) = Store::postgres().await {
        survives_kills_at_random_times(&store, 90).await;
    }
}

async fn survives_kills_at_random_times(store: &Store, ordinary: usize) {
    let ordinary = if canary::is_watching() { 20 } else { ordinary };
    let runs = std::env::var("XOXODAY_KILLS").map_or(ordinary, |runs| runs.parse().unwrap());
    let number_of_steps = steps(store).await.len();
    let mut accounts = Vec::new();
    for server in SERVERS {
        accounts.push(Account::new(server, store).await);
    }
    let (mut killed, mut spent, mut beyond_help) = (0, 0, 0);
    for run in 0..runs {
        let account = &accounts[run % accounts.len()];
        let spent_before = exchanges_done(&account.sandbox);
        let mut child = account.rotator(&["rotate"]).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..random(number_of_steps) {
            told.next();
        }
        // Not to wait for anything: this is the random time.
        std::thread::sleep(Duration::from_micros(random(1500) as u64));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let works = account.assert_works_or_is_beyond_help("a random time");
        let works = works.await;
        beyond_help += usize::from(!works);
        // One exchange is that of the survivor.
        let exchanges = exchanges_done(&account.sandbox) - spent_before;
        spent += usize::from(exchanges > usize::from(works));
    }
    println!(
        "kills at random: {runs} runs, {killed} killed in time, {spent} with the token spent, {beyond_help} beyond help"
    );
    // Of the canary's few, chance may have none fall behind the exchange.
    let hit = canary::is_watching() || spent * 10 > runs;
    assert!(killed * 2 > runs && hit, "the kills miss the rotation");
}

fn random(below: usize) -> usize {
    RandomState::new().hash_one(0) as usize % below
}

/// How often a refresh token was exchanged for a new pair.
fn exchanges_done(sandbox: &Sandbox) -> usize {
    let record = sandbox.record();
    record
        .matching(|call| call.presented.is_some() && call.brought.is_some())
        .len()
}
