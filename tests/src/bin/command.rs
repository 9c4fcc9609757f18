//! The `xoxoday` command, where a test finds it.

use std::process::ExitCode;

fn main() -> ExitCode {
    xoxoday_auth::cli::main()
}
