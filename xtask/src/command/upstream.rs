//! `cargo xtask upstream`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use url::Url;
use xtask::upstream::{
    Checked, Kind, Reading, Records, address, check, fetch, plan, read_pages, report,
};
use xtask::{Error, Finding, Ledger, Place, Source, Upstream};

use super::drift::{FailOn, Format};
use super::{Ending, status, workspace};

const PAGES: &str = "openapi/pages";

/// Compare what upstream publishes with what was taken from it.
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    Check(CheckArguments),
    Pull(PullArguments),
}

/// Where the pages are; without either, where the index in openapi/upstream.toml says.
#[derive(Debug, Args)]
struct Pages {
    /// A directory of pages that were read before.
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    pages: Option<PathBuf>,
    /// Another index than the one on record; what else is on record of addresses does not count.
    #[arg(long, value_parser = address)]
    url: Option<Url>,
    /// How long to wait for each answer.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "20s")]
    timeout: Duration,
}

/// Compare the published pages with the document, the records and the ledger.
///
/// Reads the pages, puts the document together from the slices on them, and says what has changed
/// since it was pulled, and what is wrong with the pages themselves: slices that disagree, missing
/// and moved pages, new operations, and property tables that contradict the schema without a row in
/// openapi/ledger.toml.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  nothing that --fail-on names
  1  a page could not be read, or the document or a record was refused
  2  wrong usage
  4  drifted: something that --fail-on names, or something is wrong with the pages")]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pages: Pages,
    /// How to write it down.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// What change of the document makes the command end with 4: anything at all, a verdict other
    /// than `unchanged`, or only `breaking`. What is wrong with the pages always does, but for
    /// `never`.
    #[arg(long, value_enum, default_value_t = FailOn::Compatible, value_name = "LEVEL")]
    fail_on: FailOn,
    /// Other levels, and accepted changes of the document, each with a reason and an end.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Take over what is published.
///
/// Does what `check` does, then writes the pages (openapi/pages), the document that was put together
/// from them, and openapi/upstream.toml. What has not changed stays as it is, byte for byte. Nothing
/// is written if a page could not be read, or the pages contradict each other.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  it is written, or there was nothing to write
  1  a page could not be read, the document or a record was refused, or nothing could be written
  2  wrong usage
  4  something on the pages must be settled first; nothing was written")]
pub(crate) struct PullArguments {
    #[command(flatten)]
    pages: Pages,
}

pub(crate) fn run(arguments: &Arguments) -> Ending {
    Ending::of(match arguments {
        Arguments::Check(arguments) => attempt(arguments),
        Arguments::Pull(arguments) => pull(arguments),
    })
}

/// The pages at hand against the document and the ledger: what CI can check without a network.
pub(crate) fn check_offline() -> Ending {
    Ending::of(records().and_then(|records| {
        let reading = read_pages(&workspace().join(PAGES), PAGES)?;
        let checked = check(&reading, &records)?;
        show(&checked, Format::Text);
        Ok(ending(&checked, FailOn::Any))
    }))
}

fn attempt(arguments: &CheckArguments) -> Result<Ending, Error> {
    let (records, reading) = read(&arguments.pages)?;
    let mut checked = check(&reading, &records)?;
    if let Some(comparison) = &mut checked.comparison {
        super::drift::apply(arguments.policy.as_deref(), comparison)?;
    }
    show(&checked, arguments.format);
    Ok(ending(&checked, arguments.fail_on))
}

fn pull(arguments: &PullArguments) -> Result<Ending, Error> {
    let (records, reading) = read(&arguments.pages)?;
    let checked = check(&reading, &records)?;
    show(&checked, Format::Text);
    let is_published = arguments.pages.pages.is_none() && arguments.pages.url.is_none();
    let plan = match plan(&checked, &reading, &records, is_published) {
        Ok(plan) => plan,
        Err(finding) => {
            status(
                "Left",
                format!("all as it was, because of {}", finding.place),
            );
            return Ok(match checked.is_unreadable() {
                true => Ending::Failed,
                false => Ending::Stale,
            });
        }
    };
    let done = plan.carry_out(&workspace().join("openapi"))?;
    for name in &done {
        status("Wrote", format!("openapi/{name}"));
    }
    if done.is_empty() {
        status("Fresh", "openapi");
        return Ok(Ending::Fine);
    }
    status(
        "Next",
        "read what has changed: above, and in `git diff openapi`",
    );
    status(
        "",
        "run `cargo xtask generate`; mend openapi/overlay.yaml where it no longer fits",
    );
    if checked
        .found
        .iter()
        .any(|it| matches!(it.kind, Kind::ProseContradicts | Kind::LedgerIdle))
    {
        status(
            "",
            "settle in openapi/ledger.toml what the prose contradicts",
        );
    }
    status("", "run `cargo xtask ci`, and commit it all together");
    Ok(Ending::Fine)
}

fn read(pages: &Pages) -> Result<(Records, Reading), Error> {
    let mut records = records()?;
    if let Some(dir) = &pages.pages {
        return Ok((records, read_pages(dir, &dir.display().to_string())?));
    }
    let index = match &pages.url {
        Some(url) => {
            for page in &mut records.upstream.pages {
                page.url = None;
            }
            url.clone()
        }
        None => address(&records.upstream.index).map_err(|what| {
            let place = Place::file(&records.upstream_source.name);
            Finding::refusal(place, format!("the index: {what}"), "")
        })?,
    };
    let progress = |address: &str| status("Reading", address);
    let reading = fetch(&index, &records.upstream, pages.timeout, &progress);
    Ok((records, reading))
}

fn records() -> Result<Records, Error> {
    let root = workspace();
    let read = |name: &str| Source::read(&root.join(name), name);
    let upstream_source = read("openapi/upstream.toml")?;
    let ledger_source = read("openapi/ledger.toml")?;
    let upstream = Upstream::parse(&upstream_source)?;
    let ledger = Ledger::parse(&ledger_source)?;
    let document = read(&format!("openapi/{}", upstream.document.file))?;
    Ok(Records {
        upstream,
        upstream_source,
        document,
        ledger,
        ledger_source,
    })
}

fn show(checked: &Checked, format: Format) {
    match format {
        Format::Text => anstream::print!("{}", report::text(checked)),
        Format::Json => print!("{}", report::json(checked)),
        Format::Markdown => print!("{}", report::markdown(checked)),
        Format::Github => print!("{}", report::github(checked)),
    }
}

fn ending(checked: &Checked, fail_on: FailOn) -> Ending {
    if checked.is_unreadable() {
        return Ending::Failed;
    }
    let drifted = checked
        .comparison
        .as_ref()
        .is_some_and(|it| fail_on.fails(it));
    let is_wrong = match fail_on {
        FailOn::Never => false,
        FailOn::Any => !checked.found.is_empty(),
        FailOn::Compatible | FailOn::Breaking => checked.found.iter().any(|it| !it.is_note()),
    };
    match drifted || is_wrong {
        true => Ending::Stale,
        false => Ending::Fine,
    }
}
