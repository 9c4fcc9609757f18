//! `xoxoday points resolve`.

use std::fs::File;

use super::{as_json, counted, lines, usage};
use crate::bulk::{Bulk, Resolution};
use crate::cli::arguments::Resolve;
use crate::cli::exit::Exit;
use crate::cli::report::Report;
use crate::error::Error;

pub(super) fn perform(arguments: &Resolve) -> Result<Report, Error> {
    let mut bulk = Bulk::open(&arguments.ledger)?;
    let said = match (arguments.credited, arguments.not_sent) {
        (true, false) => Some(Resolution::Credited),
        (false, true) => Some(Resolution::NotSent),
        _ => None,
    };
    let changed = match (&arguments.file, arguments.row, said) {
        (Some(path), None, None) => {
            let file = File::open(path);
            let file = file.map_err(|error| Error::input(path.display(), error))?;
            bulk.resolve_by_file(file)?
        }
        (None, Some(row), Some(said)) => bulk.resolve_all([(row, said)])?,
        _ => return Err(usage("give --row with --credited or --not-sent, or --file")),
    };
    let totals = bulk.totals();
    let text = format!("{} resolved\n{}", counted(changed, "row"), lines(&totals));
    Ok(Report::new(Exit::Fine, text)
        .with("resolved", changed)
        .with("totals", as_json(&totals)))
}
