//! `xoxoday rotate`.

use std::time::Duration;

use super::arguments;
use super::exit::Exit;
use super::report::Report;
use super::stop::Stop;
use crate::builder::Builder;
use crate::client::Xoxoday;
use crate::error::Error;
use crate::stored::StoredTokens;
use crate::tokens::{Rotation, Status};

const PATIENCE: Duration = Duration::from_secs(60 * 60);

pub(super) async fn perform(arguments: &arguments::Rotate) -> Result<Report, Error> {
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => return Ok(Report::failed(format!("no signals: {error}"))),
    };
    // A rotation has deadlines of its own.
    let builder = Builder::from_env()?.total_timeout(PATIENCE);
    let mut builder = builder.without_jitter();
    if let Some(age) = arguments.if_older_than {
        builder = builder.rotation_at_most(age);
    }
    let account = builder.account();
    let xoxoday = builder.build().await?;
    let before = xoxoday.tokens().status();
    let rotation = stop
        .only_after(rotate(&xoxoday, arguments.if_older_than.is_some()))
        .await;
    let after = xoxoday.tokens().status();
    let generation = after.generation;
    let report = match rotation {
        Ok(rotation) => told(rotation, generation),
        Err(error) if lost_the_answer(&before, &after) => Report::of_error(&error)
            .ending(Exit::OutcomeUnknown)
            .complaining(
                "outcome_unknown",
                format!("{error}. Nobody knows whether the refresh token is spent; the tokens at hand serve on, and the next rotation presents it again"),
            ),
        Err(error) => rescued(Report::of_error(&error)).await,
    };
    Ok(report.about(&account).with("generation", generation))
}

async fn rotate(xoxoday: &Xoxoday, only_if_due: bool) -> Result<Rotation, Error> {
    let tokens = xoxoday.tokens();
    let rotation = match only_if_due {
        true => tokens.rotate_if_due().await,
        false => tokens.rotate().await,
    };
    xoxoday.shutdown().await;
    rotation
}

fn told(rotation: Rotation, generation: u64) -> Report {
    let (word, text) = match rotation {
        Rotation::Rotated => ("rotated", "rotated: new tokens are stored"),
        Rotation::Adopted => ("adopted", "another process had brought new tokens"),
        Rotation::StillFresh => ("still_fresh", "not due: the tokens are fresh"),
    };
    Report::new(Exit::Fine, format!("{text} (generation {generation})")).with("outcome", word)
}

/// Whether this very rotation presented the token and heard nothing.
fn lost_the_answer(before: &Status, after: &Status) -> bool {
    let presentations = |status: &Status| {
        let open = status.open_attempt;
        open.map_or(0, |attempt| attempt.presentations)
    };
    presentations(after) > presentations(before)
}

/// New tokens that the store did not take are not lost.
pub(super) async fn rescued(report: Report) -> Report {
    let stored = match StoredTokens::from_env() {
        Ok(tokens) => tokens.rescued(),
        Err(_) => None,
    };
    match stored {
        Some(rescued) => {
            let text = format!(
                "the newest tokens (generation {}) wait in {}: mend the store, and they are brought into it",
                rescued.generation,
                rescued.path.display()
            );
            report.ending(Exit::Degraded).complaining("unsaved", text)
        }
        None => report,
    }
}
