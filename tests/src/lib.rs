//! Tests that cross crates: the client, the generated code, the document and
//! the sandbox together. Each file beside this folder holds one subject.
//!
//! What several of them need is here.

use std::time::Duration;

use xoxoday_auth::api::number::EpochMillis;
use xoxoday_auth::{Builder, MemoryStore, Seed, Xoxoday};
use xoxoday_sandbox::{Pair, Sandbox};

/// Super Admin of every sandbox account.
pub const BOSS: &str = "boss@company.example";

/// A sandbox with a Super Admin and two users.
pub fn sandbox() -> Sandbox {
    Sandbox::builder()
        .wallet("10000")
        .super_admin(BOSS)
        .user("john@company.example", "150")
        .user("jane@company.example", "0")
        .start()
        .expect("the sandbox starts on a free port of this machine")
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
        .rotation_floor(Duration::ZERO)
}

/// What a person copies from the dashboard.
pub fn seed(pair: &Pair) -> Seed {
    let millis = |ms: u64| EpochMillis::new(ms.try_into().unwrap_or(i64::MAX));
    Seed::new(pair.refresh_token())
        .access_token(pair.access_token(), Some(millis(pair.access_ends_at_ms)))
        .refresh_token_expires_at(millis(pair.refresh_ends_at_ms))
}
