//! `xoxoday import`.

use super::arguments;
use super::exit::Exit;
use super::report::Report;
use super::typed;
use crate::error::Error;
use crate::rotation::{Account, Seed};
use crate::stored::{Import, StoredTokens};
use crate::vars;

pub(super) async fn perform(arguments: &arguments::Import) -> Result<Report, Error> {
    let tokens = StoredTokens::from_env()?;
    let (seed, source) = seed(arguments.stdin)?;
    let imported = match arguments.replace {
        true => tokens.replace(&seed).await,
        false => tokens.import(&seed).await,
    };
    let report = match imported {
        Ok(imported) => told(imported, source, &tokens),
        Err(error) => Report::of_error(&error),
    };
    Ok(report.about(tokens.account()))
}

/// Where the tokens came from: a stale variable is easily overlooked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Variables,
    Input,
}

fn seed(only_stdin: bool) -> Result<(Seed, Source), Error> {
    let in_variables = match only_stdin {
        true => None,
        false => vars::seed(|name| std::env::var_os(name))?,
    };
    match in_variables {
        Some(seed) => Ok((seed, Source::Variables)),
        None => Ok((typed::seed()?, Source::Input)),
    }
}

fn told(imported: Import, source: Source, tokens: &StoredTokens) -> Report {
    let whose: &Account = tokens.account();
    match imported {
        Import::Taken { generation } => Report::new(
            Exit::Fine,
            format!("imported: the tokens of {whose} are stored (generation {generation})"),
        )
        .with("outcome", "taken")
        .with("generation", generation),
        Import::AlreadyThere { generation } => {
            let hint = match source {
                Source::Variables => {
                    "\nThey came from XOXODAY_REFRESH_TOKEN; to give others, use --stdin."
                }
                Source::Input => "",
            };
            let text = format!(
                "already there: these tokens were brought in before, and the store holds\nthem or their successors (generation {generation}); nothing was changed{hint}"
            );
            Report::new(Exit::Fine, text)
                .with("outcome", "already_there")
                .with("generation", generation)
        }
        Import::LeftAlone { generation } => Report::new(Exit::Failed, "")
            .complaining(
                "left_alone",
                format!(
                    "the store holds other tokens, which work (generation {generation}); nothing was changed. If they are to be given up for the new ones, use --replace"
                ),
            )
            .with("outcome", "left_alone")
            .with("generation", generation),
    }
}
