//! `cargo xtask public-api`.

use std::collections::BTreeMap;

use clap::Args;
use xtask::{Error, Outcome};

use super::{Ending, status, workspace};

/// The crates that are published.
const CRATES: [&str; 2] = ["xoxoday-api", "xoxoday-auth"];
const FILE: &str = "public-api.txt";

/// List what the published crates show to their users.
///
/// Every public item, member and implementation is a line of public-api.txt beside the crate's
/// manifest, so that a change which users will notice is seen in a review.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  all is well
  1  a source could not be read or is not understood
  2  wrong usage
  4  with --check: a listing is not up to date; the diffs are on stdout")]
pub(crate) struct Arguments {
    /// Write nothing; show how the listings differ from the sources.
    #[arg(long)]
    check: bool,
}

impl Arguments {
    pub(crate) fn check() -> Self {
        Self { check: true }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Ending {
    Ending::of(attempt(arguments))
}

fn attempt(arguments: &Arguments) -> Result<Ending, Error> {
    let mut ending = Ending::Fine;
    for name in CRATES {
        let dir = workspace().join(name);
        let listing = xtask::public_api(&dir.join("src/lib.rs"), &name.replace('-', "_"))?;
        let files = BTreeMap::from([(FILE.to_owned(), listing)]);
        let shown = format!("{name}/{FILE}");
        if !arguments.check {
            for (_, outcome) in xtask::write(&dir, &files)? {
                let what = if outcome == Outcome::Wrote {
                    "Wrote"
                } else {
                    "Fresh"
                };
                status(what, &shown);
            }
            continue;
        }
        let diffs = xtask::diffs(&dir, name, &files)?;
        diffs.iter().for_each(|diff| print!("{diff}"));
        if diffs.is_empty() {
            status("Fresh", shown);
        } else {
            status(
                "Stale",
                format!("{shown}: run `cargo xtask public-api`, and read what it changes"),
            );
            ending = Ending::Stale;
        }
    }
    Ok(ending)
}
