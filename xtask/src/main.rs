//! `cargo xtask`: the project's tasks.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's tasks.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(command::generate::Arguments),
    Drift(command::drift::Arguments),
    #[command(subcommand)]
    Upstream(command::upstream::Arguments),
    PublicApi(command::public_api::Arguments),
    Bench(command::bench::Arguments),
    /// Run all that CI checks: fmt, clippy, generate --check, upstream check, public-api --check,
    /// test, doc, package.
    ///
    /// Every check is run, whatever became of the one before; a line for each stands at the end.
    /// Ends with 1 if any of them failed.
    Ci,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Generate(arguments) => command::generate::run(&arguments),
        Command::Drift(arguments) => command::drift::run(&arguments),
        Command::Upstream(arguments) => command::upstream::run(&arguments),
        Command::PublicApi(arguments) => command::public_api::run(&arguments),
        Command::Bench(arguments) => command::bench::run(&arguments),
        Command::Ci => command::ci::run(),
    }
    .into()
}
