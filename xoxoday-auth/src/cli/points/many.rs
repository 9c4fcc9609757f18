//! `xoxoday points send --file`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::confirm::{confirm, intention};
use super::watch::Watch;
use super::{as_json, counted, lines, listen, outcome, usage, with};
use crate::builder::Builder;
use crate::bulk::{Bulk, Ended, Input, Order, Pace, Summary, Totals, fresh, sibling};
use crate::cli::arguments::Send;
use crate::cli::exit::Exit;
use crate::cli::report::Report;
use crate::error::Error;
use crate::rotation::Account;

pub(super) async fn send(arguments: &Send, file: &Path, json: bool) -> Result<Report, Error> {
    let builder = Builder::from_env()?;
    let account = builder.account();
    let order = order(arguments, account.clone())?;
    check_report(arguments, file)?;
    if arguments.dry_run {
        return dry_run(arguments, &order, file, &account);
    }
    let ledger = arguments.ledger.as_deref();
    let ledger = ledger.ok_or_else(|| usage("where to keep what was sent: give --ledger"))?;
    let begun = match is_there(ledger) {
        true => Some(Bulk::load(ledger, &order, rows(file)?)?),
        false => None,
    };
    // Before a ledger is begun: who does not confirm leaves nothing behind.
    let pending = match &begun {
        Some(bulk) => bulk.totals().pending,
        None => order.check(rows(file)?)?,
    };
    if pending.rows > 0 {
        let intention = intention(&account, &arguments.sender, pending);
        confirm(arguments.yes, &intention, "send")?;
    }
    // From here on a signal ends the send and not the process.
    let mut stop = listen()?;
    let xoxoday = builder.build().await?;
    let mut bulk = match begun {
        Some(bulk) => bulk,
        None => Bulk::load(ledger, &order, rows(file)?)?,
    };
    if bulk.totals().pending != pending {
        let what = format!(
            "{} has changed since it was confirmed: nothing was sent",
            file.display()
        );
        return Err(usage(&what));
    }
    let pace = match arguments.batch {
        Some(rows) => Pace::default().batch(rows.into()),
        None => Pace::default(),
    };
    let mut watch = Watch::new(json);
    let run = bulk.run(&xoxoday, &pace, stop.asked(), |progress| {
        watch.see(progress);
    });
    let summary = with(&xoxoday, run).await;
    watch.end();
    // A ledger that failed may still be read.
    let reported = match &arguments.report {
        Some(path) => reported(&bulk, path),
        None => Ok(()),
    };
    let report = told(&summary?).with("ledger", ledger.display().to_string());
    let report = match reported {
        Ok(()) => report,
        Err(error) if report.exit() == Exit::Fine => report
            .ending(Exit::Failed)
            .complaining("failed", error.to_string()),
        Err(error) => report.saying_too(error.to_string()),
    };
    Ok(report.about(&account))
}

/// A report must not take the place of what it is about.
fn check_report(arguments: &Send, file: &Path) -> Result<(), Error> {
    let Some(report) = &arguments.report else {
        return Ok(());
    };
    let same = |other: &Path| {
        let [one, other] = [report.as_path(), other].map(std::fs::canonicalize);
        matches!((one, other), (Ok(one), Ok(other)) if one == other)
    };
    let ledger = arguments.ledger.as_deref();
    let lock = ledger.map(|ledger| sibling(ledger, "lock"));
    let taken = [Some(file), ledger, lock.as_deref()];
    match taken
        .into_iter()
        .flatten()
        .any(|other| same(other) || report == other)
    {
        true => Err(usage(
            "--report: give it a file of its own; nothing was sent",
        )),
        false => Ok(()),
    }
}

fn order(arguments: &Send, account: Account) -> Result<Order, Error> {
    let mut order = Order::of(account, &arguments.sender)?;
    if let Some(months) = arguments.expiry_months {
        order = order.expiry_months(months)?;
    }
    Ok(match arguments.allow_duplicates {
        true => order.allow_duplicates(),
        false => order,
    })
}

/// They are read more than once: before anybody is asked, and when they are sent.
fn rows(path: &Path) -> Result<Input<BufReader<File>>, Error> {
    let is_file = std::fs::metadata(path).map(|it| it.is_file());
    if !is_file.map_err(|error| Error::input(path.display(), error))? {
        return Err(usage("--file: expected a file, and no pipe"));
    }
    let input = File::open(path).and_then(|file| Input::of_either(BufReader::new(file)));
    input.map_err(|error| Error::input(path.display(), error))
}

fn is_there(ledger: &Path) -> bool {
    // One that cannot be looked at is found out when it is opened.
    ledger.try_exists().unwrap_or(true)
}

fn dry_run(
    arguments: &Send,
    order: &Order,
    file: &Path,
    account: &Account,
) -> Result<Report, Error> {
    let totals = match &arguments.ledger {
        Some(ledger) if is_there(ledger) => {
            let bulk = Bulk::load(ledger, order, rows(file)?)?;
            if let Some(path) = &arguments.report {
                reported(&bulk, path)?;
            }
            bulk.totals()
        }
        _ => Totals {
            pending: order.check(rows(file)?)?,
            ..Totals::default()
        },
    };
    let intention = intention(account, &arguments.sender, totals.pending);
    let text = format!("dry run: {intention}\n{}", lines(&totals));
    Ok(Report::new(Exit::Fine, text)
        .with("outcome", "dry_run")
        .with("totals", as_json(&totals))
        .about(account))
}

/// Whole or not at all, and for its owner alone: names and addresses are in it.
fn reported(bulk: &Bulk, path: &Path) -> Result<(), Error> {
    let unwritten = |error: std::io::Error| Error::input(path.display(), error);
    let unfinished = sibling(path, "new");
    bulk.report(fresh(&unfinished).map_err(unwritten)?)?;
    std::fs::rename(&unfinished, path).map_err(unwritten)
}

/// What is unknown comes first: a person must look at it, whatever else is.
fn told(summary: &Summary) -> Report {
    let totals = &summary.totals;
    let report = match &summary.ended {
        Ended::Done => Report::new(Exit::Fine, lines(totals)),
        Ended::Stopped => Report::new(Exit::Degraded, lines(totals)),
        Ended::Halted(error) => Report::of_error(error).saying(lines(totals)),
    };
    let (failed, unknown) = (totals.failed.rows, totals.unknown.rows);
    let report = match (&summary.ended, unknown, failed) {
        (Ended::Halted(_), 0, _) => report,
        (Ended::Halted(error), ..) => report
            .ending(Exit::OutcomeUnknown)
            .complaining("outcome_unknown", format!("{}; {error}", look(unknown))),
        (_, 1.., _) => report
            .ending(Exit::OutcomeUnknown)
            .complaining("outcome_unknown", look(unknown)),
        (Ended::Stopped, ..) => report.complaining(
            "stopped",
            "told to stop: the rest is pending; the same command goes on with it",
        ),
        (_, _, 1..) => report.ending(Exit::Failed).complaining(
            "refused",
            format!("{} refused: --report FILE says why", counted(failed, "row")),
        ),
        _ => report,
    };
    report
        .with("outcome", outcome(&summary.ended))
        .with("totals", as_json(totals))
}

fn look(unknown: u64) -> String {
    format!(
        "nobody knows whether {} were credited: look at the balances and give your word with xoxoday points resolve; --report FILE lists them",
        counted(unknown, "row")
    )
}
