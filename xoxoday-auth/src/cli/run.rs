//! `xoxoday run`.

use serde_json::{Value, json};

use super::exit::Exit;
use super::notify::notify;
use super::report::{Report, line};
use super::rotate::rescued;
use super::stop::Stop;
use super::words;
use crate::builder::Builder;
use crate::client::Xoxoday;
use crate::error::{Error, ErrorKind};
use crate::events::Event;

pub(super) async fn perform(json: bool) -> Report {
    let ended = kept_fresh(json).await;
    ended
        .unwrap_or_else(|error| Report::of_error(&error))
        .with("event", "stopped")
}

async fn kept_fresh(json: bool) -> Result<Report, Error> {
    // Before anything is said: who reads it may tell us to stop at once.
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => return Ok(Report::failed(format!("no signals: {error}"))),
    };
    let builder = Builder::from_env()?;
    let account = builder.account();
    let xoxoday = match builder.build().await {
        Ok(xoxoday) => xoxoday,
        Err(error) => return Ok(Report::of_error(&error).about(&account)),
    };
    // What was rescued may be the cure.
    xoxoday.shutdown().await;
    if let Some(error) = login_required(&xoxoday) {
        return Ok(Report::of_error(&error).about(&account));
    }
    // Not before: what it rotates is told, and does not stand in the way of a start.
    xoxoday.transport.rotator.keep_fresh();
    let told = Told { json };
    serve(&xoxoday, &mut stop, &told, &account.to_string()).await;
    notify("STOPPING=1");
    stop.only_after(xoxoday.shutdown()).await;
    let generation = xoxoday.tokens().status().generation;
    let report = match login_required(&xoxoday) {
        Some(error) => Report::of_error(&error),
        None => Report::new(
            Exit::Fine,
            format!("stopped: the tokens are stored (generation {generation})"),
        ),
    };
    // Waits for a rotation that has begun since.
    drop(xoxoday);
    let report = rescued(report).await;
    Ok(report.about(&account).with("generation", generation))
}

/// Returns when the process is told to stop.
async fn serve(xoxoday: &Xoxoday, stop: &mut Stop, told: &Told, account: &str) {
    let mut events = xoxoday.events();
    let tokens = xoxoday.tokens();
    tokio::select! {
        () = stop.asked() => return,
        // What failed has been logged, and is tried again by the clock.
        _ = tokens.rotate_if_due() => {}
    }
    let generation = tokens.status().generation;
    told.ready(account, generation);
    notify("READY=1");
    loop {
        tokio::select! {
            () = stop.asked() => return,
            event = events.next() => match event {
                Some(event) => told.event(&event),
                None => return,
            },
        }
    }
}

fn login_required(xoxoday: &Xoxoday) -> Option<Error> {
    let why = xoxoday.tokens().status().login_required?;
    let message = format!("{why}; take new tokens from the dashboard and bring them in");
    Some(Error::new(ErrorKind::LoginRequired, message))
}

/// What goes to standard output while the service runs. To people the log tells
/// the rest.
struct Told {
    json: bool,
}

impl Told {
    fn ready(&self, account: &str, generation: u64) {
        match self.json {
            true => line(&named("ready", json!({"generation": generation})).to_string()),
            false => line(&format!(
                "ready: keeping the tokens of {account} fresh (generation {generation})"
            )),
        }
    }

    fn event(&self, event: &Event) {
        if self.json {
            line(&as_json(event).to_string());
        }
    }
}

/// A line of JSON for each event.
fn as_json(event: &Event) -> Value {
    let (name, members) = match event {
        Event::Rotated { generation } => ("rotated", json!({"generation": generation})),
        Event::Adopted { generation } => ("adopted", json!({"generation": generation})),
        Event::Braked { until, why } => (
            "braked",
            json!({"until": words::moment(*until), "why": why}),
        ),
        Event::LoginRequired { why } => ("login_required", json!({"why": why})),
        Event::RefreshTokenEnding { ends_at } => (
            "refresh_token_ending",
            json!({"ends_at": words::moment(*ends_at)}),
        ),
        Event::SuccessorUnsaved { generation, why } => (
            "successor_unsaved",
            json!({"generation": generation, "why": why}),
        ),
        Event::SuccessorSaved { generation } => {
            ("successor_saved", json!({"generation": generation}))
        }
        Event::RotationFailed { why } => ("rotation_failed", json!({"why": why})),
        Event::Missed { count } => ("missed", json!({"count": count})),
    };
    named(name, members)
}

fn named(event: &str, mut members: Value) -> Value {
    members["command"] = "run".into();
    members["event"] = event.into();
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use xoxoday_api::number::EpochMillis;

    #[test]
    fn the_json_of_each_event_keeps_its_shape() {
        let generation = 7;
        let why = "why".to_owned();
        let moment = EpochMillis::new(0);
        for (event, expected) in [
            (
                Event::Rotated { generation },
                json!({"event": "rotated", "generation": 7}),
            ),
            (
                Event::Adopted { generation },
                json!({"event": "adopted", "generation": 7}),
            ),
            (
                Event::Braked {
                    until: moment,
                    why: why.clone(),
                },
                json!({"event": "braked", "until": "1970-01-01T00:00:00Z", "why": "why"}),
            ),
            (
                Event::LoginRequired { why: why.clone() },
                json!({"event": "login_required", "why": "why"}),
            ),
            (
                Event::RefreshTokenEnding { ends_at: moment },
                json!({"event": "refresh_token_ending", "ends_at": "1970-01-01T00:00:00Z"}),
            ),
            (
                Event::SuccessorUnsaved {
                    generation,
                    why: why.clone(),
                },
                json!({"event": "successor_unsaved", "generation": 7, "why": "why"}),
            ),
            (
                Event::SuccessorSaved { generation },
                json!({"event": "successor_saved", "generation": 7}),
            ),
            (
                Event::RotationFailed { why },
                json!({"event": "rotation_failed", "why": "why"}),
            ),
            (
                Event::Missed { count: 2 },
                json!({"event": "missed", "count": 2}),
            ),
        ] {
            let mut expected = expected;
            expected["command"] = "run".into();
            assert_eq!(as_json(&event), expected);
        }
    }
}
