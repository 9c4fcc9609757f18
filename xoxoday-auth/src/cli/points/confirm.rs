//! Asking before points move.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::{counted, usage};
use crate::bulk::Count;
use crate::error::{Error, ErrorKind};
use crate::rotation::Account;

/// What is about to be done, in one sentence.
pub(super) fn intention(account: &Account, sender: &str, what: Count) -> String {
    format!(
        "{} points to {}, sent by {sender} out of the wallet of {account}",
        what.points,
        counted(what.rows, "recipient")
    )
}

/// Asks, unless a person has said yes before.
pub(super) fn confirm(yes: bool, intention: &str, verb: &str) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        let message =
            format!("{intention}: give --yes, where nobody can be asked; nothing was done");
        return Err(usage(&message));
    }
    let mut out = io::stderr().lock();
    // That nobody reads it changes nothing: then nobody answers.
    let _ = write!(out, "{intention}.\nType yes to {verb}: ").and_then(|()| out.flush());
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    read.map_err(|error| Error::input("the terminal", error))?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(Error::new(
            ErrorKind::InvalidInput,
            "not confirmed: nothing was done",
        )),
    }
}
