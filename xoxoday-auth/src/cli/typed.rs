//! Tokens that come by hand or by a pipe.

use std::io::{self, IsTerminal as _, Read as _};

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};
use crate::rotation::{Clock as _, Seed, SystemClock};

/// No pair of tokens is longer.
const LONGEST: u64 = 1024 * 1024;

/// Asks at a terminal, and reads JSON from anything else.
pub(super) fn seed() -> Result<Seed, Error> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return asked();
    }
    let mut json = Zeroizing::new(Vec::new());
    let read = stdin.lock().take(LONGEST).read_to_end(&mut json);
    read.map_err(|error| Error::input("standard input", error))?;
    if json.iter().all(u8::is_ascii_whitespace) {
        let message = "no tokens: set XOXODAY_REFRESH_TOKEN, or give JSON such as {\"refresh_token\": \"…\"} on standard input";
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Seed::from_json(&json, SystemClock.now())
}

fn asked() -> Result<Seed, Error> {
    let prompt = "Refresh token (not shown), or the JSON of a token answer in one line: ";
    let typed = rpassword::prompt_password(prompt).map(Zeroizing::new);
    let typed = typed.map_err(|error| Error::input("the terminal", error))?;
    match typed.trim() {
        "" => {
            let message = "no token was given; nothing was changed";
            Err(Error::new(ErrorKind::InvalidInput, message))
        }
        json if json.starts_with('{') => Seed::from_json(json.as_bytes(), SystemClock.now()),
        token => Ok(Seed::new(token)),
    }
}
