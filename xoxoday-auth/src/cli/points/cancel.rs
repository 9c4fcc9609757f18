//! `xoxoday points cancel`.

use serde_json::{Value, json};

use super::confirm::confirm;
use super::{as_json, counted, lines, listen, outcome, usage, with};
use crate::builder::Builder;
use crate::bulk::{Bulk, Ended, Summary};
use crate::cli::arguments::Cancel;
use crate::cli::exit::Exit;
use crate::cli::report::Report;
use crate::client::Xoxoday;
use crate::error::Error;
use crate::points::CancelledPoints;
use crate::rotation::Account;

pub(super) async fn perform(arguments: &Cancel) -> Result<Report, Error> {
    let builder = Builder::from_env()?;
    let account = builder.account();
    let bulk = match &arguments.ledger {
        Some(ledger) => Some(asked(Bulk::open(ledger)?, arguments.yes, &account)?),
        None if arguments.ids.is_empty() => {
            return Err(usage("give transaction ids, or --ledger"));
        }
        None => None,
    };
    let mut stop = listen()?;
    let xoxoday = builder.build().await?;
    let report = match bulk {
        Some(bulk) => with(&xoxoday, of_ledger(&xoxoday, bulk, stop.asked())).await,
        None => {
            let cancelling = by_ids(&xoxoday, &arguments.ids);
            stop.only_after(with(&xoxoday, cancelling)).await
        }
    };
    Ok(report.about(&account))
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

/// What is credited is about to be taken back from everybody.
fn asked(bulk: Bulk, yes: bool, account: &Account) -> Result<Bulk, Error> {
    let credited = bulk.totals().credited;
    if credited.rows > 0 {
        let intention = format!(
            "take {} points back from {}, into the wallet of {account}",
            credited.points,
            counted(credited.rows, "recipient")
        );
        confirm(yes, &intention, "cancel")?;
    }
    Ok(bulk)
}

async fn of_ledger(xoxoday: &Xoxoday, mut bulk: Bulk, stop: impl Future<Output = ()>) -> Report {
    let before = bulk.totals().cancelled.rows;
    let Summary { totals, ended, .. } = match bulk.cancel(xoxoday, stop).await {
        Ok(summary) => summary,
        Err(error) => {
            let totals = bulk.totals();
            let report = Report::of_error(&error).saying(lines(&totals));
            return report.with("totals", as_json(&totals));
        }
    };
    let count = counted(totals.cancelled.rows - before, "row");
    let text = format!("{count} cancelled\n{}", lines(&totals));
    let outcome = outcome(&ended);
    let report = match ended {
        Ended::Done => Report::new(Exit::Fine, text),
        Ended::Stopped => Report::new(Exit::Degraded, text).complaining(
            "stopped",
            "told to stop: the same command goes on with the rest",
        ),
        Ended::Halted(error) => Report::of_error(&error).saying(text),
    };
    report
        .with("outcome", outcome)
        .with("totals", as_json(&totals))
}
