//! What a package puts beside the command: completions and man pages.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::arguments::Arguments;
use super::exit::Exit;
use super::report::Report;
use crate::error::Error;

pub(super) fn completions(shell: Shell) -> Report {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(shell, &mut command, "xoxoday", &mut script);
    let script = String::from_utf8_lossy(&script);
    Report::new(Exit::Fine, script.trim_end()).with("script", &*script)
}

pub(super) fn man_pages(directory: &Path) -> Result<Report, Error> {
    let written = clap_mangen::generate_to(Arguments::command(), directory);
    written.map_err(|error| Error::input(directory.display(), error))?;
    let place = directory.display().to_string();
    Ok(Report::new(Exit::Fine, format!("man pages written to {place}")).with("directory", place))
}
