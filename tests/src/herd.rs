//! Many processes that call at once.

use std::process::{Command, Stdio};

use xoxoday_sandbox::Sandbox;

use crate::rescue_file;

/// Lets processes make 50 calls each, all at once, with tokens in one store; the
/// program is the `rotator`.
///
/// # Panics
///
/// Where a call fails.
pub fn call_at_once(rotator: &str, sandbox: &Sandbox, store: &str, processes: usize) {
    let herd: Vec<_> = (0..processes)
        .map(|_| {
            Command::new(rotator)
                .args(["call", "50"])
                .envs(sandbox.environment())
                .env("XOXODAY_TOKEN_STORE", store)
                .env("XOXODAY_RESCUE_FILE", rescue_file(sandbox))
                .stdout(Stdio::null())
                .spawn()
                .expect("the rotator starts")
        })
        .collect();
    for mut child in herd {
        let ended = child.wait().expect("the rotator ends");
        assert!(ended.success(), "{ended}");
    }
}
