//! What this library says to `tracing`, for tests that pin it.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Hears everything on one thread: the test's, where `tokio::test` runs it all.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    spans: Vec<String>,
    events: Vec<String>,
}

/// Fields with their values.
#[derive(Debug, Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Log {
    /// Listens until the guard is dropped.
    pub fn listen(&self) -> DefaultGuard {
        // While one thread alone listens, `tracing` believes the others that
        // nobody does. So there is a second listener, be it the canary's.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let subscriber = tracing_subscriber::registry().with(self.clone());
        tracing::subscriber::set_default(subscriber)
    }

    /// The spans that have ended since this was last asked: names from the
    /// outermost on, the fields that were given, and the value of `outcome`.
    pub fn spans(&self) -> Vec<String> {
        std::mem::take(&mut self.heard().spans)
    }

    /// The messages so far.
    pub fn events(&self) -> Vec<String> {
        self.heard().events.clone()
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_ours(target: &str) -> bool {
    target.starts_with("xoxoday_auth")
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        if !is_ours(span.metadata().target()) {
            return;
        }
        let names: Vec<_> = span.scope().from_root().map(|span| span.name()).collect();
        let mut told = names.join(" > ");
        let extensions = span.extensions();
        let fields = extensions.get::<Fields>();
        for name in fields.iter().flat_map(|fields| fields.0.keys()) {
            // Writing to a string cannot fail.
            let _ = write!(told, " {name}");
        }
        if let Some(outcome) = fields.and_then(|fields| fields.0.get("outcome")) {
            let _ = write!(told, ": {outcome}");
        }
        self.heard().spans.push(told);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if is_ours(event.metadata().target()) {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let message = fields.0.remove("message").unwrap_or_default();
            self.heard().events.push(message);
        }
    }
}
