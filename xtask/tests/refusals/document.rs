//! The document as a whole: version, info, ids, references, servers, security.

use super::{OK, SCHEMA, operation, refusals, refused, schema, with};

#[test]
fn the_base_of_these_tests_is_not_refused() {
    assert_eq!(refusals(&operation("summary: fine")), []);
    assert_eq!(refusals(&schema("type: string")), []);
}

#[test]
fn versions_other_than_3_0() {
    refused("swagger: '2.0' # <--\n", "/swagger", "Swagger 2");
    refused("openapi: 3.1.0 # <--\n", "/openapi", "OpenAPI 3.1.0");
    refused("openapi: 3.0 # <--\n", "/openapi", "not a version string");
    refused("info: {} # <--\n", "", "no `openapi` version");
}

#[test]
fn info_without_title_or_with_a_version_that_no_header_holds() {
    refused("openapi: 3.0.0 # <--\npaths: {}\n", "", "`info` is missing");
    refused(
        "openapi: 3.0.0\ninfo: { version: '1' } # <--\npaths: {}\n",
        "/info",
        "no title",
    );
    refused(
        "openapi: 3.0.0\ninfo:\n  title: T\n  version: 1.2 # <--\npaths: {}\n",
        "/info/version",
        "not a string",
    );
    refused(
        "openapi: 3.0.0\ninfo:\n  title: T\n  version: 1·2 # <--\npaths: {}\n",
        "/info/version",
        "no HTTP header",
    );
}

#[test]
fn operation_ids_that_are_missing_doubled_alike_or_taken() {
    let two = |first: &str, second: &str| {
        with(
            &format!("/a: {{ get: {{ {first}{OK} }} }}\n/b: {{ get: {{ {second}{OK} }} }} # <--"),
            "",
        )
    };
    refused(
        &two("operationId: a, ", ""),
        "/paths/~1b/get",
        "no `operationId`",
    );
    refused(
        &two("operationId: a, ", "operationId: a, "),
        "/paths/~1b/get/operationId",
        "is taken by api.yaml:4",
    );
    refused(
        &two("operationId: getJob, ", "operationId: get_job, "),
        "/paths/~1b/get/operationId",
        "would both become `get_job`",
    );
    refused(
        &two("operationId: a, ", "operationId: baseurl, "),
        "/paths/~1b/get/operationId",
        "needs for itself",
    );
}

#[test]
fn references_to_nothing_elsewhere_another_kind_or_in_a_circle() {
    let body = "requestBody:\n  $ref: TARGET # <--";
    let at = "/paths/~1a/get/requestBody/$ref";
    let to = |target: &str| operation(&body.replace("TARGET", target));
    refused(
        &to("'#/components/requestBodies/No'"),
        at,
        "leads to nothing",
    );
    refused(&to("other.yaml#/A"), at, "leads out of the document");
    refused(&to("'#/info'"), at, "does not lead to a request body");
    let circle = "requestBodies:\n  A: { $ref: '#/components/requestBodies/B' } # <--\n  B: { $ref: '#/components/requestBodies/A' }";
    refused(
        &with(
            &format!("/a: {{ get: {{ operationId: a, {OK} }} }}"),
            circle,
        ),
        "/components/requestBodies/A",
        "leads back to itself",
    );
    refused(
        &schema("$ref: '#/components/schemas/No' # <--"),
        &format!("{SCHEMA}/$ref"),
        "leads to nothing",
    );
    refused(
        &with("/a:\n  $ref: '#/paths/~1b' # <--\n/b: {}", ""),
        "/paths/~1a/$ref",
        "reference to a whole path",
    );
}

#[test]
fn servers_that_cannot_be_told_apart_or_reached() {
    let server = |server: &str| {
        operation(&format!(
            "servers:\n- {{ url: https://x.test, description: X }}\n{server}"
        ))
    };
    let at = "/paths/~1a/get/servers/1";
    let url = format!("{at}/url");
    refused(
        &server("- { url: https://y.test } # <--"),
        at,
        "no description",
    );
    refused(
        &server("- { url: https://y.test, description: X } # <--"),
        &format!("{at}/description"),
        "described as `X`",
    );
    refused(&server("- { description: Y } # <--"), at, "no `url`");
    refused(
        &server("- { url: /v1, description: Y } # <--"),
        &url,
        "is relative",
    );
    refused(
        &server("- { url: 'https://[', description: Y } # <--"),
        &url,
        "is no URL",
    );
    refused(
        &server("- { url: 'ftp://y.test', description: Y } # <--"),
        &url,
        "not http or https",
    );
    refused(
        &server("- { url: 'https://y.test/?a', description: Y } # <--"),
        &url,
        "a query or a fragment",
    );
    refused(
        &server("- { url: 'https://u:p@y.test', description: Y } # <--"),
        &url,
        "a password",
    );
    refused(
        &server("- { url: 'https://{r}.y.test', description: Y } # <--"),
        &url,
        "`r` is not declared",
    );
    refused(
        &server("- { url: 'https://{r', description: Y } # <--"),
        &url,
        "without a `}`",
    );
    refused(
        &server(
            "- { url: 'https://{r}.y.test', description: Y, variables: { r: { default: a, enum: [b] } } } # <--",
        ),
        &format!("{at}/variables/r/default"),
        "not in its enum",
    );
    refused(
        &server(
            "- { url: 'https://{r}.y.test', description: Y, variables: { r: { enum: [b] } } } # <--",
        ),
        &format!("{at}/variables/r"),
        "no default",
    );
}

#[test]
fn security_schemes_that_are_not_declared() {
    refused(
        &operation("security:\n- No: [] # <--"),
        "/paths/~1a/get/security/0/No",
        "no security scheme `No`",
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let document = with(
        &format!("/a: {{ get: {{ {OK} }} }}\nb: {{ get: {{ operationId: b }} }}"),
        "",
    );
    assert_eq!(refusals(&document).len(), 3, "{:#?}", refusals(&document));
}
