//! A PostgreSQL of the tests' own: a cluster in a directory of its own, on a
//! free port, gone with the process that started it.
//!
//! It is made by an installed server's `initdb`. Where there is none, the tests
//! that need one are skipped and say so; with `XOXODAY_REQUIRE_POSTGRES=1` they
//! fail instead.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool};
use tempfile::TempDir;

use crate::marked;

/// The variable that makes a missing server a failure.
pub const REQUIRED: &str = "XOXODAY_REQUIRE_POSTGRES";

/// Of every role that may log in.
pub const PASSWORD: &str = marked!("database");

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    owner: Option<(u32, u32)>,
    data: PathBuf,
    port: u16,
    keeper: Child,
    /// Closed when this process ends, however it does: the keeper then removes
    /// the cluster.
    alive: Option<ChildStdin>,
}

/// A database in it.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its address, as the superuser.
    pub url: String,
    options: PgConnectOptions,
}

/// A new database in the one cluster of this program, or none where no server is
/// installed.
pub async fn database() -> Option<Database> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = SHARED.get_or_init(|| Cluster::start(&[]));
    Some(cluster.as_ref()?.database().await)
}

impl Cluster {
    /// A cluster with settings of its own. None where no server is installed.
    ///
    /// # Panics
    ///
    /// Where an installed server does not start, or one is required and missing.
    pub fn start(settings: &[&str]) -> Option<Self> {
        crate::canary::watch();
        let Some(bin) = installed() else {
            let why = "no PostgreSQL: initdb is neither on the PATH nor in the usual places";
            assert!(env::var_os(REQUIRED).is_none_or(|it| it != "1"), "{why}");
            skipped(why);
            return None;
        };
        // A port that was free a moment ago may be taken by now.
        let started = (0..5).find_map(|_| Self::start_with(&bin, settings));
        Some(started.expect("the installed PostgreSQL starts"))
    }

