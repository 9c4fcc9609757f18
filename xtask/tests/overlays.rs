//! Overlays: what they correct, and how a bad one is refused.

use xtask::{Error, Finding, Generated, Profile, Source, generate};

const DOCUMENT: &str = "\
openapi: 3.0.3
info: { title: T, version: '1' }
servers:
  - { url: https://x.test/v1, description: Live }
paths:
  /a:
    post:
      operationId: a
      description: '**Real URL:** `POST https://x.test/v1`'
      tags: [one, two]
      responses:
        '200':
          description: ''
          content:
            application/json:
              schema:
                type: object
                properties:
                  amount: { type: number }
                  other: { type: object, properties: { x: { type: string } } }
";

fn overlay(actions: &str) -> String {
    let actions: String = actions.lines().map(|line| format!("  {line}\n")).collect();
    format!("overlay: 1.0.0\ninfo: {{ title: T, version: '1' }}\nactions:\n{actions}")
}

fn run(overlay: &str, profile: Profile) -> Result<Generated, Vec<Finding>> {
    let source = |name: &str, text: &str| Source {
        name: name.into(),
        bytes: text.into(),
    };
    let overlay = source("overlay.yaml", overlay);
    generate(&source("api.yaml", DOCUMENT), Some(&overlay), profile).map_err(|error| match error {
        Error::Refused(findings) => findings,
        other => panic!("{other}"),
    })
}

fn client(actions: &str) -> String {
    let mut generated =
        run(&overlay(actions), Profile::General).unwrap_or_else(|it| panic!("{it:#?}"));
    generated.files.remove("client.rs").unwrap()
}

/// Asserts that the overlay is refused at its line that has `# <--` on it.
#[track_caller]
fn refused(overlay: &str, pointer: &str, words: &str) {
    let line = overlay
        .lines()
        .position(|line| line.contains("# <--"))
        .map(|index| index + 1);
    let findings = run(overlay, Profile::General).expect_err("not refused");
    let found = findings
        .iter()
        .find(|finding| finding.what.contains(words))
        .unwrap_or_else(|| panic!("no refusal says {words:?}: {findings:#?}"));
    assert_eq!(found.place.file, "overlay.yaml", "{found}");
    assert_eq!(found.place.line, line, "{found}");
    assert_eq!(found.place.pointer.as_deref(), Some(pointer), "{found}");
}

const SCHEMA: &str = "$.paths['/a'].post.responses['200'].content['application/json'].schema";

#[test]
fn a_type_gets_the_name_it_is_given() {
    let named = client(&format!(
        "- target: {SCHEMA}.properties.other\n  description: why\n  update: {{ x-type-name: Chosen }}"
    ));
    assert!(named.contains("pub struct Chosen {"), "{named}");
    assert!(
        named.contains("pub other: ::std::option::Option<Chosen>"),
        "{named}"
    );
}

#[test]
fn a_hand_written_type_stands_in_and_is_not_generated() {
    let replaced = client(&format!(
        "- target: {SCHEMA}.properties['amount','other']\n  description: why\n  update: {{ x-replace-with: 'crate::money::Amount', nullable: true, description: Money }}"
    ));
    assert!(
        replaced.contains("pub amount: ::std::option::Option<crate::money::Amount>"),
        "{replaced}"
    );
    assert!(
        replaced.contains("pub other: ::std::option::Option<crate::money::Amount>"),
        "{replaced}"
    );
    assert!(!replaced.contains("pub struct Amount"), "{replaced}");
}

#[test]
fn bad_names_and_paths_are_refused_where_the_overlay_writes_them() {
    let with = |update: &str| {
        overlay(&format!(
            "- target: {SCHEMA}.properties.other\n  description: why\n  update:\n    {update} # <--"
        ))
    };
    let at = "/paths/~1a/post/responses/200/content/application~1json/schema/properties/other";
    refused(
        &with("x-type-name: lower_case"),
        &format!("{at}/x-type-name"),
        "`lower_case` is not a type name",
    );
    refused(
        &with("x-type-name: 3"),
        &format!("{at}/x-type-name"),
        "not a string",
    );
    refused(
        &with("x-replace-with: Amount"),
        &format!("{at}/x-replace-with"),
        "not the path of a type",
    );
    refused(
        &with("x-replace-with: 'crate::a b'"),
        &format!("{at}/x-replace-with"),
        "not the path of a type",
    );
}

#[test]
fn a_replacement_that_nothing_uses_is_refused() {
    let unused = "- target: $\n  description: why\n  update:\n    components:\n      schemas:\n        Unused: # <--\n          { type: string, x-replace-with: 'crate::money::Amount' }";
    refused(
        &overlay(unused),
        "/components/schemas/Unused",
        "which no generated type or operation uses",
    );
}

#[test]
fn a_target_that_matches_nothing_is_refused_with_the_reason_of_the_action() {
    let findings = run(
        &overlay("- target: $.info\n  description: fine\n  update: {}\n- target: $.paths['/gone']\n  description: it was wrong\n  remove: true"),
        Profile::General,
    )
    .unwrap_err();
    let [finding] = &findings[..] else {
        panic!("{findings:#?}")
    };
    assert_eq!(
        finding.what,
        "the target of action 1, `$.paths['/gone']`, matches nothing (its reason: it was wrong)"
    );
    assert_eq!(finding.place.line, Some(7));
}

#[test]
fn an_action_without_a_reason_is_refused_in_the_project_and_noted_elsewhere() {
    let silent = overlay("- target: $.info\n  update: { contact: {} }");
    let refused = run(&silent, Profile::Project).unwrap_err();
    assert!(
        refused
            .iter()
            .any(|it| it.is_refusal() && it.what.contains("action 0 has no description"))
    );
    let warned = run(&silent, Profile::General).unwrap();
    assert!(
        warned
            .findings
            .iter()
            .any(|it| !it.is_refusal() && it.what.contains("action 0 has no description"))
    );
}

#[test]
fn overlays_that_are_none_are_refused_at_their_line() {
    refused(
        "overlay: 1.1.0 # <--\ninfo: { title: T, version: '1' }\nactions: []\n",
        "/overlay",
        "this is Overlay 1.1.0",
    );
    refused("info: {} # <--\n", "", "no `overlay` version");
    refused(
        "overlay: 1.0.0 # <--\ninfo: { title: T, version: '1' }\n",
        "",
        "`actions` is missing",
    );
    refused(
        "overlay: 1.0.0\ninfo: { title: T } # <--\nactions: []\n",
        "/info",
        "`version` is missing",
    );
    refused(
        "overlay: 1.0.0\ninfo: { title: T, version: '1' }\nactions: [] # <--\n",
        "/actions",
        "at least one",
    );
    refused(
        &overlay("- target: '$[' # <--\n  description: why\n  remove: true"),
        "/actions/0/target",
        "invalid JSONPath",
    );
    refused(
        &overlay("- description: why # <--\n  remove: true"),
        "/actions/0",
        "no `target`",
    );
    refused(
        &overlay("- target: $.info\n  descripton: why # <--\n  remove: true"),
        "/actions/0/descripton",
        "knows no `descripton`",
    );
    refused(
        &overlay("- target: $.info # <--\n  description: why"),
        "/actions/0",
        "either `update` or `remove: true`",
    );
    refused(
        &overlay("- target: $.info\n  description: why\n  remove: yes # <--"),
        "/actions/0/remove",
        "not a boolean",
    );
    refused(
        &overlay("- target: $.info.title # <--\n  description: why\n  remove: true"),
        "/actions/0/target",
        "cannot be applied",
    );
}

#[test]
fn a_virtual_path_that_contradicts_its_real_url_is_refused() {
    let mark = |mark: &str| {
        overlay(&format!(
            "- target: $.paths['/a'].post\n  description: why\n  update:\n    x-virtual-path: {mark} # <--"
        ))
    };
    refused(
        &mark("false"),
        "/paths/~1a/post/x-virtual-path",
        "says that `/a` is sent",
    );
    refused(
        &mark("'yes'"),
        "/paths/~1a/post/x-virtual-path",
        "neither true nor false",
    );
    assert!(run(&mark("true"), Profile::General).is_ok());
}

#[test]
fn an_extension_where_nobody_looks_is_a_warning() {
    let lost = overlay("- target: $.info\n  description: why\n  update: { x-type-name: Info }");
    let generated = run(&lost, Profile::General).unwrap();
    assert!(
        generated
            .findings
            .iter()
            .any(|it| it.what == "`x-type-name` says nothing here")
    );
}

#[test]
fn an_element_added_to_a_list_is_placed_in_the_overlay() {
    let server = overlay(
        "- target: $.servers\n  description: why\n  update: { url: 'https://y.test' } # <--",
    );
    refused(&server, "/servers/1", "no description");
}
