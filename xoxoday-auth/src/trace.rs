//! The spans of calls and of their requests. Each is filled when it is dropped:
//! also where the caller goes away, and the work is dropped with it.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tracing::Span;
use tracing::field::Empty;
use xoxoday_api::Operation;

use crate::environment::Environment;
use crate::error::Error;
use crate::observe::{Attempt, AttemptOutcome, Observer};

/// A facade's call: `xoxoday.call`.
pub(crate) struct CallSpan {
    span: Span,
    /// Where somebody may listen.
    started: Option<Instant>,
    /// How many requests were begun.
    pub(crate) attempts: AtomicU32,
    outcome: &'static str,
}

impl CallSpan {
    pub(crate) fn new(
        operation: Operation,
        environment: &Environment,
        request_id: Option<&str>,
    ) -> Self {
        let span = tracing::info_span!(
            "xoxoday.call",
            operation = operation.id(),
            environment = %environment,
            request_id,
            attempts = Empty,
            duration_ms = Empty,
            outcome = Empty,
        );
        Self {
            started: (!span.is_none()).then(Instant::now),
            span,
            attempts: AtomicU32::new(0),
            outcome: "dropped",
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// What came of it, as far as is known; the last word counts.
    pub(crate) fn ended<T>(&mut self, result: &Result<T, Error>) {
        self.outcome = match result {
            Ok(_) => "success",
            Err(error) => error.kind().as_str(),
        };
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        let Some(started) = self.started else {
            return;
        };
        self.span
            .record("attempts", self.attempts.load(Ordering::Relaxed));
        record_time(&self.span, started.elapsed());
        self.span.record("outcome", self.outcome);
    }
}

/// One request: `xoxoday.request`, and what the observer is told of it.
pub(crate) struct RequestSpan<'a> {
    span: Span,
    /// Where somebody may listen.
    started: Option<Instant>,
    observer: Observer,
    operation: Operation,
    attempt: u32,
    request_id: Cow<'a, str>,
    generation: Option<u64>,
    status: Option<StatusCode>,
    outcome: AttemptOutcome,
    /// Once it has ended; what follows is no part of it.
    duration: Option<Duration>,
}

impl<'a> RequestSpan<'a> {
    pub(crate) fn new(
        observer: &Observer,
        environment: &Environment,
        (operation, attempt, request_id): (Operation, u32, Cow<'a, str>),
        generation: Option<u64>,
    ) -> Self {
        let span = tracing::info_span!(
            "xoxoday.request",
            operation = operation.id(),
            environment = %environment,
            request_id = &*request_id,
            attempt,
            generation,
            status = Empty,
            duration_ms = Empty,
            outcome = Empty,
        );
        let is_heard = !span.is_none() || observer.listens();
        Self {
            span,
            started: is_heard.then(Instant::now),
            observer: observer.clone(),
            operation,
            attempt,
            request_id,
            generation,
            status: None,
            outcome: AttemptOutcome::NoAnswer,
            duration: None,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(crate) fn ended(&mut self, status: Option<StatusCode>, outcome: AttemptOutcome) {
        self.status = status;
        self.outcome = outcome;
        self.duration = self.started.map(|started| started.elapsed());
    }
}

impl Drop for RequestSpan<'_> {
    fn drop(&mut self) {
        let Some(started) = self.started else {
            return;
        };
        let duration = self.duration.unwrap_or_else(|| started.elapsed());
        self.span
            .record("status", self.status.map(|status| status.as_u16()));
        record_time(&self.span, duration);
        self.span.record("outcome", self.outcome.as_str());
        self.observer.tell(&Attempt {
            operation: self.operation,
            attempt: self.attempt,
            request_id: &self.request_id,
            generation: self.generation,
            status: self.status,
            duration,
            outcome: self.outcome,
        });
    }
}

fn record_time(span: &Span, duration: Duration) {
    span.record("duration_ms", duration.as_millis() as u64);
}
