//! What a program weighs that asks for a balance by `xoxoday-auth`, beside one that
//! does the same by `reqwest` alone: its clean build, its crates, its size.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use xoxoday_bench::{Aim, Measure, Unit, median};

use super::super::{status, workspace};
use super::{Attempt, Measured};

const MIB: f64 = 1_048_576.0;
const BARE: &str = "weight-bare";
const OURS: &str = "weight-ours";

pub(super) fn measure(quick: bool) -> Attempt<Measured> {
    // What is to be fetched is not what is measured.
    run(&mut cargo("fetch"))?;
    let crates = [crates(BARE)?, crates(OURS)?];
    let mut measures = vec![of(
        "crates in the tree",
        Unit::Count,
        crates,
        Aim::More(25.0),
    )];
    if !quick {
        let aim = Aim::AtMost(1.35);
        measures.push(of("clean build", Unit::Seconds, clean_builds(3)?, aim));
        let sizes = [size(BARE)?, size(OURS)?];
        let name = "stripped release binary";
        measures.push(of(name, Unit::Bytes, sizes, Aim::More(MIB)));
    }
    measures.iter().for_each(|measure| println!("{measure}"));
    Ok(Measured::Figures(measures))
}

fn of(what: &str, unit: Unit, [theirs, ours]: [f64; 2], aim: Aim) -> Measure {
    Measure {
        subject: format!("a program that asks for a balance: {what}"),
        baseline: "reqwest, serde_json and tokio".to_owned(),
        unit,
        theirs,
        ours,
        aim: Some(aim),
    }
}

/// A build of everything into a directory of its own, as many times each.
fn clean_builds(rounds: usize) -> Attempt<[f64; 2]> {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        status("Building", format!("round {round} of {rounds}"));
        theirs.push(clean_build(BARE)?);
        ours.push(clean_build(OURS)?);
    }
    Ok([theirs, ours].map(|mut times| median(&mut times).as_secs_f64()))
}

fn clean_build(package: &str) -> Attempt<Duration> {
    let directory = tempfile::tempdir()?;
    let mut build = cargo("build");
    build.args(["--offline", "--package", package, "--target-dir"]);
    build.arg(directory.path());
    let started = Instant::now();
    run(&mut build)?;
    Ok(started.elapsed())
}

fn size(package: &str) -> Attempt<f64> {
    let directory = tempfile::tempdir()?;
    let mut build = cargo("build");
    build.args(["--offline", "--release", "--package", package]);
    run(build.arg("--target-dir").arg(directory.path()))?;
    let program = directory.path().join("release").join(package);
    Ok(fs::metadata(program)?.len() as f64)
}

/// How many crates are built for it, itself not counted.
fn crates(package: &str) -> Attempt<f64> {
    let mut tree = cargo("tree");
    tree.args(["--package", package, "--prefix", "none", "--no-dedupe"]);
    tree.args(["--edges", "normal,build", "--format", "{p}"]);
    let told = tree.output()?;
    if !told.status.success() {
        return Err(String::from_utf8_lossy(&told.stderr).into());
    }
    let told = String::from_utf8(told.stdout)?;
    let crates: BTreeSet<_> = told.lines().collect();
    Ok((crates.len() - 1) as f64)
}

fn cargo(what: &str) -> Command {
    let manifest = workspace().join(Path::new("tests/weight/Cargo.toml"));
    let mut command = Command::new("cargo");
    command.arg(what).arg("--locked");
    command.arg("--manifest-path").arg(manifest);
    command
}

fn run(command: &mut Command) -> Attempt<()> {
    let ended = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&ended.stderr).into()),
    }
}