    fn start_with(bin: &Path, settings: &[&str]) -> Option<Self> {
        let owner = unprivileged();
        // Where another user finds it, and short enough for a socket's name.
        let directory = tempfile::Builder::new()
            .prefix("xoxoday-pg-")
            .tempdir_in("/tmp")
            .expect("a directory for the cluster");
        if let Some((user, group)) = owner {
            chown(directory.path(), Some(user), Some(group)).expect("root may give it away");
        }
        let data = directory.path().join("data");
        let password = directory.path().join("password");
        fs::write(&password, PASSWORD).expect("the directory can be written");
        let run = |program: &str, arguments: &[&str]| {
            let mut command = command(bin, program, owner);
            let ended = command.arg("-D").arg(&data).args(arguments).output();
            ended.expect("the program starts").status.success()
        };
        // Nobody is to survive a power cut here.
        let password = password.display().to_string();
        assert!(
            run(
                "initdb",
                &[
                    "-U",
                    "postgres",
                    "--no-sync",
                    "-E",
                    "UTF8",
                    "--auth-local=trust"
                ]
                .iter()
                .copied()
                .chain(["--auth-host=password", "--pwfile", &password])
                .collect::<Vec<_>>(),
            ),
            "initdb"
        );
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
        let port = port.port();
        let mut conf = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\n\
             fsync = off\nmax_connections = 200\n",
            directory.path().display()
        );
        for setting in settings {
            conf += setting;
            conf.push('\n');
        }
        fs::write(data.join("postgresql.auto.conf"), conf).expect("the cluster can be configured");
        let log = directory.path().join("log").display().to_string();
        if !run("pg_ctl", &["-w", "-l", &log, "start"]) {
            eprintln!("{}", fs::read_to_string(&log).unwrap_or_default());
            return None;
        }
        Some(Self::kept(bin, owner, data, port, directory))
    }

    fn kept(
        bin: &Path,
        owner: Option<(u32, u32)>,
        data: PathBuf,
        port: u16,
        directory: TempDir,
    ) -> Self {
        // Asked to end itself it goes on: a terminal sends ^C to all.
        const KEEP: &str = "trap '' INT TERM HUP; cat; \
            \"$1/pg_ctl\" -D \"$2/data\" -m immediate -w stop; rm -rf \"$2\"";
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEP, "keeper"]).arg(bin);
        keeper.arg(directory.keep());
        as_owner(&mut keeper, owner);
        let quiet = keeper.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut keeper = quiet.stderr(Stdio::null()).spawn().expect("sh starts");
        Self {
            bin: bin.to_owned(),
            owner,
            data,
            port,
            alive: keeper.stdin.take(),
            keeper,
        }
    }

    /// Another database.
    ///
    /// # Panics
    ///
    /// Where it cannot be made.
    pub async fn database(&self) -> Database {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", MADE.fetch_add(1, Ordering::Relaxed));
        let postgres = Database::named(self.port, "postgres");
        let mut connection = postgres.connection().await;
        let make = format!("CREATE DATABASE {name}");
        connection.execute(&*make).await.expect("a database");
        Database::named(self.port, &name)
    }

    /// Stops and starts it, as an administrator does.
    ///
    /// # Panics
    ///
    /// Where it does not come up again.
    pub fn restart(&self) {
        let mut command = command(&self.bin, "pg_ctl", self.owner);
        let log = self.data.with_file_name("log");
        command.arg("-D").arg(&self.data).arg("-l").arg(log);
        let ended = command.args(["-m", "fast", "-w", "restart"]).output();
        assert!(ended.expect("pg_ctl starts").status.success());
    }

    /// Stops all its processes where they stand, until [`thaw`](Self::thaw).
    #[cfg(target_os = "linux")]
    pub fn freeze(&self) {
        // Twice: one may have been on its way.
        for _ in 0..2 {
            self.signal(Signal::STOP);
        }
    }

    /// Lets them go on.
    #[cfg(target_os = "linux")]
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    #[cfg(target_os = "linux")]
    fn signal(&self, signal: Signal) {
        let pid_file = fs::read_to_string(self.data.join("postmaster.pid"));
        let pid_file = pid_file.expect("it runs");
        let first = pid_file.lines().next().unwrap_or_default();
        let postmaster: i32 = first.parse().expect("its first line is a process's number");
        let all = fs::read_dir("/proc").expect("a process may look at others");
        let children = all.flatten().filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // `PID (NAME) STATE PARENT …`
            let parent = stat.rsplit(") ").next()?.split(' ').nth(1)?;
            (parent.parse() == Ok(postmaster)).then_some(pid)
        });
        for pid in [postmaster].into_iter().chain(children) {
            if let Some(pid) = Pid::from_raw(pid) {
                // It may have ended by itself.
                let _ = kill_process(pid, signal);
            }
        }
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.data.with_file_name("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        self.thaw();
        drop(self.alive.take());
        let _ = self.keeper.wait();
    }
}

impl Database {
    fn named(port: u16, name: &str) -> Self {
        let url = format!("postgres://postgres:{PASSWORD}@127.0.0.1:{port}/{name}");
        let options = url.parse().expect("an address");
        Self { url, options }
    }

    /// How it is reached, as the superuser.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// A pool of a few connections.
    pub fn pool(&self) -> PgPool {
        self.pool_of(4)
    }

    /// A pool of so many connections.
    pub fn pool_of(&self, connections: u32) -> PgPool {
        let pool = PgPoolOptions::new().max_connections(connections);
        pool.connect_lazy_with(self.options())
    }

    /// A connection for the test itself.
    ///
    /// # Panics
    ///
    /// Where none can be had.
    pub async fn connection(&self) -> PgConnection {
        // Also where the test has set the database to read only.
        let options = self
            .options()
            .options([("default_transaction_read_only", "off")]);
        // What a test says itself may hold secrets.
        let options = options.disable_statement_logging();
        let connection = PgConnection::connect_with(&options).await;
        connection.expect("the cluster takes a connection")
    }

