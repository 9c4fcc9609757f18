//! Progress that a person can watch: a line that is written anew at a terminal,
//! and a plain one now and then elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use super::super::words;
use crate::bulk::Progress;

/// Says how far a run has come, on standard error.
pub(super) struct Watch {
    /// `None` where only waits are told.
    every: Option<Duration>,
    at_terminal: bool,
    last: Instant,
    /// Whether a line stands there unfinished.
    begun: bool,
}

impl Watch {
    pub(super) fn new(only_waits: bool) -> Self {
        let at_terminal = std::io::stderr().is_terminal();
        let every = match at_terminal {
            true => Duration::from_millis(200),
            false => Duration::from_secs(5),
        };
        Self {
            every: (!only_waits).then_some(every),
            at_terminal,
            last: Instant::now(),
            begun: false,
        }
    }

    pub(super) fn see(&mut self, progress: &Progress) {
        // A wait may be long, and is told of at once.
        let is_soon = |every| self.last.elapsed() < every;
        if progress.waiting.is_none() && self.every.is_none_or(is_soon) {
            return;
        }
        self.last = Instant::now();
        let text = line(progress);
        let mut out = std::io::stderr().lock();
        // Whoever closed the pipe is not waited for.
        let _ = match self.at_terminal {
            // Back to its beginning, and what stood there erased.
            true => write!(out, "\r\x1b[K{text}").and_then(|()| out.flush()),
            false => writeln!(out, "xoxoday: {text}"),
        };
        self.begun = self.at_terminal;
    }

    /// What comes next begins in a line of its own.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.begun) {
            let _ = writeln!(std::io::stderr());
        }
    }
}

fn line(progress: &Progress) -> String {
    let (totals, all) = (&progress.totals, progress.totals.all().rows);
    let mut text = format!("{} of {all} credited", totals.credited.rows);
    for (count, what) in [(totals.failed, "failed"), (totals.unknown, "unknown")] {
        if count.rows > 0 {
            text += &format!(", {} {what}", count.rows);
        }
    }
    text += &format!("; {:.1} a second", progress.rate());
    if let Some(remaining) = progress.remaining() {
        text += &format!(", {} left", words::span(remaining));
    }
    if let Some(waiting) = &progress.waiting {
        text += &format!("; waiting {}: {}", words::span(waiting.time), waiting.why);
    }
    text
}
