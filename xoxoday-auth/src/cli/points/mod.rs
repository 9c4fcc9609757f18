//! `xoxoday points`.

mod cancel;
mod confirm;
mod many;
mod one;
mod resolve;
mod watch;

use serde_json::{Value, json};

use super::arguments::{self, PointsCommand};
use super::exit::Exit;
use super::report::Report;
use super::stop::Stop;
use crate::builder::Builder;
use crate::bulk::{Count, Ended, Totals};
use crate::client::Xoxoday;
use crate::error::{Error, ErrorKind};

pub(super) async fn perform(command: &PointsCommand, json: bool) -> Result<Report, Error> {
    match command {
        PointsCommand::Balance(arguments) => balance(arguments).await,
        PointsCommand::Send(arguments) => match (&arguments.to, &arguments.file) {
            (Some(to), None) => one::send(arguments, to).await,
            (_, Some(file)) => many::send(arguments, file, json).await,
            (None, None) => Err(usage("give --to and --amount, or --file and --ledger")),
        },
        PointsCommand::Resolve(arguments) => resolve::perform(arguments),
        PointsCommand::Cancel(arguments) => cancel::perform(arguments).await,
    }
}

async fn balance(arguments: &arguments::Balance) -> Result<Report, Error> {
    let (mut stop, builder) = (listen()?, Builder::from_env()?);
    let account = builder.account();
    let xoxoday = builder.build().await?;
    let asked = with(&xoxoday, async {
        let points = xoxoday.points();
        match (&arguments.email, &arguments.phone) {
            (Some(email), _) => points.balance(email).await,
            (None, Some(phone)) => points.balance_by_phone(phone).await,
            (None, None) => Err(usage("give an address, or --phone")),
        }
    });
    let report = match stop.only_after(asked).await {
        Ok(points) => {
            Report::new(Exit::Fine, format!("{points} points")).with("points", points.to_string())
        }
        Err(error) => Report::of_error(&error),
    };
    Ok(report.about(&account))
}

/// Ends with a rotation that has begun saved.
async fn with<T>(xoxoday: &Xoxoday, work: impl Future<Output = T>) -> T {
    let done = work.await;
    xoxoday.shutdown().await;
    done
}

fn listen() -> Result<Stop, Error> {
    Stop::listen()
        .map_err(|error| Error::new(ErrorKind::Unavailable, format!("no signals: {error}")))
}

fn usage(message: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, message)
}

fn as_json(totals: &Totals) -> Value {
    json!({
        "pending": count_as_json(totals.pending),
        "credited": count_as_json(totals.credited),
        "failed": count_as_json(totals.failed),
        "unknown": count_as_json(totals.unknown),
        "cancelled": count_as_json(totals.cancelled),
    })
}

/// Points are text, so that no digit is lost.
fn count_as_json(count: Count) -> Value {
    json!({"rows": count.rows, "points": count.points.to_string()})
}

/// The word for how it ended, in JSON.
fn outcome(ended: &Ended) -> &'static str {
    match ended {
        Ended::Done => "done",
        Ended::Stopped => "stopped",
        Ended::Halted(_) => "halted",
    }
}

/// `1 row`, `7 rows`.
fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Lines for the rows by what became of them; of none, no line.
fn lines(totals: &Totals) -> String {
    let all = [
        ("credited", totals.credited),
        ("cancelled", totals.cancelled),
        ("failed", totals.failed),
        ("unknown", totals.unknown),
        ("pending", totals.pending),
    ];
    let some = all.into_iter().filter(|(_, count)| count.rows > 0);
    let lines: Vec<_> = some
        .map(|(name, count)| {
            format!(
                "{name:<10} {}, {} points",
                counted(count.rows, "row"),
                count.points
            )
        })
        .collect();
    lines.join("\n")
}
