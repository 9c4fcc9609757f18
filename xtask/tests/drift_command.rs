//! `cargo xtask drift` as a command: exit codes, formats, and what a policy
//! makes of the changes.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

const BASE: &str = "\
openapi: 3.0.3
info: { title: T, version: '1' }
servers: [{ url: https://a.test }]
paths:
  /a:
    get:
      operationId: a
      description: one | two
      responses:
        '200': { description: '' }
";

/// The server is gone, the operation is deprecated, and described otherwise.
fn revision() -> String {
    BASE.replace("a.test", "b.test")
        .replace("one | two", "three\n      deprecated: true")
}

struct Directory(tempfile::TempDir);

impl Directory {
    fn new(revision: &str) -> Self {
        let directory = Self(tempfile::tempdir().unwrap());
        directory.write("base.yaml", BASE);
        directory.write("revision.yaml", revision);
        directory
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.0.path().join(name), content).unwrap();
    }

    fn drift(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["drift", "base.yaml", "revision.yaml"])
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn code(&self, arguments: &[&str]) -> i32 {
        self.drift(arguments).status.code().unwrap()
    }

    fn stdout(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.drift(arguments).stdout).unwrap()
    }

    fn stderr(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.drift(arguments).stderr).unwrap()
    }
}

#[test]
fn the_exit_code_follows_the_verdict_and_what_is_to_fail() {
    let same = Directory::new(BASE);
    let described = Directory::new(&BASE.replace("one", "two"));
    let compatible = Directory::new(&BASE.replace("operationId: a", "operationId: b"));
    let breaking = Directory::new(&revision());
    for (level, codes) in [
        ("any", [0, 4, 4, 4]),
        ("compatible", [0, 0, 4, 4]),
        ("breaking", [0, 0, 0, 4]),
        ("never", [0, 0, 0, 0]),
    ] {
        let all = [&same, &described, &compatible, &breaking];
        let found = all.map(|directory| directory.code(&["--fail-on", level]));
        assert_eq!(found, codes, "{level}");
    }
    assert_eq!([compatible.code(&[]), described.code(&[])], [4, 0]);
    assert_eq!(breaking.code(&["--fail-on", "sometimes"]), 2);
    let refused = Directory::new("openapi: 3.1.0\n");
    assert_eq!(refused.code(&[]), 1);
    let said = refused.stderr(&[]);
    assert!(said.contains("revision.yaml:1"), "{said}");
}

