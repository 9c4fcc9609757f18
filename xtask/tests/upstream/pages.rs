//! What can be wrong with the pages, and what has changed on them.

use crate::project::Project;

#[test]
fn the_pages_at_hand_are_those_that_the_document_was_made_of() {
    Project::new().check().is_clean();
}

#[test]
fn a_change_is_found_on_its_page_and_line() {
    let project = Project::new();
    project.edit(
        "send-points.md",
        "amount:\n                            type: string",
        "amount:\n                            type: integer",
    );
    let checked = project.check();
    let at = project.at(
        "send-points.md",
        "type: integer\n                            description: How many",
    );
    assert_eq!(checked.changes(), [format!("request-type-changed {at}")]);
    assert_eq!(checked.json["drift"]["verdict"], "breaking");
    assert_eq!(checked.code, 4);
}

#[test]
fn a_change_that_was_accepted_does_not_fail() {
    let project = Project::new();
    let amount = "amount:\n                            type: string";
    let bounded = format!("{amount}\n                            minLength: 1");
    project.edit("send-points.md", amount, &bounded);
    project.write(
        "policy.toml",
        "\
[[accept]]
rule = \"request-bound-tightened\"
operation = \"POST /sendPoints\"
reason = \"nobody sends an empty amount\"
until = 9999-01-01
",
    );
    let checked = project.check_at(&["--pages", "published", "--policy", "policy.toml"]);
    assert_eq!(checked.json["drift"]["verdict"], "unchanged");
    assert_eq!(checked.code, 0, "{}", checked.said);
}

#[test]
fn new_words_around_the_same_slice_are_worth_a_note() {
    let project = Project::new();
    project.edit("fetch-points.md", "Read the points", "Look at the points");
    let checked = project.check();
    assert_eq!(checked.findings(), ["prose-changed fetch-points.md:null"]);
    assert_eq!(checked.code, 0);
    let any = project.check_at(&["--pages", "published", "--fail-on", "any"]);
    assert_eq!(any.code, 4);
}

#[test]
fn another_layout_is_worth_a_note() {
    let project = Project::new();
    project.edit("fetch-points.md", "required: true\n", "required:    true\n");
    let checked = project.check();
    assert_eq!(
        checked.findings(),
        [
            "layout-changed reward-points-api.yaml:null",
            "prose-changed fetch-points.md:null"
        ]
    );
    assert_eq!(checked.changes(), [""; 0]);
    assert_eq!(checked.code, 0);
}

#[test]
fn slices_that_disagree_are_named_with_both_lines() {
    // `info` stands in all slices, BadRequest in three.
    for (from, to, page) in [
        ("version: '1.2'", "version: '1.3'", "validate-token.md"),
        (
            "description: Invalid request",
            "description: Bad",
            "fetch-points.md",
        ),
    ] {
        let project = Project::new();
        project.edit("send-points.md", from, to);
        let checked = project.check();
        let (here, elsewhere) = (project.at("send-points.md", to), project.at(page, from));
        assert_eq!(checked.findings(), [format!("slices-disagree {here}")]);
        assert!(checked.what().contains(&elsewhere), "{}", checked.what());
        assert_eq!(checked.code, 4);
    }
}

#[test]
fn what_only_some_slices_have_is_a_disagreement_too() {
    let project = Project::new();
    project.edit("send-points.md", "security:\n  - BearerAuth: []\n", "");
    let checked = project.check();
    let findings = checked.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with("slices-disagree send-points.md:"),
        "{findings:?}"
    );
    assert!(
        checked.what().contains("no `security`"),
        "{}",
        checked.what()
    );
}

#[test]
fn a_page_without_its_slice_is_told_and_the_rest_is_compared() {
    let project = Project::new();
    project.edit(
        "send-points.md",
        "````yaml specs/reward-points-api.yaml POST /sendPoints\nopenapi",
        "````yaml\nx",
    );
    project.edit(
        "fetch-points.md",
        "operationId: fetchPoints",
        "deprecated: true\n      operationId: fetchPoints",
    );
    let checked = project.check();
    assert_eq!(
        checked.findings(),
        ["page-without-slice send-points.md:null"]
    );
    assert_eq!(
        checked.changes(),
        [format!(
            "operation-deprecated {}",
            project.at("fetch-points.md", "post:")
        )]
    );
    assert_eq!(checked.code, 4);
}

#[test]
fn a_missing_page_is_told_and_its_operation_stays() {
    let project = Project::new();
    std::fs::remove_file(project.path("published/cancel-points.md")).unwrap();
    let checked = project.check();
    assert_eq!(checked.findings(), ["page-missing upstream.toml:39"]);
    assert_eq!(checked.changes(), [""; 0]);
    assert_eq!(checked.code, 4);
}

#[test]
fn a_page_under_another_name_has_moved() {
    let project = Project::new();
    let send = project.path("published/send-points.md");
    std::fs::rename(send, project.path("published/give-points.md")).unwrap();
    let checked = project.check();
    assert_eq!(checked.findings(), ["page-moved give-points.md:null"]);
    assert!(
        checked.what().contains("from send-points.md"),
        "{}",
        checked.what()
    );
    assert_eq!(checked.code, 4);
}

/// A page of an operation that nobody has seen.
pub(crate) fn new_operation(project: &Project) -> String {
    let page = project.read("published/fetch-points.md");
    page.replace("operationId: fetchPoints", "operationId: listPoints")
        .replace("/fetchPoints:", "/listPoints:")
        .replace("POST /fetchPoints\n", "POST /listPoints\n")
}

