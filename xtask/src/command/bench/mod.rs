//! `cargo xtask bench`.

mod generator;
mod programs;
mod weight;

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io, thread};

use clap::{Args, ValueEnum};
use xoxoday_bench::Measure;
use xtask::costs::{Costs, Group, picture, table};

use super::{Ending, status, workspace};

/// Measure what the layer costs, each figure beside its baseline from the same run.
///
/// The figures are printed as they come; at the end they lie in target/bench: as costs.json,
/// as a table (costs.md) and as a picture (costs.svg).
#[derive(Debug, Args)]
#[command(after_help = "\
An aim that is missed is told, and does not fail.

What may be missing: PostgreSQL, for `fleet`; OpenAPI Generator, for `generator`
(`pip install openapi-generator-cli`, or OPENAPI_GENERATOR names its command).

Exit codes:
  0  everything was measured, or left out because it is not installed
  1  something could not be measured
  2  wrong usage")]
pub(crate) struct Arguments {
    /// What to measure; everything, if nothing is named.
    groups: Vec<GroupName>,
    /// See on small sizes that it works: the figures mean nothing.
    #[arg(long, conflicts_with = "save")]
    quick: bool,
    /// Take what was measured into the documentation, in the place of what was measured before.
    #[arg(long)]
    save: bool,
}

/// What is measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GroupName {
    /// To read a live token.
    Token,
    /// The same, beside other crates that keep tokens.
    Peers,
    /// A call, beside the same by hand; and while a rotation runs.
    Calls,
    /// To start, and to save.
    Start,
    /// What a program weighs: its build, its crates, its size.
    Weight,
    /// To generate the client, beside OpenAPI Generator.
    Generator,
    /// To generate and compare documents as they grow.
    Documents,
    /// To send to many, beside the same without a ledger.
    Bulk,
    /// What a fleet asks of Xoxoday and of its database.
    Fleet,
}

impl GroupName {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn measure(self, quick: bool, out: &Path) -> Attempt<Measured> {
        let program =
            |manifest: &str, options: &[&str]| programs::measure(manifest, options, quick, out);
        let name = self.name();
        let of_ours = |package| program("Cargo.toml", &["-p", package, "--bench", &name]);
        match self {
            Self::Token | Self::Start | Self::Bulk | Self::Fleet => of_ours("xoxoday-tests"),
            Self::Calls => of_ours("xoxoday-calls"),
            Self::Documents => of_ours("xtask"),
            Self::Peers => program("tests/peers/Cargo.toml", &[]),
            Self::Weight => weight::measure(quick),
            Self::Generator => generator::measure(quick),
        }
    }

    fn all() -> Vec<String> {
        Self::value_variants().iter().map(|it| it.name()).collect()
    }
}

/// How far a group came.
enum Measured {
    Figures(Vec<Measure>),
    /// What it needs is not installed.
    LeftOut(String),
}

type Attempt<T> = Result<T, Box<dyn Error>>;

/// Where the documentation shows what was measured: in Markdown, between two lines.
const TABLE: &str = "xoxoday-auth/src/guide/costs.md";
const BEGIN: &str =
    "<!-- Written by `cargo xtask bench --save`, up to the next line like this. -->\n";
const END: &str = "<!-- The end of what was written. -->\n";
const PICTURE: &str = "xoxoday-auth/src/guide/costs.svg";
const FIGURES: &str = "tests/benches/costs.json";

pub(crate) fn run(arguments: &Arguments) -> Ending {
    attempt(arguments).unwrap_or_else(|error| {
        eprintln!("{error}");
        Ending::Failed
    })
}

fn attempt(arguments: &Arguments) -> Attempt<Ending> {
    let groups = match arguments.groups.is_empty() {
        true => GroupName::value_variants(),
        false => &arguments.groups,
    };
    let out = workspace().join("target/bench");
    fs::create_dir_all(&out).map_err(|error| told(&out, &error))?;
    let on = machine()?;
    let mut ending = Ending::Fine;
    let mut fresh = Costs::default();
    for group in groups {
        let name = group.name();
        status("Measuring", &name);
        match group.measure(arguments.quick, &out) {
            Ok(Measured::Figures(measures)) => {
                let on = on.clone();
                fresh.renew(&name, Group { on, measures });
            }
            Ok(Measured::LeftOut(why)) => status("Left out", format!("{name}: {why}")),
            Err(error) => {
                status("Failed", format!("{name}: {error}"));
                ending = Ending::Failed;
            }
        }
    }
    let names = GroupName::all();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let table = table(&fresh, &names);
    write(&out.join("costs.json"), &json(&fresh)?)?;
    write(&out.join("costs.md"), &table)?;
    write(&out.join("costs.svg"), &picture(&fresh, &names))?;
    println!("\n{table}");
    if arguments.save {
        save(fresh, &names)?;
    }
    Ok(ending)
}

/// Takes what was measured into the documentation. What was not stays as it was.
fn save(fresh: Costs, names: &[&str]) -> Attempt<()> {
    let [shown, drawn, kept] = [TABLE, PICTURE, FIGURES].map(|path| workspace().join(path));
    let mut costs: Costs = match kept.exists() {
        true => serde_json::from_str(&read(&kept)?)?,
        false => Costs::default(),
    };
    costs.take_over(fresh);
    let page = read(&shown)?;
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or(format!("{TABLE}: its two marks are gone"))?;
    let table = table(&costs, names);
    write(&shown, &format!("{before}{BEGIN}\n{table}\n{END}{after}"))?;
    write(&drawn, &picture(&costs, names))?;
    write(&kept, &json(&costs)?)?;
    for path in [TABLE, PICTURE, FIGURES] {
        status("Wrote", path);
    }
    Ok(())
}

/// The machine and the compiler, in words.
fn machine() -> Attempt<String> {
    let cores = thread::available_parallelism()?;
    let version = Command::new("rustc").arg("--version").output()?;
    let version = String::from_utf8(version.stdout)?;
    let version = version
        .split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" ");
    let (system, processor) = (env::consts::OS, env::consts::ARCH);
    Ok(format!("{cores} cores, {system} on {processor}, {version}"))
}

fn json(costs: &Costs) -> Attempt<String> {
    Ok(serde_json::to_string_pretty(costs)? + "\n")
}

fn read(path: &Path) -> Attempt<String> {
    Ok(fs::read_to_string(path).map_err(|error| told(path, &error))?)
}

fn write(path: &Path, text: &str) -> Attempt<()> {
    Ok(fs::write(path, text).map_err(|error| told(path, &error))?)
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
