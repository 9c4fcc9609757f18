//! Property tables against schemas, and the ledger against both.

use crate::project::Project;

#[track_caller]
fn contradicts(page: &str, from: &str, to: &str, what: &[&str]) {
    let project = Project::new();
    project.edit(page, from, to);
    let checked = project.check();
    let findings = checked.json["findings"].as_array().unwrap().iter();
    let said: Vec<_> = findings
        .filter(|it| it["kind"] == "prose-contradicts")
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    assert_eq!(said, what);
    assert_eq!(checked.code, 4);
}

#[test]
fn what_the_prose_names_and_the_schema_lacks() {
    contradicts(
        "fetch-points.md",
        "| `user_data.phone` | `String` | Phone of the user. |",
        "| `user_data.phone` | `String` | Phone of the user. |\n| `user_data.fax` | `String` | Fax. |",
        &["fetchPoints: request user_data.fax, not in the schema"],
    );
}

#[test]
fn what_the_schema_has_and_the_prose_lacks() {
    contradicts(
        "cancel-points.md",
        "| `data.cancelBalance.recipients[].success` | boolean | Cancelled or not. |\n",
        "",
        &["cancelPoints: response data.cancelBalance.recipients[].success, not in the prose"],
    );
    // The names of this table begin inside of the body.
    contradicts(
        "fetch-points.md",
        "| `user_data.email` | `String` | Email of the user. |\n",
        "",
        &["fetchPoints: request variables.user_data.email, not in the prose"],
    );
}

#[test]
fn a_type_that_differs() {
    contradicts(
        "fetch-points.md",
        "string/null",
        "string",
        &[
            "fetchPoints: response data.user_balance.message, string in prose, null/string in the schema",
        ],
    );
    contradicts(
        "create-user-token.md",
        "| `scope`           | `String` ",
        "| `scope`           | `[String]` ",
        &["createUserToken: request scope, [String] in prose, string in the schema"],
    );
}

#[test]
fn a_schema_that_changes_beneath_its_table() {
    contradicts(
        "validate-token.md",
        "                  token_type:\n                    type: string\n",
        "                  token_type:\n                    type: integer\n                  note:\n                    type: string\n",
        &[
            "validateTokenPoints: response token_type, string in prose, integer in the schema",
            "validateTokenPoints: response note, not in the prose",
        ],
    );
}

#[test]
fn a_table_may_name_parameters_too() {
    let project = Project::new();
    let table = "## Request Schema\n\n| Property | Type |\n| --- | --- |\n\
                 | verbose | boolean |\n| terse | boolean |\n\n## Response Schema";
    project.edit("validate-token.md", "## Response Schema", table);
    let parameter = "parameters:\n        - name: verbose\n          in: query\n          \
                     schema:\n            type: string\n      operationId:";
    project.edit("validate-token.md", "operationId:", parameter);
    let checked = project.check();
    assert_eq!(
        checked.what().lines().collect::<Vec<_>>(),
        [
            "validateTokenPoints: request verbose, boolean in prose, string in the schema",
            "validateTokenPoints: request terse, not in the schema",
        ]
    );
}

#[test]
fn what_may_be_left_out_is_no_part_of_a_name_or_a_type() {
    let project = Project::new();
    project.edit(
        "fetch-points.md",
        "| `user_data.email` | `String` |",
        "| `user_data.email` (optional) | `String?` |",
    );
    let checked = project.check();
    assert_eq!(checked.findings(), ["prose-changed fetch-points.md:null"]);
}

#[test]
fn a_contradiction_out_of_the_ledger_is_found_at_its_row() {
    let project = Project::new();
    project.replace(
        "openapi/ledger.toml",
        "    \"sendPoints: request variables.recipients_data.sender_email, not in the schema\",\n",
        "",
    );
    let checked = project.check();
    assert_eq!(checked.findings(), ["prose-contradicts send-points.md:16"]);
    let finding = &checked.json["findings"][0];
    assert!(
        finding["remedy"]
            .as_str()
            .unwrap()
            .contains("ledger.toml: \"sendPoints: request")
    );
    assert_eq!(checked.code, 4);
}

#[test]
fn a_row_that_no_longer_applies_is_found_in_the_ledger() {
    let project = Project::new();
    project.edit("send-points.md", "`Int/String`", "`Int`");
    let checked = project.check();
    let findings = checked.findings();
    assert!(findings[0].starts_with("prose-changed"), "{findings:?}");
    assert!(
        findings[1].starts_with("ledger-idle ledger.toml:"),
        "{findings:?}"
    );
    assert!(
        checked.what().contains("contradiction 3 explains"),
        "{}",
        checked.what()
    );
    assert_eq!(checked.code, 4);
}

#[test]
fn the_ledger_is_not_idle_while_its_page_is_missing() {
    let project = Project::new();
    std::fs::remove_file(project.path("published/send-points.md")).unwrap();
    assert_eq!(
        project.check().findings(),
        ["page-missing upstream.toml:34"]
    );
}

#[test]
fn a_contradiction_is_explained_once() {
    let project = Project::new();
    project.replace(
        "openapi/ledger.toml",
        "    \"refreshTokenPoints: response access_token_expiry, not in the prose\",\n",
        "    \"sendPoints: request variables.recipients_data.recipients, not in the schema\",\n",
    );
    let output = project.upstream(&["check", "--pages", "published"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("is explained twice"), "{said}");
}
