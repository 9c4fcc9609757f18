//! `cargo xtask ci`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Ending, generate, public_api, status, upstream, workspace};

/// How a check ended.
enum Verdict {
    Passed,
    Failed,
    /// It could not be run, and why.
    Missing(String),
}

/// Runs every check, whatever became of the one before.
pub(crate) fn run() -> Ending {
    let mut results = Vec::new();
    let mut check = |name: &'static str, run: &dyn Fn() -> Verdict| {
        status("Checking", name);
        let start = Instant::now();
        let verdict = run();
        results.push((name, verdict, start.elapsed()));
    };
    check("fmt", &|| {
        component("fmt", "rustfmt").unwrap_or_else(|| cargo(&["fmt", "--all", "--check"], None))
    });
    check("clippy", &|| {
        component("clippy", "clippy").unwrap_or_else(|| {
            cargo(
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ],
                None,
            )
        })
    });
    check(
        "generate",
        &|| match generate::run(&generate::Arguments::check()) {
            Ending::Fine => Verdict::Passed,
            Ending::Failed | Ending::Stale => Verdict::Failed,
        },
    );
    check("upstream", &|| match upstream::check_offline() {
        Ending::Fine => Verdict::Passed,
        Ending::Failed | Ending::Stale => Verdict::Failed,
    });
    check(
        "public-api",
        &|| match public_api::run(&public_api::Arguments::check()) {
            Ending::Fine => Verdict::Passed,
            Ending::Failed | Ending::Stale => Verdict::Failed,
        },
    );
    check("test", &|| cargo(&["test", "--workspace"], None));
    check("doc", &|| {
        cargo(
            &["doc", "--workspace", "--no-deps"],
            Some(("RUSTDOCFLAGS", "-D warnings")),
        )
    });
    // As it would be published: each builds from its package, the second on the first.
    check("package", &|| {
        let packages = ["-p", "xoxoday-api", "-p", "xoxoday-auth"];
        let options = ["--allow-dirty", "--offline", "--quiet"];
        cargo(&[&["package"], &packages[..], &options].concat(), None)
    });
    summary(&results)
}

/// Runs cargo with its output streamed through.
fn cargo(arguments: &[&str], variable: Option<(&str, &str)>) -> Verdict {
    match command(arguments).envs(variable).status() {
        Ok(status) if status.success() => Verdict::Passed,
        Ok(_) => Verdict::Failed,
        Err(error) => Verdict::Missing(format!("cargo could not be started: {error}")),
    }
}

/// Says what to install when a component of the toolchain is not there.
fn component(subcommand: &str, component: &str) -> Option<Verdict> {
    let there = command(&[subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    (!there).then(|| {
        Verdict::Missing(format!(
            "{component} is not installed; `rustup component add {component}` installs it"
        ))
    })
}

fn command(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(workspace());
    command
}

fn summary(results: &[(&str, Verdict, Duration)]) -> Ending {
    let mut ending = Ending::Fine;
    eprintln!();
    for (name, verdict, time) in results {
        let time = time.as_secs_f64();
        match verdict {
            Verdict::Passed => status("Passed", format!("{name:<10} {time:>7.1} s")),
            Verdict::Failed => status("Failed", format!("{name:<10} {time:>7.1} s")),
            Verdict::Missing(why) => status("Failed", format!("{name:<10} {time:>7.1} s  {why}")),
        }
        if !matches!(verdict, Verdict::Passed) {
            ending = Ending::Failed;
        }
    }
    ending
}
