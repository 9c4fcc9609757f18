//! A store in one string.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{FileStore, TokenStore};
use crate::rotation::Account;

/// `file:PATH` or `postgres://…`, which may hold a password.
#[derive(Clone)]
pub(crate) enum StoreName {
    File(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnectOptions>),
}

impl StoreName {
    /// The store, for one account. Nothing is read yet.
    pub(crate) fn open(self, account: &Account) -> Arc<dyn TokenStore> {
        // An account is told apart in a file by the file.
        let _ = account;
        match self {
            Self::File(path) => Arc::new(FileStore::new(path)),
            #[cfg(feature = "postgres")]
            Self::Postgres(options) => Arc::new(super::PostgresStore::at(*options, account)),
        }
    }
}

impl FromStr for StoreName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("file:") {
            Some("") => return Err("expected a path after file:"),
            Some(path) => return Ok(Self::File(path.into())),
            None => {}
        }
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|it| text.starts_with(it))
        {
            return Err("expected file:PATH or postgres://USER@HOST/DATABASE");
        }
        #[cfg(feature = "postgres")]
        return at_server(text, std::env::var_os("PGSSLMODE").is_some());
        #[cfg(not(feature = "postgres"))]
        Err("this program was built without the feature postgres")
    }
}

/// `is_said` is whether the environment has an `sslmode`.
#[cfg(feature = "postgres")]
fn at_server(text: &str, is_said: bool) -> Result<StoreName, &'static str> {
    const KNOWN: [&str; 17] = [
        "application_name",
        "dbname",
        "host",
        "hostaddr",
        "options",
        "password",
        "port",
        "ssl-ca",
        "ssl-cert",
        "ssl-key",
        "ssl-mode",
        "ssl-root-cert",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "user",
    ];
    const WRONG: &str = "expected postgres://USER@HOST/DATABASE; is all that is special in a password percent-encoded?";

    let url = url::Url::parse(text).map_err(|_| WRONG)?;
    if url.query_pairs().any(|(key, _)| !KNOWN.contains(&&*key)) {
        return Err(
            "the address has a parameter that is none of PostgreSQL's, or of no use here: sslmode, sslrootcert, sslcert, sslkey, application_name and options are; is all that is special in a password percent-encoded?",
        );
    }
    // What is wrong may be quoted with the password, and what is odd logged.
    let quietly = tracing::subscriber::NoSubscriber::default();
    let options = tracing::subscriber::with_default(quietly, || text.parse());
    let options: PgConnectOptions = options.map_err(|_| WRONG)?;
    let says = |key: &str| matches!(key, "sslmode" | "ssl-mode");
    let is_said = is_said || url.query_pairs().any(|(key, _)| says(&key));
    // Tokens do not go over a network in the clear because a server, or whoever
    // stands between, says that it speaks no TLS.
    Ok(StoreName::Postgres(Box::new(
        match is_said || is_here(&options) {
            true => options,
            false => options.ssl_mode(PgSslMode::Require),
        },
    )))
}

/// Whether a server is on this machine.
#[cfg(feature = "postgres")]
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(is_loopback)
}

impl fmt::Debug for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            #[cfg(feature = "postgres")]
            Self::Postgres(options) => f
                .debug_tuple("Postgres")
                .field(&options.get_host())
                .field(&options.get_database())
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_understood_or_explained_and_shows_no_password() {
        let shown = |text: &str| match text.parse::<StoreName>() {
            Ok(name) => format!("{name:?}"),
            Err(why) => why.to_owned(),
        };
        assert_eq!(shown("file:a/b.json"), "File(\"a/b.json\")");
        assert_eq!(shown("file:"), "expected a path after file:");
        assert!(shown("canary.json").starts_with("expected file:PATH or postgres://"));
        for text in [
            "postgres://me:canary@db.internal:1/rewards",
            "postgresql://me:canary@db.internal/rewards",
            "postgres://me:canary@:x/",
            "postgres://db.internal/rewards?sslpassword=canary",
            "postgres://me:1?canary@db.internal/rewards",
        ] {
            let shown = shown(text);
            assert!(!shown.contains("canary"), "{shown}");
            #[cfg(not(feature = "postgres"))]
            assert!(shown.contains("feature postgres"), "{shown}");
            #[cfg(feature = "postgres")]
            assert!(
                shown.contains("db.internal") || shown.contains("percent-encoded"),
                "{shown}"
            );
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_server_elsewhere_must_speak_tls_unless_it_is_said_otherwise() {
        let mode = |text: &str| match at_server(text, false) {
            Ok(StoreName::Postgres(options)) => options.get_ssl_mode(),
            other => panic!("{text}: {other:?}"),
        };
        for elsewhere in ["db", "10.0.0.1:5432", "localhost.example", "[2001:db8::1]"] {
            let mode = mode(&format!("postgres://me@{elsewhere}/rewards"));
            assert!(matches!(mode, PgSslMode::Require), "{elsewhere}");
        }
        for here in ["localhost", "127.0.0.1:1", "[::1]", "%2Frun%2Fpostgresql"] {
            let mode = mode(&format!("postgres://me@{here}/rewards"));
            assert!(matches!(mode, PgSslMode::Prefer), "{here}");
        }
        let said = mode("postgres://me@db/rewards?sslmode=disable");
        assert!(matches!(said, PgSslMode::Disable));
        let said = mode("postgres://me@db/rewards?sslmode=verify-full");
        assert!(matches!(said, PgSslMode::VerifyFull));
    }
}