#[test]
fn an_operation_that_is_not_on_record_is_new() {
    let project = Project::new();
    project.write("published/list-points.md", new_operation(&project));
    let checked = project.check();
    let at = project.at("list-points.md", "post:");
    assert_eq!(checked.findings()[0], format!("operation-new {at}"));
    assert_eq!(checked.changes(), [format!("operation-added {at}")]);
    assert_eq!(checked.code, 4);
}

#[test]
fn pages_of_other_documents_are_passed_over() {
    let project = Project::new();
    let other = new_operation(&project)
        .replace("specs/reward-points-api.yaml", "specs/other.yaml")
        .replace("title: Xoxoday Reward Points API", "title: Other");
    project.write("published/list-points.md", other);
    project.write("published/guide.md", "# Guide\n\n```yaml\na: 1\n```\n");
    project.check().is_clean();
}

#[test]
fn another_operation_on_the_page_is_a_new_name() {
    let project = Project::new();
    project.edit(
        "send-points.md",
        "operationId: sendPoints",
        "operationId: givePoints",
    );
    let checked = project.check();
    let at = project.at("send-points.md", "post:");
    assert_eq!(checked.findings()[0], format!("operation-renamed {at}"));
    assert!(
        checked.changes()[0].starts_with("operation-id-changed"),
        "{:?}",
        checked.changes()
    );
}

#[test]
fn two_slices_of_one_operation_are_one_too_many() {
    let project = Project::new();
    project.write(
        "published/again.md",
        project.read("published/send-points.md"),
    );
    let checked = project.check();
    let at = project.at("again.md", "post:");
    assert_eq!(checked.findings(), [format!("slice-twice {at}")]);
    assert!(
        checked
            .what()
            .contains(&project.at("send-points.md", "post:")),
        "{}",
        checked.what()
    );
}

#[test]
fn a_block_that_says_something_else_than_it_holds_is_told() {
    let project = Project::new();
    project.edit(
        "send-points.md",
        "POST /sendPoints\n",
        "POST /fetchPoints\n",
    );
    let checked = project.check();
    assert_eq!(
        checked.findings()[0],
        format!(
            "slice-mislabelled {}",
            project.at("send-points.md", "````yaml")
        )
    );
    assert_eq!(checked.code, 4);
}

#[test]
fn a_slice_that_is_none_is_refused_with_its_line() {
    for (from, to, near) in [
        ("openapi: 3.0.3", "openapi: [", "info:"),
        ("openapi: 3.0.3", "openapi: 3.1.0", "openapi: 3.1.0"),
        (
            "access_token>`'\n\n````",
            "access_token>`'\n\n```",
            "````yaml",
        ),
        ("    post:\n", "    x-post:\n", "openapi: 3.0.3"),
        ("      operationId: sendPoints\n", "", "post:"),
    ] {
        let project = Project::new();
        project.edit("send-points.md", from, to);
        let checked = project.check();
        let at = project.at("send-points.md", near);
        assert_eq!(
            checked.findings(),
            [format!("slice-refused {at}")],
            "{from}: {}",
            checked.what()
        );
        assert_eq!(checked.code, 4);
    }
}

#[test]
fn a_slice_that_does_not_fit_line_by_line_is_not_forced() {
    let project = Project::new();
    let title = "title: Xoxoday Reward Points API";
    // `info` comes from the first slice, where nothing is anchored.
    project.edit(
        "send-points.md",
        title,
        "title: &title Xoxoday Reward Points API",
    );
    project.edit(
        "send-points.md",
        "summary: Send Points API",
        "summary: *title",
    );
    let checked = project.check();
    let at = project.at("send-points.md", "summary: *title");
    assert_eq!(checked.findings()[0], format!("slice-refused {at}"));
    assert!(
        checked.what().contains("line by line"),
        "{}",
        checked.what()
    );
    assert!(checked.json["drift"].is_null());
    assert_eq!(checked.code, 4);
}

#[test]
fn the_lines_of_another_system_are_the_same_lines() {
    let project = Project::new();
    let page = project.read("published/send-points.md");
    project.write("published/send-points.md", page.replace('\n', "\r\n"));
    let checked = project.check();
    assert_eq!(checked.findings(), ["prose-changed send-points.md:null"]);
}

#[test]
fn a_directory_that_is_not_there_is_a_failure_and_an_empty_one_is_not() {
    let project = Project::new();
    let output = project.upstream(&["check", "--pages", "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    std::fs::create_dir(project.path("empty")).unwrap();
    let checked = project.check_at(&["--pages", "empty"]);
    assert_eq!(checked.findings().len(), 6);
    assert!(checked.json["drift"].is_null());
    assert_eq!(checked.code, 4);
}

#[test]
fn a_document_that_was_edited_by_hand_is_told() {
    let project = Project::new();
    project.replace(
        "openapi/reward-points-api.yaml",
        "title: Xoxoday",
        "title: My Xoxoday",
    );
    let checked = project.check();
    assert_eq!(checked.findings()[0], "document-edited upstream.toml:10");
    assert_eq!(checked.code, 4);
}

#[test]
fn findings_are_written_in_every_format() {
    let project = Project::new();
    project.edit("send-points.md", "POST /sendPoints\n", "POST /a,b:%|<b>\n");
    for (format, part) in [
        (
            "text",
            "error: the block says `yaml specs/reward-points-api.yaml POST /a,b:%|<b>`",
        ),
        ("markdown", "    error: the block says"),
        (
            "github",
            "line=38,title=slice-mislabelled::the block says `yaml specs/reward-points-api.yaml POST /a,b:%25|<b>`",
        ),
    ] {
        let output = project.upstream(&["check", "--pages", "published", "--format", format]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(part), "{format}: {text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
    let never = project.check_at(&["--pages", "published", "--fail-on", "never"]);
    assert_eq!(never.code, 0);
}
