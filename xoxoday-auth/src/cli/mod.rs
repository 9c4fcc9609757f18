#![doc = include_str!("../../COMMAND.md")]

mod arguments;
mod exit;
mod import;
mod install;
mod log;
mod notify;
mod page;
mod points;
mod report;
mod rotate;
mod run;
mod status;
mod stop;
mod typed;
mod validate;
mod words;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use report::Report;

/// Runs the command with the arguments and the environment of this process.
///
/// Public for programs that bring the command along under a name of their own.
pub fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    log::start(&arguments.command);
    let name = arguments.command.name();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let report = match runtime {
        Ok(runtime) => {
            let report = runtime.block_on(perform(&arguments));
            // A disk that hangs is waited for no longer.
            runtime.shutdown_background();
            report
        }
        Err(error) => Report::failed(format!("no runtime: {error}")),
    };
    report.print(name, arguments.json);
    report.exit().into()
}

async fn perform(arguments: &Arguments) -> Report {
    let done = match &arguments.command {
        Command::Import(arguments) => import::perform(arguments).await,
        Command::Status => status::perform().await,
        Command::Rotate(arguments) => rotate::perform(arguments).await,
        Command::Run => Ok(run::perform(arguments.json).await),
        Command::Validate => validate::perform().await,
        Command::Completions(arguments) => Ok(install::completions(arguments.shell)),
        Command::Man(arguments) => install::man_pages(&arguments.directory),
        Command::Points { command } => points::perform(command, arguments.json).await,
    };
    done.unwrap_or_else(|error| Report::of_error(&error))
}
