//! What the library has to say goes to standard error.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::arguments::Command;

/// `RUST_LOG` decides; without it a service tells what it does, and the others
/// only what could cost the tokens, because they report for themselves.
pub(super) fn start(command: &Command) {
    let level = match command {
        Command::Run => LevelFilter::INFO,
        _ => LevelFilter::ERROR,
    };
    let wanted = std::env::var("RUST_LOG").unwrap_or_default();
    let filter = match wanted.trim() {
        "" => Targets::new().with_target("xoxoday_auth", level),
        wanted => wanted
            .parse()
            .unwrap_or_else(|_| Targets::new().with_default(level)),
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(std::io::stderr);
    // A program that brings the command along may have a log of its own.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .try_init();
}
