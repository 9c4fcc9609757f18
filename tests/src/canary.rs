//! Under the canary every test runs a second time, with everything logged: the
//! test `no_secret_is_printed_logged_or_left_in_a_file` (canary.rs) starts the
//! programs of this package as children, with [`ISSUED`] in their environment.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Identity, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

/// What every secret of every test begins with.
pub const MARK: &str = crate::marked!();

/// What is leaked on purpose, to prove that leaks are found. Wherever it begins
/// in base64, its middle needs the letters in which the two alphabets differ.
pub const CONTROL: &str = crate::marked!("on???>>>+/=purpose");

/// The variable that names the directory in which children note what secrets
/// were issued. It is the one place that is not searched.
pub const ISSUED: &str = "XOXODAY_TESTS_ISSUED";

/// The name of every token store that a test keeps in a file.
pub const STORE: &str = "tokens.json";

/// A secret that a test makes up: `marked!("access-1")`.
#[macro_export]
macro_rules! marked {
    () => {
        "cAnaRy7Qx"
    };
    ($name:literal) => {
        concat!($crate::marked!(), "-", $name)
    };
}

/// Whether this process is one of the canary's children.
pub fn is_watching() -> bool {
    std::env::var_os(ISSUED).is_some()
}

/// Logs all that any crate has to say, if this is one of the canary's children.
pub fn watch() {
    if is_watching() {
        watch_with(Identity::new());
    }
}

/// The same, with a listener of the caller's own that hears everything, canary
/// or not.
pub fn watch_with(listener: impl Layer<Registry> + Send + Sync) {
    let to_stderr = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_span_events(FmtSpan::FULL)
        .with_writer(std::io::stderr);
    // httpmock is the other end of the wire: it logs what it receives.
    let client_side = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target("httpmock", LevelFilter::OFF);
    // Only the first test of a process can do it.
    let _ = tracing_subscriber::registry()
        .with(listener)
        .with(is_watching().then_some(to_stderr))
        .with(client_side)
        .try_init();
}

/// Notes secrets that were issued, so that they are looked for.
pub(crate) fn issued(secrets: &[String]) {
    let Some(directory) = std::env::var_os(ISSUED) else {
        return;
    };
    let file = PathBuf::from(directory).join(std::process::id().to_string());
    let noted = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all((secrets.join("\n") + "\n").as_bytes()));
    // Called while a sandbox is dropped, perhaps by a panic.
    if let Err(error) = noted {
        eprintln!("the canary could not note secrets: {error}");
        std::process::abort();
    }
}
