//! Tests that cross crates: the client, the generated code, the document and
//! the sandbox together. Each file beside this folder holds one subject.
//!
//! What several of them need is here. Every secret that a test makes up, and
//! every one that a sandbox issues, bears a [mark](canary::MARK), so that
//! [`canary`] can look for it wherever it does not belong.

#[cfg(unix)]
pub mod bouncer;
pub mod calls;
pub mod canary;
pub mod contract;
pub mod herd;
pub mod log;
#[cfg(unix)]
pub mod postgres;
pub mod proxy;
pub mod search;
pub mod troubled;

/// Its mocks are not at hand in the package that it belongs to.
#[cfg(doctest)]
#[doc = include_str!("../../xoxoday-auth/src/guide/testing.md")]
mod guide_to_testing {}

use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use xoxoday_auth::api::number::EpochMillis;
use xoxoday_auth::{Builder, Clock, Environment, MemoryStore, Retry, Seed, SystemClock, Xoxoday};
use xoxoday_sandbox::{Pair, Sandbox, Trouble};

/// Super Admin of every sandbox account.
pub const BOSS: &str = "boss@company.example";
/// A user of every sandbox account, with 150 points.
pub const JOHN: &str = "john@company.example";

/// The address of one Super Admin of many.
pub fn super_admin(number: usize) -> String {
    format!("chief-{number}@company.example")
}

/// A sandbox that tells the canary at its end which secrets it issued.
#[derive(Debug)]
pub struct TestSandbox(Sandbox);

impl Deref for TestSandbox {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.0
    }
}

impl Drop for TestSandbox {
    fn drop(&mut self) {
        canary::issued(&secrets_of(self));
        clear_rescue_file(self);
    }
}

/// The client secret, and every token that was ever issued.
pub fn secrets_of(sandbox: &Sandbox) -> Vec<String> {
    let mut secrets = vec![sandbox.client_secret()];
    for pair in sandbox.record().pairs() {
        secrets.push(pair.access_token().to_owned());
        secrets.push(pair.refresh_token().to_owned());
    }
    secrets
}

/// A sandbox with a Super Admin and two users.
pub fn sandbox() -> TestSandbox {
    sandbox_with(|builder| builder)
}

/// The same with something changed.
pub fn sandbox_with(
    change: impl FnOnce(xoxoday_sandbox::Builder) -> xoxoday_sandbox::Builder,
) -> TestSandbox {
    canary::watch();
    let builder = Sandbox::builder()
        .token_prefix(canary::MARK)
        .wallet("10000")
        .super_admin(BOSS)
        .user(JOHN, "150")
        .user("jane@company.example", "0");
    let sandbox = change(builder)
        .start()
        .expect("the sandbox starts on a free port of this machine");
    // Its port was another's before.
    clear_rescue_file(&sandbox);
    TestSandbox(sandbox)
}

/// A client of the sandbox that starts with the dashboard's first pair, keeps
/// its tokens in memory and may rotate as often as it likes.
pub fn client_of(sandbox: &Sandbox) -> Builder {
    let environment = sandbox
        .origin()
        .parse()
        .expect("the sandbox's origin is on loopback");
    Xoxoday::builder(environment, sandbox.client_id(), sandbox.client_secret())
        .seed(seed(sandbox.seed()))
        .store(MemoryStore::new())
        .rescue_file(rescue_file(sandbox))
        .rotation_floor(Duration::ZERO)
}

/// The rescue file of a sandbox's account: not in the home of whoever runs the
/// tests. Programs take it as `XOXODAY_RESCUE_FILE`.
pub fn rescue_file(sandbox: &Sandbox) -> PathBuf {
    let origin = sandbox.origin();
    let name: String = origin.chars().filter(char::is_ascii_digit).collect();
    std::env::temp_dir().join(format!("xoxoday-tests-{name}.rescue.json"))
}

fn clear_rescue_file(sandbox: &Sandbox) {
    let file = rescue_file(sandbox);
    for suffix in ["", ".lock", ".tmp"] {
        let mut path = file.clone().into_os_string();
        path.push(suffix);
        // Mostly there is none.
        let _ = std::fs::remove_file(path);
    }
}

/// A client with secrets that are made up: `client-1`, and the
/// [`marked!`](crate::marked) `secret-1`, `refresh-1` and `access-1`.
pub fn client_at(environment: Environment) -> Builder {
    canary::watch();
    Xoxoday::builder(environment, "client-1", marked!("secret-1"))
        .seed(Seed::new(marked!("refresh-1")).access_token(marked!("access-1"), None))
        .store(MemoryStore::new())
}

/// A clock that runs ahead, by so many milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Ahead(pub i64);

impl Ahead {
    /// The variable that sets the clock of a child.
    pub const VARIABLE: &str = "XOXODAY_TESTS_AHEAD_MS";

    /// The clock of this process, if it is such a child.
    pub fn from_env() -> Self {
        let ahead = std::env::var(Self::VARIABLE).ok();
        Self(ahead.and_then(|ms| ms.parse().ok()).unwrap_or_default())
    }
}

impl Clock for Ahead {
    fn now(&self) -> EpochMillis {
        EpochMillis::new(SystemClock.now().get() + self.0)
    }
}

/// A client of the sandbox that does not wait between its attempts.
pub fn hasty(sandbox: &Sandbox) -> Builder {
    let at_once = Retry::default().backoff(Duration::ZERO, Duration::ZERO);
    client_of(sandbox).retry(at_once)
}

/// An answer of the test's own.
pub fn answer(status: u16, body: &str) -> Trouble {
    Trouble::Answer {
        status,
        content_type: "application/json".into(),
        body: body.into(),
    }
}

/// What a person copies from the dashboard.
pub fn seed(pair: &Pair) -> Seed {
    let millis = |ms: u64| EpochMillis::new(ms.try_into().unwrap_or(i64::MAX));
    Seed::new(pair.refresh_token())
        .access_token(pair.access_token(), Some(millis(pair.access_ends_at_ms)))
        .refresh_token_expires_at(millis(pair.refresh_ends_at_ms))
}

/// An empty directory, removed at the end unless the canary wants to look
/// through it. Token stores in it are named [`canary::STORE`].
pub fn directory() -> TempDir {
    canary::watch();
    tempfile::Builder::new()
        .disable_cleanup(canary::is_watching())
        .tempdir()
        .expect("a directory for temporary files")
}
