//! `cargo xtask drift`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use xtask::drift::{Comparison, Files, Level, Policy, Verdict, compare, format};
use xtask::{Error, Source};

use super::{Ending, tell};

/// Compare two OpenAPI 3.0 documents.
///
/// What has changed from BASE to REVISION, where, and what it means to a client that was built from
/// BASE and talks to a server of REVISION. Order, layout, `$ref` and `allOf` make no difference.
/// Files that a document refers to are read with it; URLs are not fetched.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  nothing that --fail-on names
  1  a document or the policy was refused, or a file could not be read
  2  wrong usage
  4  drifted: something that --fail-on names")]
pub(crate) struct Arguments {
    /// The document that the client was built from.
    #[arg(required_unless_present = "rules")]
    base: Option<PathBuf>,
    /// The document of the server that it talks to.
    #[arg(required_unless_present = "rules")]
    revision: Option<PathBuf>,
    /// How to write it down.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// What makes the command end with 4: anything at all, a verdict other than `unchanged`, or
    /// only `breaking`.
    #[arg(long, value_enum, default_value_t = FailOn::Compatible, value_name = "LEVEL")]
    fail_on: FailOn,
    /// Other levels, and accepted changes, each with a reason and an end.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Write the reference page of all rules instead.
    #[arg(long, exclusive = true)]
    rules: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people; coloured on a terminal.
    Text,
    /// For programs.
    Json,
    /// For a pull request.
    Markdown,
    /// Annotations of a GitHub workflow.
    Github,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FailOn {
    Any,
    Compatible,
    Breaking,
    Never,
}

impl FailOn {
    pub(super) fn fails(self, comparison: &Comparison) -> bool {
        let levels = [Level::Breaking, Level::Compatible, Level::Info];
        match self {
            Self::Any => levels.iter().any(|level| comparison.count(*level) > 0),
            Self::Compatible => comparison.verdict() >= Verdict::Compatible,
            Self::Breaking => comparison.verdict() == Verdict::Breaking,
            Self::Never => false,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Ending {
    Ending::of(attempt(arguments))
}

fn attempt(arguments: &Arguments) -> Result<Ending, Error> {
    let (Some(base), Some(revision)) = (&arguments.base, &arguments.revision) else {
        print!("{}", format::reference());
        return Ok(Ending::Fine);
    };
    let (base, revision) = (gather(base)?, gather(revision)?);
    let mut comparison = compare(&base, &revision);
    apply(arguments.policy.as_deref(), &mut comparison)?;
    match arguments.format {
        Format::Text => anstream::print!("{}", format::text(&comparison)),
        Format::Json => print!("{}", format::json(&comparison)),
        Format::Markdown => print!("{}", format::markdown(&comparison)),
        Format::Github => print!("{}", format::github(&comparison)),
    }
    match arguments.fail_on.fails(&comparison) {
        true => Ok(Ending::Stale),
        false => Ok(Ending::Fine),
    }
}

/// Applies a policy as it stands today, and says what is to be said of its entries.
pub(super) fn apply(policy: Option<&Path>, comparison: &mut Comparison) -> Result<(), Error> {
    let Some(path) = policy else {
        return Ok(());
    };
    let source = read(path)?;
    let policy = Policy::parse(&source)?;
    let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let day = today.split('T').next().unwrap_or_default();
    tell(&policy.apply(comparison, &source, day));
    Ok(())
}

/// A document and the files that it refers to, which are looked for from where it is.
fn gather(path: &Path) -> Result<Files, Error> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let files = Files::gather(&read(path)?, &|file| read(&directory.join(file)).ok())?;
    tell(files.unread());
    Ok(files)
}

fn read(path: &Path) -> Result<Source, Error> {
    Source::read(path, path.display().to_string())
}
