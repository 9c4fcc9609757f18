//! What can be said to the command. No secret is among it: a process's
//! arguments can be read by every user of the machine.

use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand};

use super::exit::Exit;

macro_rules! exit_codes {
    () => {
        "\
Exit codes:
  0  all is well
  1  failed
  2  wrong usage, or a variable that is missing or wrong
  3  a person must take new tokens from the dashboard and import them
  4  a rotation is due or must wait, or something is not as it should be
  5  nobody knows what became of an exchange: its answer was lost"
    };
}

const EXIT_CODES: &str = concat!(
    exit_codes!(),
    "\n\nThe variables are listed by xoxoday --help."
);

const VARIABLES: &str = concat!(
    "\
Variables:
  XOXODAY_ENV                sandbox, production, testing, or an origin
  XOXODAY_CLIENT_ID          from the dashboard
  XOXODAY_CLIENT_SECRET      from the dashboard; not needed by import and status
  XOXODAY_TOKEN_STORE        file:PATH or, if built with it, postgres://...;
                             by default a file in the platform's state directory
  XOXODAY_SEALING_KEYS       NAME:KEY to seal the store with, if built with it,
                             32 bytes in base64; after commas others that open
  XOXODAY_RESCUE_FILE        where new tokens go that the store does not take
  XOXODAY_ROTATION_FLOOR     the least time between two exchanges [60s]
  XOXODAY_ROTATION_LEASE     the most time for one exchange [60s]
  XOXODAY_AFTER_LOST_ANSWER  replay or halt [replay]
  XOXODAY_REFRESH_TOKEN, XOXODAY_ACCESS_TOKEN, XOXODAY_ACCESS_TOKEN_EXPIRY
                             the dashboard's tokens; they start an empty store
  RUST_LOG                   what is logged, such as info or xoxoday_auth=debug

",
    exit_codes!()
);

/// Keeps the tokens of a Xoxoday account alive.
///
/// A refresh token works once, and each use brings a new one. This command
/// takes the first one in, and sees to it that the newest is never lost.
#[derive(Debug, Parser)]
#[command(name = "xoxoday", bin_name = "xoxoday", version, after_help = VARIABLES)]
#[command(arg_required_else_help = true, verbatim_doc_comment)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Import(Import),
    /// Show what is stored: ages, ends, and what stands in the way.
    ///
    /// Reads the store alone: nothing is sent, and no client secret is needed.
    #[command(after_help = EXIT_CODES, verbatim_doc_comment)]
    Status,
    Rotate(Rotate),
    /// Keep the tokens fresh until told to stop (SIGTERM, SIGINT).
    ///
    /// Says "ready" once the tokens were looked after for the first time, to
    /// systemd too (Type=notify). An exchange that is under way when it is told
    /// to stop is finished and saved, for which it needs up to half a minute.
    #[command(after_help = EXIT_CODES, verbatim_doc_comment)]
    Run,
    /// Ask Xoxoday whether the access token is good.
    ///
    /// One that is rejected is rotated, and the new one is validated.
    #[command(after_help = EXIT_CODES, verbatim_doc_comment)]
    Validate,
}

/// Take the dashboard's tokens into the store.
///
/// From XOXODAY_REFRESH_TOKEN (and XOXODAY_ACCESS_TOKEN with
/// XOXODAY_ACCESS_TOKEN_EXPIRY) if it is set. Else from standard input, as JSON
/// in the shape of a token answer: refresh_token at least, and access_token,
/// expires_in, access_token_expiry, refresh_token_expiry. At a terminal it asks,
/// and shows nothing of what is typed.
///
/// An empty store takes them, and one whose tokens no longer work. Nothing is
/// sent, and no client secret is needed.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct Import {
    /// Take them even if the store holds tokens that work. Those are lost.
    #[arg(long)]
    pub(super) replace: bool,
    /// Read standard input even if XOXODAY_REFRESH_TOKEN is set.
    #[arg(long)]
    pub(super) stdin: bool,
}

/// Buy new tokens with the refresh token, now or when due.
///
/// Ends with 4, and says when it may, while a rate limit, the floor between two
/// exchanges or another process stands in the way.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct Rotate {
    /// Only if the tokens are older than this, such as 7d, or two thirds of
    /// the access token's life are over.
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    #[arg(verbatim_doc_comment)]
    pub(super) if_older_than: Option<Duration>,
}

impl Arguments {
    /// Reads this process's arguments. What is wrong with them has been said.
    pub(super) fn read() -> Result<Self, Exit> {
        Self::try_parse().map_err(|mut error| {
            withhold(&mut error);
            // That nobody reads it changes nothing.
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Fine,
                _ => Exit::Usage,
            }
        })
    }
}

/// An argument that makes no sense may be a token that was pasted: it goes into
/// no log.
fn withhold(error: &mut clap::Error) {
    let given = match error.kind() {
        ErrorKind::UnknownArgument | ErrorKind::TooManyValues => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => ContextKind::InvalidValue,
    };
    if error.get(given).is_some() {
        error.insert(given, ContextValue::String("…".into()));
    }
}

impl Command {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Import(_) => "import",
            Self::Status => "status",
            Self::Rotate(_) => "rotate",
            Self::Run => "run",
            Self::Validate => "validate",
        }
    }
}