    /// Runs statements of the test's own.
    ///
    /// # Panics
    ///
    /// Where one fails.
    pub async fn run(&self, statements: &str) {
        let mut connection = self.connection().await;
        let ran = connection.execute(statements).await;
        ran.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// One number.
    ///
    /// # Panics
    ///
    /// Where the statement has none.
    pub async fn number(&self, statement: &str) -> i64 {
        let mut connection = self.connection().await;
        let number = sqlx::query_scalar(statement).fetch_one(&mut connection);
        number.await.expect(statement)
    }

    /// Waits until a statement's number is as wanted.
    ///
    /// # Panics
    ///
    /// Where it is not within half a minute.
    pub async fn wait_until(&self, statement: &str, wanted: impl Fn(i64) -> bool) {
        let seen = async {
            while !wanted(self.number(statement).await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
        seen.unwrap_or_else(|_| panic!("in vain: {statement}"));
    }

    /// The document of an account, as it lies there.
    pub async fn stored(&self, account: &str) -> Option<Value> {
        let mut connection = self.connection().await;
        let select = "SELECT document FROM xoxoday_tokens WHERE account = $1";
        let text = sqlx::query_scalar::<_, String>(select).bind(account);
        // There may not even be a table.
        let text = text.fetch_optional(&mut connection).await.ok()??;
        serde_json::from_str(&text).ok()
    }

    /// Forgets the accounts of an environment: a sandbox may be given the port of
    /// an earlier one.
    pub async fn forget(&self, environment: &str) {
        if self
            .number("SELECT count(to_regclass('xoxoday_tokens'))")
            .await
            > 0
        {
            self.run(&format!(
                "DELETE FROM xoxoday_tokens WHERE starts_with(account, '{environment} ')"
            ))
            .await;
        }
    }

    /// Gives the database a clock that can be set: see
    /// [`advance`](Self::advance).
    pub async fn set_up_clock(&self) {
        let name = self.options.get_database().unwrap_or_default();
        self.run(&format!(
            "CREATE SCHEMA ahead;
             CREATE TABLE ahead.by (by interval NOT NULL);
             INSERT INTO ahead.by VALUES ('0');
             CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
                 'SELECT pg_catalog.clock_timestamp() + by FROM ahead.by';
             ALTER DATABASE {name} SET search_path = ahead, pg_catalog, public"
        ))
        .await;
    }

    /// Moves the database's clock forward.
    pub async fn advance(&self, seconds: u32) {
        let forward = format!("UPDATE ahead.by SET by = by + interval '{seconds} seconds'");
        self.run(&forward).await;
    }
}

/// Says so past the test harness, which shows nothing of a test that passes.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// The directory of an installed server's programs.
fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = Vec::new();
    // Linked from there, its neighbours may be elsewhere.
    let linked = env::split_paths(&path).filter_map(|it| fs::canonicalize(it.join("initdb")).ok());
    places.extend(linked.filter_map(|it| it.parent().map(Path::to_owned)));
    for parent in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        places.extend(below(parent, "").map(|it| it.join("bin")));
    }
    places.extend(below("/usr", "pgsql-").map(|it| it.join("bin")));
    places.push("/usr/local/pgsql/bin".into());
    let whole = |it: &PathBuf| it.join("initdb").exists() && it.join("pg_ctl").exists();
    places.into_iter().find(whole)
}

fn below(parent: &str, prefix: &'static str) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let named = entries.filter(move |it| it.file_name().to_string_lossy().starts_with(prefix));
    named.map(|it| it.path())
}

/// PostgreSQL refuses to run as root: another user, if we are.
pub(crate) fn unprivileged() -> Option<(u32, u32)> {
    if !geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users
            .lines()
            .find(|it| it.starts_with(&format!("{name}:")))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    let user = find("postgres").or_else(|| find("nobody"));
    Some(user.expect("root has a user postgres or nobody to be"))
}

fn command(bin: &Path, program: &str, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(bin.join(program));
    as_owner(&mut command, owner);
    command
}

pub(crate) fn as_owner(command: &mut Command, owner: Option<(u32, u32)>) {
    // The directory of the tests may be closed to them.
    command.current_dir("/");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
}
