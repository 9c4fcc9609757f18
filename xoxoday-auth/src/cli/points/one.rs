//! `xoxoday points send --to`.

use super::confirm::{confirm, intention};
use super::{listen, usage, with};
use crate::builder::Builder;
use crate::bulk::{Count, Order};
use crate::cli::arguments::Send;
use crate::cli::exit::Exit;
use crate::cli::report::Report;
use crate::error::Error;
use crate::points::{Recipient, SentPoints};

pub(super) async fn send(arguments: &Send, to: &str) -> Result<Report, Error> {
    let amount = arguments.amount.as_deref();
    let amount = amount.ok_or_else(|| usage("how many points: give --amount"))?;
    let mut recipient = Recipient::new(to, amount)?;
    if let Some(name) = &arguments.name {
        recipient = recipient.name(name);
    }
    if let Some(citation) = &arguments.citation {
        recipient = recipient.citation(citation);
    }
    let builder = Builder::from_env()?;
    let account = builder.account();
    let mut order = Order::of(account.clone(), &arguments.sender)?;
    if let Some(months) = arguments.expiry_months {
        order = order.expiry_months(months)?;
    }
    let count: Count = order.check([Ok(recipient.clone())])?;
    let intention = intention(&account, &arguments.sender, count);
    if arguments.dry_run {
        let report = Report::new(Exit::Fine, format!("dry run: {intention}"));
        return Ok(told(report, "dry_run", None, count).about(&account));
    }
    confirm(arguments.yes, &intention, "send")?;

    let mut stop = listen()?;
    let xoxoday = builder.build().await?;
    let mut send = xoxoday.points().send_from(&arguments.sender).to(recipient);
    if let Some(months) = arguments.expiry_months {
        send = send.expiry_months(months);
    }
    let report = match stop.only_after(with(&xoxoday, send.send())).await {
        Ok(sent) => {
            let transaction = transaction(&sent);
            let by = match transaction {
                Some(id) => format!(" as transaction {id}"),
                None => "; the answer gives no id to cancel it by".to_owned(),
            };
            let text = format!("credited: {} points to {to}{by}", count.points);
            told(
                Report::new(Exit::Fine, text),
                "credited",
                transaction,
                count,
            )
        }
        Err(error) => Report::of_error(&error),
    };
    Ok(report.about(&account))
}

fn transaction(sent: &SentPoints) -> Option<i64> {
    let id = sent.results.first().and_then(|result| result.transaction);
    id.map(|id| id.get())
}

fn told(report: Report, outcome: &str, transaction: Option<i64>, count: Count) -> Report {
    report
        .with("outcome", outcome)
        .with("transaction_id", transaction)
        .with("points", count.points.to_string())
}
