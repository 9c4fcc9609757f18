//! What operations take and answer: paths, parameters, bodies, statuses.

use super::{OK, operation, refused, with};

#[test]
fn paths_and_parameters_that_do_not_agree() {
    let path = |path: &str| {
        with(
            &format!("{path}: # <--\n  get: {{ operationId: a, {OK} }}"),
            "",
        )
    };
    refused(&path("a"), "/paths/a", "does not begin with a slash");
    refused(&path("/a?b"), "/paths/~1a?b", "query or a fragment");
    refused(&path("'/a/{b'"), "/paths/~1a~1{b", "do not match");
    let at = "/paths/~1a~1{b}/get";
    refused(
        &with(
            &format!("/a/{{b}}:\n  get: # <--\n    operationId: a\n    {OK}"),
            "",
        ),
        at,
        "no path parameter `b` is declared",
    );
    refused(
        &operation(
            "parameters:\n- { name: b, in: path, required: true, schema: { type: string } } # <--",
        ),
        "/paths/~1a/get/parameters/0",
        "is not in the path",
    );
}

#[test]
fn parameters_that_the_client_cannot_write() {
    let parameter = |parameter: &str| operation(&format!("parameters:\n- {{ {parameter} }} # <--"));
    let at = "/paths/~1a/get/parameters/0";
    let string = "schema: { type: string }";
    refused(
        &parameter(&format!("name: c, in: cookie, {string}")),
        &format!("{at}/in"),
        "cookie",
    );
    refused(
        &parameter(&format!("name: c, in: body, {string}")),
        at,
        "none of path, query, header, cookie",
    );
    refused(
        &parameter(&format!("name: c, in: query, style: deepObject, {string}")),
        &format!("{at}/style"),
        "style `deepObject`",
    );
    refused(
        &parameter("name: c, in: query, content: {}"),
        at,
        "no schema",
    );
    refused(
        &parameter("name: c, in: query, explode: false, schema: { type: array, items: {} }"),
        &format!("{at}/explode"),
        "commas",
    );
    refused(
        &parameter("name: c, in: header, schema: { type: array, items: {} }"),
        &format!("{at}/schema"),
        "no plain value",
    );
    refused(
        &parameter(&format!("name: a b, in: header, {string}")),
        &format!("{at}/name"),
        "HTTP header",
    );
    refused(&parameter(&format!("in: query, {string}")), at, "no name");
    refused(
        &parameter(&format!("name: header_map, in: query, {string}")),
        at,
        "needs for itself",
    );
    let twice = format!(
        "parameters:\n- {{ name: x-y, in: header, {string} }}\n- {{ name: xY, in: query, {string} }} # <--"
    );
    refused(
        &operation(&twice),
        "/paths/~1a/get/parameters/1",
        "would both become the argument `x_y`",
    );
}

#[test]
fn bodies_that_the_client_cannot_send() {
    let body = |content: &str| operation(&format!("requestBody:\n  content: # <--\n    {content}"));
    let at = "/paths/~1a/get/requestBody";
    refused(
        &body("{ application/json: {}, text/plain: {} }"),
        &format!("{at}/content"),
        "several media types",
    );
    let on = |content: &str| operation(&format!("requestBody:\n  content:\n    {content} # <--"));
    refused(
        &on("multipart/form-data: {}"),
        &format!("{at}/content/multipart~1form-data"),
        "cannot send `multipart/form-data`",
    );
    let form = "application/x-www-form-urlencoded: { schema: { type: object, properties: { a: { type: array } } } }";
    refused(
        &on(form),
        &format!("{at}/content/application~1x-www-form-urlencoded/schema/properties/a"),
        "no plain value",
    );
    refused(&operation("requestBody: {} # <--"), at, "has no content");
}

#[test]
fn responses_under_something_that_is_no_status() {
    let at = "/paths/~1a/get/responses/OK";
    refused(
        &with(
            "/a:\n  get:\n    operationId: a\n    responses:\n      OK: { description: '' } # <--",
            "",
        ),
        at,
        "`OK` is not a status",
    );
}
