//! The project's records in a directory of their own, beside the pages as they are published.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub(crate) struct Project(tempfile::TempDir);

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &there),
            false => drop(fs::copy(&path, there).unwrap()),
        }
    }
}

impl Project {
    pub(crate) fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
        copy(&openapi, &project.path("openapi"));
        copy(&openapi.join("pages"), &project.path("published"));
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Replaces the first place where a text stands in a published page.
    pub(crate) fn edit(&self, page: &str, from: &str, to: &str) {
        self.replace(&format!("published/{page}"), from, to);
    }

    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "no {from:?} in {name}");
        self.write(name, text.replacen(from, to, 1));
    }

    /// The name of a published page and the line in it on which a text begins.
    pub(crate) fn at(&self, page: &str, text: &str) -> String {
        let whole = self.read(&format!("published/{page}"));
        let before = &whole[..whole.find(text).unwrap()];
        format!("{page}:{}", 1 + before.matches('\n').count())
    }

    pub(crate) fn upstream(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        command
            .arg("upstream")
            .args(arguments)
            .current_dir(self.0.path())
            .env("CARGO_MANIFEST_DIR", self.path("xtask"))
            .output()
            .unwrap()
    }

    /// Checks the published pages.
    pub(crate) fn check(&self) -> Checked {
        self.check_at(&["--pages", "published"])
    }

    /// Checks pages from elsewhere.
    pub(crate) fn check_at(&self, from: &[&str]) -> Checked {
        let mut arguments = vec!["check", "--format", "json"];
        arguments.extend(from);
        let output = self.upstream(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        let json = serde_json::from_slice(&output.stdout);
        Checked {
            code: output.status.code().unwrap(),
            json: json.unwrap_or_else(|error| panic!("{error}: {said}")),
            said,
        }
    }
}

/// What a check has said.
pub(crate) struct Checked {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) said: String,
}

impl Checked {
    /// The kinds of all findings, and the files and lines they are in.
    pub(crate) fn findings(&self) -> Vec<String> {
        let findings = self.json["findings"].as_array().unwrap().iter();
        let findings = findings.map(|finding| {
            let file = finding["file"].as_str().unwrap();
            let file = file.rsplit(['/', '\\']).next().unwrap();
            let kind = finding["kind"].as_str().unwrap();
            format!("{kind} {file}:{}", finding["line"])
        });
        findings.collect()
    }

    /// What all findings say.
    pub(crate) fn what(&self) -> String {
        let findings = self.json["findings"].as_array().unwrap().iter();
        let all = findings.map(|it| format!("{}\n", it["what"].as_str().unwrap()));
        all.collect()
    }

    /// The rules of all changes of the document, and where on the pages they are.
    pub(crate) fn changes(&self) -> Vec<String> {
        let changes = self.json["drift"]["changes"]
            .as_array()
            .into_iter()
            .flatten();
        let changes = changes.map(|change| {
            let file = change["revision"]["file"].as_str().unwrap();
            let file = file.rsplit(['/', '\\']).next().unwrap();
            let rule = change["rule"].as_str().unwrap();
            format!("{rule} {file}:{}", change["revision"]["line"])
        });
        changes.collect()
    }

    #[track_caller]
    pub(crate) fn is_clean(&self) {
        assert_eq!(self.findings(), [""; 0], "{}", self.what());
        assert_eq!(self.changes(), [""; 0]);
        assert_eq!(self.code, 0, "{}", self.said);
    }
}
