//! What can be said to the command. No secret is among it: a process's
//! arguments can be read by every user of the machine.

use std::path::PathBuf;
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
  4  a rotation is due or must wait, rows of a send are still pending, or
     something is not as it should be
  5  nobody knows what became of an exchange, or of points: an answer was lost"
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

/// Keeps the tokens of a Xoxoday account alive, and sends its points.
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
    /// Ask for balances, send points, and take them back.
    #[command(after_help = EXIT_CODES, verbatim_doc_comment)]
    Points {
        #[command(subcommand)]
        command: PointsCommand,
    },
    Completions(Completions),
    Man(Man),
}

/// Print what a shell needs to complete this command.
///
/// For bash: xoxoday completions bash > /etc/bash_completion.d/xoxoday
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct Completions {
    /// Which shell.
    pub(super) shell: clap_complete::Shell,
}

/// Write man pages for this command and all below it.
///
/// For all users: xoxoday man /usr/local/share/man/man1
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct Man {
    /// Where to; it must be there.
    pub(super) directory: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum PointsCommand {
    Balance(Balance),
    Send(Box<Send>),
    Resolve(Resolve),
    Cancel(Cancel),
}

/// Show the points that a user can spend.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct Balance {
    /// The user's address.
    #[arg(required_unless_present = "phone")]
    pub(super) email: Option<String>,
    /// The user's phone instead, such as +91-8999888887.
    #[arg(long, value_name = "NUMBER", conflicts_with = "email")]
    pub(super) phone: Option<String>,
}

/// Send points to one recipient, or to a file of them.
///
/// The file is CSV with the header to_email,to_name,amount,citation, or JSON
/// lines with the same members. What was sent is kept in the ledger: after a
/// crash the same command skips what is done, sends what never left, and lists
/// what nobody knows of. That it never sends again by itself: xoxoday points
/// resolve takes your word for it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
#[command(override_usage = "\
xoxoday points send --sender EMAIL --to EMAIL --amount N [OPTIONS]
       xoxoday points send --sender EMAIL --file FILE --ledger PATH [OPTIONS]")]
#[command(group(clap::ArgGroup::new("whom").required(true).args(["to", "file"])))]
pub(super) struct Send {
    /// The Super Admin who sends.
    #[arg(long, value_name = "EMAIL")]
    pub(super) sender: String,
    /// The one recipient.
    #[arg(long, value_name = "EMAIL", requires = "amount")]
    pub(super) to: Option<String>,
    /// How many points, such as 100 or 12.50.
    #[arg(long, value_name = "N", conflicts_with = "file")]
    pub(super) amount: Option<String>,
    /// The recipient's full name.
    #[arg(long, conflicts_with = "file")]
    pub(super) name: Option<String>,
    /// The note that goes with the points.
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub(super) citation: Option<String>,
    /// A file of rows.
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Where to keep what was sent: a file of its own for each send.
    #[arg(long, value_name = "PATH", conflicts_with = "to")]
    pub(super) ledger: Option<PathBuf>,
    /// Let the points expire after so many months.
    #[arg(long, value_name = "N")]
    pub(super) expiry_months: Option<u32>,
    /// Rows in a request [1]. The documented answer tells of one alone.
    #[arg(long, value_name = "N", conflicts_with = "to")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(super) batch: Option<u16>,
    /// Send rows that say the same as often as they are there.
    #[arg(long, conflicts_with = "to")]
    pub(super) allow_duplicates: bool,
    /// Check every row, show the totals and send nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub(super) yes: bool,
    /// Write a line for each row with its outcome and its transaction id.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    pub(super) report: Option<PathBuf>,
}

/// Say what became of rows of which nobody knows.
///
/// Row by row, or by a report in which "unknown" was replaced by "credited" or
/// "not_sent". What was not sent is sent when the send is run again; so is what
/// failed, if it is called not sent. Nothing is sent now.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
#[command(override_usage = "\
xoxoday points resolve --ledger PATH --row N --credited|--not-sent
       xoxoday points resolve --ledger PATH --file FILE")]
#[command(group(clap::ArgGroup::new("which").required(true).args(["row", "file"])))]
#[command(group(clap::ArgGroup::new("what").args(["credited", "not_sent"])))]
pub(super) struct Resolve {
    /// The ledger of the send.
    #[arg(long, value_name = "PATH")]
    pub(super) ledger: PathBuf,
    /// The row, as the report numbers it.
    #[arg(long, value_name = "N", requires = "what")]
    pub(super) row: Option<u64>,
    /// The recipient has the points.
    #[arg(long, conflicts_with = "file")]
    pub(super) credited: bool,
    /// The recipient does not have them.
    #[arg(long, conflicts_with = "file")]
    pub(super) not_sent: bool,
    /// A report that was filled in, or any CSV with the columns row and
    /// outcome.
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(super) file: Option<PathBuf>,
}

/// Take points back by their transaction ids.
///
/// To repeat it does no harm. Points that were spent cannot be taken back.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct Cancel {
    /// Transaction ids.
    #[arg(value_name = "ID", required_unless_present = "ledger")]
    pub(super) ids: Vec<i64>,
    /// All that a send has credited, and write down in its ledger what was
    /// taken back.
    #[arg(long, value_name = "PATH", conflicts_with = "ids")]
    #[arg(verbatim_doc_comment)]
    pub(super) ledger: Option<PathBuf>,
    /// Do not ask before all of a ledger is taken back.
    #[arg(long, requires = "ledger")]
    pub(super) yes: bool,
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
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Points { command } => match command {
                PointsCommand::Balance(_) => "points balance",
                PointsCommand::Send(_) => "points send",
                PointsCommand::Resolve(_) => "points resolve",
                PointsCommand::Cancel(_) => "points cancel",
            },
        }
    }
}
