//! The `xoxoday` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    xoxoday_auth::cli::main()
}
