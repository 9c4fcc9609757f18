//! To generate the client, beside OpenAPI Generator on the same document.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io};

use xoxoday_bench::{Aim, Measure, Unit, median};

use super::super::workspace;
use super::{Attempt, Measured};

const DOCUMENT: &str = "openapi/reward-points-api.yaml";

/// Measures both as whole commands, in alternation.
pub(super) fn measure(quick: bool) -> Attempt<Measured> {
    let Some(generator) = generator() else {
        let why = "no OpenAPI Generator: `pip install openapi-generator-cli`";
        return Ok(Measured::LeftOut(why.to_owned()));
    };
    let directory = tempfile::tempdir()?;
    let mut theirs = Command::new(&generator);
    theirs.args(["generate", "-g", "rust", "--skip-validate-spec", "-i"]);
    theirs
        .arg(workspace().join(DOCUMENT))
        .arg("-o")
        .arg(directory.path());
    let mut ours = Command::new("cargo");
    ours.args(["xtask", "generate"]).current_dir(workspace());
    // Both are warm from here on.
    time(&mut theirs)?;
    time(&mut ours)?;
    let (mut of_theirs, mut of_ours) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 1 } else { 11 } {
        of_theirs.push(time(&mut theirs)?);
        of_ours.push(time(&mut ours)?);
    }
    let measure = Measure {
        subject: "cargo xtask generate, warm".to_owned(),
        baseline: format!("OpenAPI Generator {}, rust", version(&generator)?),
        unit: Unit::Seconds,
        theirs: median(&mut of_theirs).as_secs_f64(),
        ours: median(&mut of_ours).as_secs_f64(),
        aim: Some(Aim::Faster(5.0)),
    };
    println!("{measure}");
    Ok(Measured::Figures(vec![measure]))
}

/// What the user names, or what is on the PATH.
fn generator() -> Option<PathBuf> {
    if let Some(named) = env::var_os("OPENAPI_GENERATOR") {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    let names = ["openapi-generator-cli", "openapi-generator"];
    let mut places = env::split_paths(&path).flat_map(|place| names.map(|name| place.join(name)));
    places.find(|place| place.is_file())
}

fn time(command: &mut Command) -> Attempt<Duration> {
    let started = Instant::now();
    let ended = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    let took = started.elapsed();
    match ended.status.success() {
        true => Ok(took),
        false => Err(format!("{command:?} ended with {}", ended.status).into()),
    }
}

fn version(generator: &PathBuf) -> io::Result<String> {
    let told = Command::new(generator).arg("version").output()?;
    Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}
