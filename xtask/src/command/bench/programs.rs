//! Benchmarks that are programs of their own, run by `cargo bench`.

use std::fs;
use std::path::Path;
use std::process::Command;

use xoxoday_bench::{OUT, QUICK};

use super::super::workspace;
use super::{Attempt, Measured, read};

/// Runs benchmarks, and gathers what they tell.
pub(super) fn measure(
    manifest: &str,
    options: &[&str],
    quick: bool,
    out: &Path,
) -> Attempt<Measured> {
    let told = out.join("told.jsonl");
    fs::write(&told, "")?;
    let mut command = Command::new("cargo");
    command.arg("bench").args(options).arg("--manifest-path");
    command.arg(workspace().join(manifest)).env(OUT, &told);
    if quick {
        command.env(QUICK, "1");
    }
    let ended = command.status()?;
    if !ended.success() {
        return Err(format!("cargo bench ended with {ended}").into());
    }
    let told = read(&told)?;
    let measures = told.lines().map(serde_json::from_str);
    let measures = measures.collect::<Result<Vec<_>, _>>()?;
    Ok(match measures.is_empty() {
        true => Measured::LeftOut("it says above why".to_owned()),
        false => Measured::Figures(measures),
    })
}
