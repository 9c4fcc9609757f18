//! What type the answers of an operation get: the one that all of them have, or bytes.

use xtask::{Profile, Source, generate};

/// The return type of the only operation, with the notes.
fn answer(responses: &str) -> (String, Vec<String>) {
    let responses: String = responses
        .lines()
        .map(|line| format!("        {line}\n"))
        .collect();
    let document = format!(
        "openapi: 3.0.3
info: {{ title: T, version: '1' }}
servers: [{{ url: https://x.test, description: X }}]
paths:
  /a:
    get:
      operationId: a
      responses:
{responses}
components:
  schemas:
    One: {{ type: object, properties: {{ a: {{ type: string }} }} }}
    Two: {{ type: object, properties: {{ b: {{ type: string }} }} }}
"
    );
    let source = Source {
        name: "api.yaml".into(),
        bytes: document.into_bytes(),
    };
    let generated =
        generate(&source, None, Profile::General).unwrap_or_else(|error| panic!("{error}"));
    let client = &generated.files["client.rs"];
    let start = client.find("pub async fn a<'a>").unwrap();
    let signature = client[start..].split('{').next().unwrap();
    let signature: String = signature
        .split("->")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .collect();
    (
        signature,
        generated
            .findings
            .into_iter()
            .map(|finding| finding.what)
            .collect(),
    )
}

fn result(success: &str, error: &str) -> String {
    format!("Result<ResponseValue<{success}>,Error<{error}>>")
}

fn json(status: &str, name: &str) -> String {
    format!(
        "{status}: {{ description: '', content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/{name}' }} }} }} }}\n"
    )
}

#[test]
fn one_schema_for_every_error_is_typed() {
    let (typed, notes) =
        answer(&(json("'200'", "One") + &json("'400'", "Two") + &json("5XX", "Two")));
    assert_eq!(typed, result("types::One", "types::Two"));
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn errors_of_two_schemas_are_bytes_and_noted() {
    let (typed, notes) =
        answer(&(json("'200'", "One") + &json("'400'", "One") + &json("'401'", "Two")));
    assert_eq!(typed, result("types::One", "ByteStream"));
    assert_eq!(
        notes,
        ["the errors (400, 401) differ in shape, so they reach the caller as bytes"]
    );
}

#[test]
fn errors_as_text_or_without_a_body_are_bytes_beside_one_in_json() {
    for other in [
        "{ description: '' }",
        "{ description: '', content: { text/plain: {} } }",
    ] {
        let (typed, _) =
            answer(&(json("'200'", "One") + &json("'400'", "Two") + &format!("'502': {other}\n")));
        assert_eq!(typed, result("types::One", "ByteStream"), "{other}");
    }
}

#[test]
fn successes_that_differ_are_bytes() {
    let (typed, _) =
        answer(&(json("'200'", "One") + "'204': { description: '' }\n" + &json("'400'", "Two")));
    assert_eq!(typed, result("ByteStream", "types::Two"));
}

#[test]
fn default_types_the_errors_and_not_the_successes() {
    let (typed, _) = answer(&(json("'200'", "One") + &json("default", "Two")));
    assert_eq!(typed, result("types::One", "types::Two"));
}

#[test]
fn default_alone_types_both() {
    let (typed, _) = answer(&json("default", "One"));
    assert_eq!(typed, result("types::One", "types::One"));
}

#[test]
fn inline_schemas_of_one_operation_are_types_of_their_own() {
    let inline = |status: &str, member: &str| {
        format!(
            "'{status}': {{ description: '', content: {{ application/json: {{ schema: {{ type: object, properties: {{ {member}: {{ type: string }} }} }} }} }} }}\n"
        )
    };
    let (typed, _) = answer(&(inline("200", "ok") + &inline("400", "bad")));
    assert_eq!(typed, result("types::AResponse", "types::A400Response"));
}

#[test]
fn json_under_another_name_is_json_as_an_error_and_bytes_as_a_success() {
    let problem =
        "content: { application/problem+json: { schema: { $ref: '#/components/schemas/Two' } } }";
    let (typed, _) = answer(&format!(
        "'200': {{ description: '', {problem} }}\n'400': {{ description: '', {problem} }}\n"
    ));
    assert_eq!(typed, result("ByteStream", "types::Two"));
}

#[test]
fn a_success_comes_as_json_if_it_can_and_an_error_as_it_likes() {
    let both = "content: { application/json: { schema: { $ref: '#/components/schemas/One' } }, text/html: {} }";
    let (typed, _) = answer(&format!(
        "'200': {{ description: '', {both} }}\n'400': {{ description: '', {both} }}\n"
    ));
    assert_eq!(typed, result("types::One", "ByteStream"));
}

#[test]
fn json_without_a_schema_is_any_json() {
    let (typed, _) = answer("'200': { description: '', content: { application/json: {} } }\n");
    assert_eq!(typed, result("::serde_json::Value", "()"));
}

#[test]
fn redirects_do_not_disturb_the_types() {
    let (typed, notes) =
        answer(&(json("'200'", "One") + &json("'302'", "Two") + "'101': { description: '' }\n"));
    assert_eq!(typed, result("types::One", "()"));
    assert!(notes.is_empty(), "{notes:?}");
}
