//! `cargo xtask generate`.

use std::path::{Path, PathBuf};

use clap::Args;
use xtask::{Error, Generated, Ledger, Outcome, Profile, Source, Upstream};

use super::{Ending, status, tell, workspace};

/// Turn an OpenAPI 3.0 document into a Rust client.
///
/// Without --spec: the project's own document, openapi/reward-points-api.yaml, corrected by
/// openapi/overlay.yaml, into xoxoday-api/src/generated/.
///
/// With --spec: any OpenAPI 3.0 document, in YAML or JSON, into a module of your crate that sends
/// each operation to the server that the document gives for it.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  all is well
  1  the sources were refused, or a file could not be read or written
  2  wrong usage
  4  with --check: the generated files are not what would be generated; the diffs are on stdout")]
pub(crate) struct Arguments {
    /// Write nothing; show how the generated files differ from what would be generated.
    #[arg(long)]
    check: bool,
    /// The OpenAPI 3.0 document to generate from.
    #[arg(long, value_name = "FILE", requires = "out")]
    spec: Option<PathBuf>,
    /// An OpenAPI Overlay 1.0 that corrects the document.
    #[arg(long, value_name = "FILE", requires = "spec")]
    overlay: Option<PathBuf>,
    /// The directory to write the module into.
    #[arg(long, value_name = "DIR", requires = "spec")]
    out: Option<PathBuf>,
}

impl Arguments {
    /// The project's own document, compared.
    pub(crate) fn check() -> Self {
        Self {
            check: true,
            spec: None,
            overlay: None,
            out: None,
        }
    }
}

/// What is generated from what, and where it goes.
struct Task {
    document: Source,
    overlay: Option<Source>,
    profile: Profile,
    dir: PathBuf,
    /// How the directory is called when talking to people.
    shown: String,
    /// Where the project's document came from.
    upstream: Option<(Source, Upstream)>,
}

pub(crate) fn run(arguments: &Arguments) -> Ending {
    Ending::of(attempt(arguments))
}

fn attempt(arguments: &Arguments) -> Result<Ending, Error> {
    let task = match (&arguments.spec, &arguments.out) {
        (Some(spec), Some(out)) => foreign(spec, arguments.overlay.as_deref(), out)?,
        _ => project()?,
    };
    let departure = task
        .upstream
        .as_ref()
        .and_then(|(source, upstream)| upstream.departure(source, &task.document));
    tell(departure.as_slice());
    let generated = xtask::generate(&task.document, task.overlay.as_ref(), task.profile);
    let generated = match generated {
        Err(error) if arguments.check => return refused(&task, error),
        generated => generated?,
    };
    if let (Some((source, upstream)), None) = (&task.upstream, &departure) {
        let mismatches = upstream.mismatches(source, &generated.operations);
        if !mismatches.is_empty() {
            return Err(Error::Refused(mismatches));
        }
    }
    tell(&generated.findings);
    if arguments.check {
        compare(&task, &generated, departure.is_some())
    } else {
        write(&task, &generated)?;
        Ok(Ending::Fine)
    }
}

fn project() -> Result<Task, Error> {
    let root = workspace();
    let read = |name: &str| Source::read(&root.join(name), name);
    let upstream = read("openapi/upstream.toml")?;
    let parsed = Upstream::parse(&upstream)?;
    Ledger::parse(&read("openapi/ledger.toml")?)?;
    let shown = "xoxoday-api/src/generated";
    Ok(Task {
        document: read("openapi/reward-points-api.yaml")?,
        overlay: Some(read("openapi/overlay.yaml")?),
        profile: Profile::Project,
        dir: root.join(shown),
        shown: shown.to_owned(),
        upstream: Some((upstream, parsed)),
    })
}

fn foreign(spec: &Path, overlay: Option<&Path>, out: &Path) -> Result<Task, Error> {
    let read = |path: &Path| Source::read(path, path.display().to_string());
    Ok(Task {
        document: read(spec)?,
        overlay: overlay.map(read).transpose()?,
        profile: Profile::General,
        dir: out.to_owned(),
        shown: out.display().to_string(),
        upstream: None,
    })
}

fn write(task: &Task, generated: &Generated) -> Result<(), Error> {
    for (path, outcome) in xtask::write(&task.dir, &generated.files)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let shown = format!("{}/{name}", task.shown);
        match outcome {
            Outcome::Fresh => status("Fresh", shown),
            Outcome::Wrote => status("Wrote", shown),
            Outcome::Removed => status("Removed", shown),
            Outcome::Left => status("Left", format!("{shown}, which is not generated")),
        }
    }
    if task.profile == Profile::General {
        let more: String = generated
            .needs
            .iter()
            .flat_map(|need| [", ", need])
            .collect();
        let usual = "progenitor-client, reqwest, serde (feature derive), serde_json";
        status("Needs", format!("{usual}{more}"));
        status(
            "Features",
            "httpmock (httpmock 0.8, regex) and schemars (schemars 1): declare both",
        );
    }
    Ok(())
}

fn compare(task: &Task, generated: &Generated, edited: bool) -> Result<Ending, Error> {
    let diffs = xtask::diffs(&task.dir, &task.shown, &generated.files)?;
    show(&diffs);
    if diffs.is_empty() && !edited {
        status("Fresh", &task.shown);
        return Ok(Ending::Fine);
    }
    if !diffs.is_empty() {
        let shown = &task.shown;
        status(
            "Stale",
            format!("{shown}: run `cargo xtask generate` and commit what it writes"),
        );
    }
    if edited {
        let name = &task.document.name;
        status(
            "Stale",
            format!("{name} was edited by hand; see the warning above"),
        );
    }
    Ok(Ending::Stale)
}

/// When nothing can be generated, the headers still tell whether the files were made from these
/// sources.
fn refused(task: &Task, error: Error) -> Result<Ending, Error> {
    let header = xtask::header(&task.document, task.overlay.as_ref());
    let diffs = xtask::header_diffs(&task.dir, &task.shown, &header)?;
    if diffs.is_empty() {
        return Err(error);
    }
    show(&diffs);
    eprintln!("{error}\n");
    let shown = &task.shown;
    status(
        "Stale",
        format!("{shown}: its sources have changed, and are refused as they are"),
    );
    Ok(Ending::Stale)
}

fn show(diffs: &[String]) {
    for diff in diffs {
        print!("{diff}");
    }
}
