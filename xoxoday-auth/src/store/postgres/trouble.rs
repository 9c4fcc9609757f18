//! What is wrong, and what to do. No words of the server's are repeated: a
//! trigger may have put the row into them.

use sqlx::Error;

use crate::store::{StoreError, StoreErrorKind};

/// Whether nobody knows if what was asked for was done.
pub(super) fn is_ambiguous(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Protocol(_) | Error::WorkerCrashed => true,
        // Closed by the server, whatever it was doing.
        Error::Database(_) => {
            matches!(code(error), "57P01" | "57P02" | "57P03") || code(error).starts_with("08")
        }
        _ => false,
    }
}

/// Whether another transaction was faster, at an isolation level that says so.
pub(super) fn lost_a_race(error: &Error) -> bool {
    matches!(code(error), "40001" | "40P01")
}

/// Whether the table is not there, or not visible.
pub(super) fn has_no_table(error: &Error) -> bool {
    matches!(code(error), "42P01" | "3F000")
}

fn code(error: &Error) -> &str {
    // PostgreSQL's errors all have one, and it is static in them.
    match error {
        Error::Database(error) => error
            .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
            .map_or("", |error| error.code()),
        _ => "",
    }
}

/// Says it for people. `full` is whether the pool has all its connections.
pub(super) fn explained(doing: &str, place: &str, error: &Error, full: bool) -> StoreError {
    let (what, advice): (String, &str) = match error {
        Error::Database(_) => of_the_server(code(error)),
        Error::PoolTimedOut if full => (
            "no connection of the pool became free in time".into(),
            "give the pool more connections, or its callers fewer at once",
        ),
        Error::PoolTimedOut => (
            "no connection could be made in time".into(),
            "is the server up, and its address right?",
        ),
        Error::PoolClosed => ("the pool was closed".into(), "close it after the client"),
        Error::Io(error) => (
            format!("the connection failed ({})", error.kind()),
            "is the server up, and its address right?",
        ),
        Error::Tls(_) => (
            "no TLS with the server".into(),
            "check its certificate, sslmode, and that this program was built with TLS; where whoever listens on the way may have the tokens, sslmode=disable does without",
        ),
        Error::Configuration(_) => (
            "the pool's options make no sense".into(),
            "check the address",
        ),
        Error::Protocol(_) => (
            "what answers speaks another protocol than PostgreSQL's".into(),
            "check the address; PgBouncer must be 1.12 or newer",
        ),
        Error::ColumnNotFound(_) | Error::ColumnDecode { .. } | Error::Decode(_) => (
            "the table has other columns".into(),
            "was it made by another program, or changed?",
        ),
        _ => ("it failed in an unforeseen way".into(), "look at its log"),
    };
    let kind = match error {
        Error::ColumnNotFound(_) | Error::ColumnDecode { .. } | Error::Decode(_) => {
            StoreErrorKind::Unusable
        }
        Error::Database(_) if code(error) == "42703" => StoreErrorKind::Unusable,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::new(kind, format!("cannot {doing} {place}: {what}; {advice}"))
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_the_server(code: &str) -> (String, &'static str) {
    let (what, advice) = match code {
        "42P01" | "3F000" => (
            "the table is not there",
            "call PostgresStore::migrate, or have an owner of the schema run PostgresStore::schema",
        ),
        "42703" => (
            "the table has other columns",
            "was it made by another program, or changed?",
        ),
        "42501" => (
            "permission denied",
            "grant the role SELECT, INSERT and UPDATE on the table, INSERT on its history, and USAGE on their schema",
        ),
        "28P01" | "28000" => (
            "the server does not let this user in",
            "check user name, password and pg_hba.conf",
        ),
        "3D000" => ("there is no such database", "check its name"),
        "25006" => (
            "the server takes no writes",
            "is it a standby, or set to read only? Give the address of the primary",
        ),
        "53300" => (
            "the server has no connection left",
            "raise max_connections, or put PgBouncer before it",
        ),
        "53100" => ("the server's disk is full", "make room for it"),
        "57014" | "55P03" => (
            "the server gave up because of a time limit",
            "who holds a lock on the table?",
        ),
        "57P01" | "57P02" | "57P03" => ("the server shuts down or starts", "wait for it"),
        "42P05" | "26000" => (
            "a prepared statement was lost on the way",
            "what stands between must keep a transaction on one server",
        ),
        other => {
            let what = format!("the server refused with SQLSTATE {other}");
            return (what, "look at its log");
        }
    };
    (what.to_owned(), advice)
}
