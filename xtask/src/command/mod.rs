//! What the subcommands do, and what they say while they do it.

pub(crate) mod bench;
pub(crate) mod ci;
pub(crate) mod drift;
pub(crate) mod generate;
pub(crate) mod public_api;
pub(crate) mod upstream;

use std::path::PathBuf;
use std::process::ExitCode;

use xtask::{Error, Finding};

/// Why a command ended; the exit codes are part of its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Fine,
    Failed,
    Stale,
}

impl Ending {
    /// An error is told, and ends the command.
    pub(crate) fn of(attempt: Result<Self, Error>) -> Self {
        attempt.unwrap_or_else(|error| {
            eprintln!("{error}");
            Self::Failed
        })
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Fine => Self::SUCCESS,
            Ending::Failed => Self::from(1),
            Ending::Stale => Self::from(4),
        }
    }
}

/// The workspace, wherever the command was started.
pub(crate) fn workspace() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or(manifest.clone(), PathBuf::from)
}

/// A line as cargo writes them.
pub(crate) fn status(what: &str, rest: impl std::fmt::Display) {
    eprintln!("{what:>12} {rest}");
}

pub(crate) fn tell(findings: &[Finding]) {
    for finding in findings {
        eprintln!("{finding}\n");
    }
}
