//! `xoxoday validate`.

use serde_json::json;
use xoxoday_api::number::EpochMillis;

use super::exit::Exit;
use super::report::Report;
use super::stop::Stop;
use super::words;
use crate::builder::Builder;
use crate::error::Error;
use crate::rotation::clock::{after, until};
use crate::rotation::{Clock as _, SystemClock};

pub(super) async fn perform() -> Result<Report, Error> {
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => return Ok(Report::failed(format!("no signals: {error}"))),
    };
    let builder = Builder::from_env()?;
    let account = builder.account();
    let xoxoday = builder.build().await?;
    let validity = stop
        .only_after(async {
            let validity = xoxoday.tokens().validate().await;
            xoxoday.shutdown().await;
            validity
        })
        .await;
    let validity = match validity {
        Ok(validity) => validity,
        Err(error) => return Ok(Report::of_error(&error).about(&account)),
    };
    let now = SystemClock.now();
    let access_ends = match validity.expires_in {
        Some(lifetime) => Some(after(now, lifetime)),
        None => validity.access_expires_at,
    };
    let lives = access_ends.map_or("for how long is not said".to_owned(), |end| {
        format!("for {}", words::span(until(now, end)))
    });
    let generation = xoxoday.tokens().status().generation;
    let text = format!("the access token is good, {lives} (generation {generation})");
    let token = |end: Option<EpochMillis>| {
        json!({
            "ends_at": end.map(words::moment),
            "left_seconds": end.map(|end| until(now, end).as_secs()),
        })
    };
    Ok(Report::new(Exit::Fine, text)
        .about(&account)
        .with("generation", generation)
        .with("access_token", token(access_ends))
        .with("refresh_token", token(validity.refresh_expires_at)))
}
