//! A store in one string.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnectOptions;

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
        return match text.parse() {
            Ok(options) => Ok(Self::Postgres(Box::new(options))),
            // What is wrong may be quoted with the password.
            Err(_) => Err(
                "expected postgres://USER@HOST/DATABASE; is all that is special in a password percent-encoded?",
            ),
        };
        #[cfg(not(feature = "postgres"))]
        Err("this program was built without the feature postgres")
    }
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
}
