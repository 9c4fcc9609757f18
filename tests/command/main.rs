//! The `xoxoday` command, as people, cron and systemd use it. Everything that
//! it prints is searched for secrets, in every test.

mod account;
mod import;
mod points;
#[cfg(target_os = "linux")]
mod prompt;
mod rotate;
#[cfg(unix)]
mod run;
mod status;
mod usage;
mod validate;
