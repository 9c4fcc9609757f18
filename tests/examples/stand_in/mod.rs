//! A real account where the environment names one, and a stand-in for Xoxoday on this
//! machine where it does not.

use std::error::Error;

use xoxoday_auth::{Builder, MemoryStore, Seed, Xoxoday};
use xoxoday_sandbox::Sandbox;

/// Who sends in the stand-in.
pub(crate) const BOSS: &str = "boss@company.example";
/// Who receives, and has 150 points.
pub(crate) const JOHN: &str = "john@company.example";

/// The account to use, and the stand-in if there is one: it lives as long as that.
pub(crate) fn account() -> Result<(Builder, Option<Sandbox>), Box<dyn Error>> {
    if std::env::var_os("XOXODAY_CLIENT_ID").is_some() {
        return Ok((Builder::from_env()?, None));
    }
    eprintln!("No account in the environment: starting a stand-in on this machine.");
    let sandbox = Sandbox::builder()
        .super_admin(BOSS)
        .user(JOHN, "150")
        .wallet("1000")
        .start()?;
    let environment = sandbox.origin().parse()?;
    let builder = Xoxoday::builder(environment, sandbox.client_id(), sandbox.client_secret())
        .seed(Seed::new(sandbox.refresh_token()))
        .store(MemoryStore::new());
    Ok((builder, Some(sandbox)))
}
