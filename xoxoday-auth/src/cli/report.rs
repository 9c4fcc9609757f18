//! What a command has to say at its end: to people in lines, to programs in
//! one JSON object.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::words;
use crate::error::Error;
use crate::rotation::clock::after;
use crate::rotation::{Account, Clock as _, SystemClock};

/// The end of a command.
#[derive(Debug)]
#[must_use]
pub(super) struct Report {
    exit: Exit,
    /// For people, on standard output.
    text: String,
    /// For people, on standard error: what is wrong, and what to do.
    complaint: Option<String>,
    error: Value,
    members: Map<String, Value>,
}

impl Report {
    pub(super) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            exit,
            text: text.into(),
            complaint: None,
            error: Value::Null,
            members: Map::new(),
        }
    }

    /// Trouble that no [`Error`] tells of.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "").complaining("failed", message)
    }

    pub(super) fn of_error(error: &Error) -> Self {
        let mut message = error.to_string();
        if error.is_login_required() {
            message += " (xoxoday import)";
        }
        let wait = error.wait();
        let mut report = Self::new(Exit::of(error), "").complaining(error.kind().as_str(), message);
        report.error["code"] = json!(error.code());
        report.error["request_id"] = json!(error.request_id());
        report.error["retry_after_seconds"] = json!(wait.map(words::whole_seconds));
        report.error["retry_at"] =
            json!(wait.map(|wait| words::moment(after(SystemClock.now(), wait))));
        report
    }

    /// Adds what is wrong. `kind` is one of the documented words.
    pub(super) fn complaining(mut self, kind: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        self.error = json!({
            "kind": kind,
            "message": message,
            "code": null,
            "request_id": null,
            "retry_after_seconds": null,
            "retry_at": null,
        });
        self.complaint = Some(message);
        self
    }

    /// Adds a member of the JSON object.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn about(self, account: &Account) -> Self {
        self.with(
            "account",
            json!({"environment": account.environment, "client_id": account.client_id}),
        )
    }

    /// Adds a second thing that is wrong, for people.
    pub(super) fn saying_too(mut self, message: String) -> Self {
        self.complaint = Some(match self.complaint {
            Some(complaint) => format!("{complaint}; {message}"),
            None => message,
        });
        self
    }

    /// Adds lines for people, on standard output.
    pub(super) fn saying(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    pub(super) fn ending(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// Says it. Whoever closed the pipe is not waited for.
    pub(super) fn print(&self, command: &str, as_json: bool) {
        if as_json {
            let mut members = self.members.clone();
            members.insert("command".into(), command.into());
            members.insert("exit".into(), self.exit.code().into());
            members.insert("error".into(), self.error.clone());
            line(&Value::Object(members).to_string());
            return;
        }
        if !self.text.is_empty() {
            line(&self.text);
        }
        if let Some(complaint) = &self.complaint {
            let _ = writeln!(std::io::stderr(), "xoxoday: {complaint}");
        }
    }
}

/// A line on standard output, at once.
pub(super) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
