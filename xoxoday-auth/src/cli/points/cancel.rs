//! `xoxoday points cancel`.

use std::path::Path;

use serde_json::{Value, json};

use super::{as_json, counted, lines, listen, usage, with};
use crate::builder::Builder;
use crate::bulk::Bulk;
use crate::cli::arguments::Cancel;
use crate::cli::exit::Exit;
use crate::cli::report::Report;
use crate::client::Xoxoday;
use crate::error::Error;
use crate::points::CancelledPoints;

pub(super) async fn perform(arguments: &Cancel) -> Result<Report, Error> {
    let mut stop = listen()?;
    let builder = Builder::from_env()?;
    let account = builder.account();
    let xoxoday = builder.build().await?;
    let cancelling = with(&xoxoday, async {
        match &arguments.ledger {
            Some(ledger) => of_ledger(&xoxoday, ledger).await,
            None if arguments.ids.is_empty() => Err(usage("give transaction ids, or --ledger")),
            None => Ok(by_ids(&xoxoday, &arguments.ids).await),
        }
    });
    Ok(stop.only_after(cancelling).await?.about(&account))
}

async fn by_ids(xoxoday: &Xoxoday, ids: &[i64]) -> Report {
    let cancelled = xoxoday.points().cancel(ids.iter().copied()).await;
    let (report, told) = match &cancelled {
        Ok(told) => {
            let count = counted(told.results.len() as u64, "issuance");
            (
                Report::new(Exit::Fine, format!("{count} cancelled")),
                Some(told),
            )
        }
        Err(error) => (Report::of_error(error), error.cancelled()),
    };
    report.with("issuances", told.map(as_list).unwrap_or_default())
}

fn as_list(told: &CancelledPoints) -> Value {
    let each = told.results.iter().map(|result| {
        json!({
            "transaction_id": result.transaction.get(),
            "cancelled": result.cancelled,
            "message": result.message,
        })
    });
    each.collect()
}

async fn of_ledger(xoxoday: &Xoxoday, ledger: &Path) -> Result<Report, Error> {
    let mut bulk = Bulk::open(ledger)?;
    let cancelled = bulk.cancel(xoxoday).await;
    let totals = bulk.totals();
    let report = match cancelled {
        Ok(count) => {
            let text = format!("{} cancelled\n{}", counted(count, "row"), lines(&totals));
            Report::new(Exit::Fine, text)
        }
        Err(error) => Report::of_error(&error).saying(lines(&totals)),
    };
    Ok(report.with("totals", as_json(&totals)))
}