#[test]
fn people_read_what_where_and_of_which_operation() {
    let text = Directory::new(&revision()).stdout(&[]);
    for part in [
        "GET /a",
        "breaking    a server no longer serves an operation: https://a.test",
        "server-removed",
        "base.yaml:3 (/servers/0)",
        "revision.yaml:3 (/servers)",
        "breaking: 1 breaking, 2 compatible, 1 info",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // Nobody sees colours in a pipe.
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn programs_read_the_documented_shape() {
    let json = Directory::new(&revision()).stdout(&["--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["verdict"], "breaking");
    assert_eq!(json["counts"]["compatible"], 2);
    let change = &json["changes"][0];
    assert_eq!(change["rule"], "server-removed");
    assert_eq!(change["operations"][0], "GET /a");
    assert_eq!(change["base"]["pointer"], "/servers/0");
    assert_eq!(change["revision"]["line"], 3);
    assert!(change["accepted"].is_null());
}

#[test]
fn markdown_and_annotations_hold_whatever_a_document_says() {
    let odd = BASE.replace("operationId: a", "operationId: \"b|<b>\\n%`::\"");
    let directory = Directory::new(&odd);
    let markdown = directory.stdout(&["--format", "markdown"]);
    let row = markdown.lines().find(|line| line.contains("operationId"));
    let row = row.unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    assert!(row.contains("\\<b\\>"), "{row}");

    let annotations = directory.stdout(&["--format", "github"]);
    let line = annotations.lines().next().unwrap();
    let head = "::warning file=revision.yaml,line=6,title=compatible%3A operation-id-changed::";
    assert!(line.starts_with(head), "{line}");
    assert!(line.contains("%0A%25"), "{line}");
}

#[test]
fn a_policy_accepts_and_relevels_until_its_end() {
    let directory = Directory::new(&revision());
    let policy = |until: &str, more: &str| {
        let entries = format!(
            "[[accept]]\nrule = 'server-removed'\noperation = 'GET /a'\npointer = '/servers'\n\
             reason = 'known'\nuntil = {until}\n\
             [[level]]\nrule = 'server-added'\nlevel = 'info'\nreason = 'no matter'\nuntil = {until}\n\
             [[level]]\nrule = 'operation-deprecated'\nlevel = 'info'\nreason = 'no matter'\nuntil = {until}\n{more}"
        );
        directory.write("policy.toml", &entries);
    };
    let arguments = ["--policy", "policy.toml"];
    policy("9999-12-31", "");
    assert_eq!(directory.code(&arguments), 0);
    let text = directory.stdout(&arguments);
    assert!(text.contains("accepted: known"), "{text}");
    assert!(
        text.contains("unchanged: 0 breaking, 0 compatible, 3 info, 1 accepted"),
        "{text}"
    );

    policy("2001-01-01", "");
    assert_eq!(directory.code(&arguments), 4);
    let said = directory.stderr(&arguments);
    assert!(said.contains("policy.toml:2"), "{said}");
    assert!(said.contains("ended on 2001-01-01"), "{said}");

    let idle = "[[accept]]\nrule = 'server-removed'\npointer = '/paths'\nreason = 'x'\nuntil = 9999-12-31\n";
    policy("9999-12-31", idle);
    let said = directory.stderr(&arguments);
    assert!(said.contains("nothing is left"), "{said}");
}

#[test]
fn a_policy_that_says_too_little_is_refused_with_its_line() {
    let directory = Directory::new(BASE);
    for (policy, what) in [
        (
            "[[accept]]\nrule = 'no-such'\nreason = 'x'\nuntil = 2027-01-01\n",
            "no rule `no-such`",
        ),
        (
            "[[accept]]\nrule = 'server-added'\nreason = ' '\nuntil = 2027-01-01\n",
            "not said why",
        ),
        (
            "[[accept]]\nrule = 'server-added'\nreason = 'x'\nuntil = 10:00:00\n",
            "is no date",
        ),
        ("[[accept]]\nrule = 'server-added'\nreason = 'x'\n", "until"),
        ("[[accept]]\nrule = 'server-added'\nwhy = 'x'\n", "why"),
    ] {
        directory.write("policy.toml", policy);
        let arguments = ["--policy", "policy.toml"];
        assert_eq!(directory.code(&arguments), 1);
        let said = directory.stderr(&arguments);
        assert!(
            said.contains(what) && said.contains("policy.toml:"),
            "{said}"
        );
    }
}

#[test]
fn a_document_may_be_split_into_files() {
    const WHOLE: &str = "\
openapi: 3.0.3
info: { title: T, version: '1' }
paths:
  /a:
    get:
      responses:
        '200': { description: '', content: { application/json: { schema: { $ref: '#/components/schemas/A' } } } }
components:
  schemas:
    A: { type: object, properties: { b: { $ref: '#/components/schemas/B' }, a: { $ref: '#/components/schemas/A' } } }
    B: { type: string }
";
    let main = "\
openapi: 3.0.3
info: { title: T, version: '1' }
paths:
  /a: { $ref: './paths/a.yaml' }
components:
  schemas:
    B: { type: string }
";
    let directory = Directory::new(main);
    directory.write("base.yaml", WHOLE);
    fs::create_dir(directory.0.path().join("paths")).unwrap();
    directory.write(
        "paths/a.yaml",
        "\
get:
  responses:
    '200': { description: '', content: { application/json: { schema: { $ref: '../more%20schemas.yaml#/A' } } } }
",
    );
    let schemas = |b: &str| {
        format!(
            "\
A: {{ type: object, properties: {{ a: {{ $ref: '#/A' }},
  b: {{ {b} }} }} }}
"
        )
    };
    directory.write(
        "more schemas.yaml",
        &schemas("$ref: 'revision.yaml#/components/schemas/B'"),
    );
    assert_eq!(directory.stderr(&[]), "");
    assert_eq!(directory.code(&["--fail-on", "any"]), 0);

    directory.write("more schemas.yaml", &schemas("type: integer"));
    let text = directory.stdout(&[]);
    assert!(text.contains("more schemas.yaml:2"), "{text}");
    assert_eq!(directory.code(&["--fail-on", "breaking"]), 4);

    directory.write(
        "more schemas.yaml",
        &schemas("$ref: 'https://b.test/b.yaml'"),
    );
    let told = directory.stderr(&[]);
    assert!(
        told.contains("more schemas.yaml:2") && told.contains("https://b.test/b.yaml"),
        "{told}"
    );
}
