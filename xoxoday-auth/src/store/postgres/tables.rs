//! The two tables, and every statement that is made on them.
//!
//! The token document is a parameter of its statement and never part of its
//! text: servers log texts.

use crate::store::{StoreError, StoreErrorKind};

/// The name of the table where none is given.
pub(super) const DEFAULT: &str = "xoxoday_tokens";
/// What PostgreSQL makes of a longer name is another name.
const LONGEST_NAME: usize = 63 - "_history".len();

/// What holds for a write alone. A replica that loses power or network amid one
/// would keep the row locked for as long as the server believes in its
/// connection; and what is written must survive the loss of power, whatever the
/// server is set to.
pub(super) const GUARD: &str = "SELECT \
     set_config('lock_timeout', '5s', true), \
     set_config('idle_in_transaction_session_timeout', '10s', true), \
     set_config('synchronous_commit', \
     CASE current_setting('synchronous_commit') WHEN 'off' THEN 'local' \
     ELSE current_setting('synchronous_commit') END, true)";

/// Where a change is told; whose it is stands in the message.
pub(super) const CHANNEL: &str = "xoxoday_tokens";
/// How much of an account's name a message holds, in characters.
pub(super) const TOLD: usize = 1000;

/// The statements for tables of one name.
#[derive(Debug)]
pub(super) struct Tables {
    /// As it was given.
    pub(super) name: String,
    /// The row of an account, if there is one, and the database's time.
    pub(super) load: String,
    /// The same where there is no table.
    pub(super) load_nothing: String,
    /// The version of that row.
    pub(super) version: String,
    /// Writes the first document.
    pub(super) insert: String,
    /// Writes one in the place of another.
    pub(super) update: String,
    /// Whether both tables are there.
    pub(super) are_there: String,
    /// Makes them.
    pub(super) make: String,
}

impl Tables {
    /// Of a name with or without a schema's before it: `xoxoday_tokens`,
    /// `rewards.tokens`.
    pub(super) fn named(name: &str) -> Result<Self, StoreError> {
        let parts: Vec<_> = name.split('.').collect();
        if parts.len() > 2 || !parts.iter().all(|part| is_plain(part)) {
            return Err(StoreError::new(
                StoreErrorKind::Unusable,
                format!(
                    "no name for a table: give at most {LONGEST_NAME} small letters, digits and underscores, after a schema and a dot where that is wanted"
                ),
            ));
        }
        Ok(Self::of(&parts.join(".")))
    }

    /// Of a name that is known to be plain.
    fn of(plain: &str) -> Self {
        // Some names mean something in SQL.
        let quoted = |name: &str| format!("\"{}\"", name.replace('.', "\".\""));
        let (name, history) = (quoted(plain), quoted(&format!("{plain}_history")));
        // Together with the write, so that none is told of or noted that was not.
        let note = format!(
            "noted AS (\
             INSERT INTO {history} (account, version, generation, event, attempt, at) \
             SELECT account, version, $3, $4, $5, updated_at FROM swapped) \
             SELECT version, pg_notify('{CHANNEL}', left(account, {TOLD}))::text FROM swapped"
        );
        let now = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
        Self {
            load: format!(
                "SELECT held.version, held.document, {now} \
                 FROM (SELECT $1) AS asked (account) LEFT JOIN {name} AS held USING (account)"
            ),
            load_nothing: format!(
                "SELECT NULL::bigint AS version, NULL::text AS document, {now} \
                 FROM (SELECT $1) AS asked (account)"
            ),
            version: format!("SELECT version FROM {name} WHERE account = $1"),
            insert: format!(
                "WITH swapped AS (\
                 INSERT INTO {name} (account, version, document, updated_at) \
                 VALUES ($1, 1, $2, clock_timestamp()) ON CONFLICT (account) DO NOTHING \
                 RETURNING account, version, updated_at), {note}"
            ),
            update: format!(
                "WITH swapped AS (\
                 UPDATE {name} SET version = version + 1, document = $2, \
                 updated_at = clock_timestamp() WHERE account = $1 AND version = $6 \
                 RETURNING account, version, updated_at), {note}"
            ),
            are_there: format!(
                "SELECT to_regclass('{name}') IS NOT NULL AND to_regclass('{history}') IS NOT NULL"
            ),
            make: format!(
                "\
CREATE TABLE IF NOT EXISTS {name} (
    account text PRIMARY KEY,
    version bigint NOT NULL,
    document text NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS {history} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    version bigint NOT NULL,
    generation bigint NOT NULL,
    event text NOT NULL,
    attempt text,
    at timestamptz NOT NULL
);
"
            ),
            name: plain.to_owned(),
        }
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::of(DEFAULT)
    }
}

/// Is nothing but a name, and the same with quotes as without.
fn is_plain(part: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c == '_';
    part.starts_with(letter)
        && part.len() <= LONGEST_NAME
        && part.chars().all(|c| letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_s_name_is_a_name_and_nothing_more() {
        for name in [DEFAULT, "rewards.tokens", "_t1", &"t".repeat(55)] {
            assert_eq!(Tables::named(name).unwrap().name, name);
        }
        for name in [
            "",
            ".",
            "a.b.c",
            "rewards.",
            "Tokens",
            "1st",
            "t; DROP TABLE t",
            "t\"",
            "t'",
            "tökens",
            &"t".repeat(56),
        ] {
            let error = Tables::named(name).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Unusable, "{name}");
        }
    }
}
