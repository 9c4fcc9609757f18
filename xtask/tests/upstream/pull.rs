//! What `upstream pull` writes, and when it writes nothing.

use std::process::Output;

use crate::pages::new_operation;
use crate::project::Project;

fn pull(project: &Project) -> (i32, String) {
    said(project.upstream(&["pull", "--pages", "published"]))
}

pub(crate) fn said(output: Output) -> (i32, String) {
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), said.concat())
}

/// All that may be written.
fn everything(project: &Project) -> Vec<(String, String)> {
    let mut names = vec![
        "openapi/reward-points-api.yaml".to_owned(),
        "openapi/upstream.toml".to_owned(),
    ];
    for entry in std::fs::read_dir(project.path("openapi/pages")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        names.push(format!("openapi/pages/{name}"));
    }
    names.sort();
    names
        .into_iter()
        .map(|name| (name.clone(), project.read(&name)))
        .collect()
}

#[test]
fn the_same_pages_change_nothing() {
    let project = Project::new();
    let before = everything(&project);
    let (code, said) = pull(&project);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Fresh openapi"), "{said}");
    assert_eq!(everything(&project), before);
}

#[test]
fn a_change_is_taken_over_line_by_line_and_the_second_pull_changes_nothing() {
    let project = Project::new();
    let before = project.read("openapi/reward-points-api.yaml");
    project.edit(
        "send-points.md",
        "Full name of the recipient.\n                            example",
        "The full name.\n                            example",
    );
    let (code, said) = pull(&project);
    assert_eq!(code, 0, "{said}");
    for line in [
        "Wrote openapi/pages/send-points.md",
        "Wrote openapi/reward-points-api.yaml",
        "Wrote openapi/upstream.toml",
        "run `cargo xtask generate`",
    ] {
        assert!(said.contains(line), "no {line:?} in:\n{said}");
    }
    let after = project.read("openapi/reward-points-api.yaml");
    let pairs = before.lines().zip(after.lines());
    let differing: Vec<_> = pairs.filter(|(one, other)| one != other).collect();
    assert_eq!(differing.len(), 1, "{differing:?}");
    assert!(
        project
            .read("openapi/upstream.toml")
            .starts_with("# Where each operation")
    );
    project.check().is_clean();
    project.check_at(&["--pages", "openapi/pages"]).is_clean();

    let once = everything(&project);
    assert!(pull(&project).1.contains("Fresh openapi"));
    assert_eq!(everything(&project), once);
}

#[test]
fn new_and_moved_pages_are_recorded() {
    let project = Project::new();
    project.write("published/list-points.md", new_operation(&project));
    let cancel = project.path("published/cancel-points.md");
    std::fs::rename(cancel, project.path("published/revoke-points.md")).unwrap();
    let (code, said) = pull(&project);
    assert_eq!(code, 0, "{said}");
    let upstream = project.read("openapi/upstream.toml");
    assert!(
        upstream.contains("operation = \"listPoints\"\nfile = \"list-points.md\"\n"),
        "{upstream}"
    );
    assert!(
        upstream.contains("operation = \"cancelPoints\"\nfile = \"revoke-points.md\"\n"),
        "{upstream}"
    );
    assert!(!project.path("openapi/pages/cancel-points.md").exists());
    let document = project.read("openapi/reward-points-api.yaml");
    assert!(document.find("/cancelPoints:") < document.find("/listPoints:"));
    project.check_at(&["--pages", "openapi/pages"]).is_clean();
}

#[test]
fn nothing_is_written_while_the_pages_contradict_each_other() {
    for (from, to) in [
        ("version: '1.2'", "version: '1.3'"),
        ("POST /sendPoints\n", "POST /fetchPoints\n"),
        ("openapi: 3.0.3", "openapi: ["),
    ] {
        let project = Project::new();
        project.edit("fetch-points.md", "Read the points", "Look at the points");
        project.edit("send-points.md", from, to);
        let before = everything(&project);
        let (code, said) = pull(&project);
        assert_eq!(code, 4, "{said}");
        assert!(said.contains("Left all as it was, because of"), "{said}");
        assert_eq!(everything(&project), before);
    }
}

#[test]
fn what_the_prose_contradicts_is_left_to_the_ledger() {
    let project = Project::new();
    project.edit("send-points.md", "`Int/String`", "`Int`");
    let (code, said) = pull(&project);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("settle in openapi/ledger.toml"), "{said}");
    assert_eq!(project.check().findings().len(), 1);
}
