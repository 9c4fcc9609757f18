//! PgBouncer in transaction mode, where it is installed: no two transactions of
//! a client need meet the same connection of the server.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};
use tempfile::TempDir;

use crate::postgres::{Database, PASSWORD, as_owner, unprivileged};

/// Ended with this.
#[derive(Debug)]
pub struct Bouncer {
    child: Child,
    database: Database,
    port: u16,
    _directory: TempDir,
}

impl Bouncer {
    /// Before a database, with two connections for all. None where it is not
    /// installed.
    ///
    /// # Panics
    ///
    /// Where it does not start.
    pub async fn before(database: &Database) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        let Some(program) = places.map(|it| it.join("pgbouncer")).find(|it| it.exists()) else {
            crate::postgres::skipped("no pgbouncer on the PATH");
            return None;
        };
        for _ in 0..5 {
            // A port that was free a moment ago may be taken by now.
            let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
            let mut bouncer = Self::start(&program, database, port.port());
            if bouncer.comes_up().await {
                return Some(bouncer);
            }
        }
        panic!("the installed pgbouncer starts");
    }

    fn start(program: &PathBuf, database: &Database, port: u16) -> Self {
        let owner = unprivileged();
        let directory = tempfile::Builder::new()
            .prefix("xoxoday-pgb-")
            .tempdir_in("/tmp")
            .expect("a directory");
        let path = |name: &str| directory.path().join(name);
        let options = database.options();
        let (server, name) = (
            options.get_port(),
            options.get_database().unwrap_or_default(),
        );
        let users = path("users").display().to_string();
        let settings = format!(
            "[databases]\n{name} = host=127.0.0.1 port={server} dbname={name}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = plain\nauth_file = {users}\npool_mode = transaction\n\
             default_pool_size = 2\nmax_client_conn = 500\n\
             ignore_startup_parameters = extra_float_digits\n"
        );
        let users = format!("\"postgres\" \"{PASSWORD}\"\n");
        for (name, content) in [("settings", settings), ("users", users)] {
            fs::write(path(name), content).expect("the directory can be written");
        }
        if let Some((user, group)) = owner {
            for path in [directory.path().to_owned(), path("settings"), path("users")] {
                chown(path, Some(user), Some(group)).expect("root may give it away");
            }
        }
        let mut command = Command::new(program);
        as_owner(&mut command, owner);
        command.arg(path("settings")).stdout(Stdio::null());
        let child = command.stderr(Stdio::null()).spawn();
        Self {
            child: child.expect("it can be started"),
            database: database.clone(),
            port,
            _directory: directory,
        }
    }

    async fn comes_up(&mut self) -> bool {
        while let Ok(None) = self.child.try_wait() {
            if PgConnection::connect_with(&self.options()).await.is_ok() {
                return true;
            }
        }
        false
    }

    /// How the database is reached through it.
    pub fn options(&self) -> PgConnectOptions {
        self.database.options().port(self.port)
    }

    /// The same, as one string.
    pub fn url(&self) -> String {
        let server = self.database.options().get_port();
        let url = &self.database.url;
        url.replace(&format!(":{server}/"), &format!(":{}/", self.port))
    }

    /// A pool of connections to it.
    pub fn pool(&self) -> PgPool {
        PgPoolOptions::new().connect_lazy_with(self.options())
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
