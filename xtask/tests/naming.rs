//! How types are named, and that nothing is left for the generator to invent.

use xtask::{Generated, Profile, Source, generate};

fn client(schema: &str, more: &str) -> String {
    let document = format!(
        "openapi: 3.0.3
info: {{ title: T, version: '1' }}
paths:
  /a:
    post:
      operationId: sendAll
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {schema} }} }} }}
      responses: {{ '200': {{ description: '' }} }}
{more}"
    );
    let source = Source {
        name: "api.yaml".into(),
        bytes: document.into_bytes(),
    };
    let Generated { mut files, .. } =
        generate(&source, None, Profile::General).unwrap_or_else(|error| panic!("{error}"));
    files.remove("client.rs").unwrap()
}

/// The structs and enums of the module `types`, in the order of their names.
fn types(client: &str) -> Vec<&str> {
    let mut names: Vec<&str> = client
        .lines()
        .filter(|line| line.starts_with("    pub struct ") || line.starts_with("    pub enum "))
        .filter_map(|line| line.split_whitespace().nth(2))
        .map(|name| {
            name.trim_end_matches([';', '{'])
                .split('(')
                .next()
                .unwrap_or_default()
        })
        .collect();
    names.sort_unstable();
    names
}

#[track_caller]
fn contains(code: &str, part: &str) {
    assert!(code.contains(part), "no {part:?} in:\n{code}");
}

#[test]
fn inline_schemas_are_named_after_where_they_stand() {
    let client = client(
        "{ type: object, properties: {
            one_thing: { type: object, properties: { a: { type: string } } },
            list: { type: array, items: { type: object, properties: { b: { type: string } } } },
            map: { type: object, additionalProperties: { type: object, properties: { c: { type: string } } } },
            word: { type: string, enum: [x, y] },
            short: { type: string, maxLength: 3 },
            plain: { type: string } } }",
        "",
    );
    assert_eq!(
        types(&client),
        [
            "SendAllRequest",
            "SendAllRequestListItem",
            "SendAllRequestMapValue",
            "SendAllRequestOneThing",
            "SendAllRequestShort",
            "SendAllRequestWord"
        ]
    );
}

#[test]
fn schemas_that_differ_only_in_words_share_a_name() {
    let named = |words: &str| {
        format!(
            "{{ type: object, x-type-name: Shared, description: {words}, example: {words}, required: [b, a], properties: {{ a: {{ type: string, description: {words} }}, b: {{ type: integer }} }} }}"
        )
    };
    let client = client(
        &format!(
            "{{ type: object, properties: {{ x: {}, y: {} }} }}",
            named("one"),
            named("two")
        ),
        "",
    );
    assert_eq!(types(&client), ["SendAllRequest", "Shared"]);
}

#[test]
fn a_description_and_null_beside_a_reference_are_kept() {
    let more =
        "components: { schemas: { Thing: { type: object, properties: { a: { type: string } } } } }";
    let reference = "allOf: [{ $ref: '#/components/schemas/Thing' }]";
    let client = client(
        &format!(
            "{{ type: object, required: [x, y], properties: {{ x: {{ {reference}, nullable: true }}, y: {{ {reference}, description: About this one. }} }} }}"
        ),
        more,
    );
    contains(&client, "pub x: ::std::option::Option<Thing>,");
    contains(
        &client,
        "///About this one.\n        pub y: Thing,"
            .replace("///", "/// ")
            .as_str(),
    );
}

#[test]
fn a_default_stays_with_its_property() {
    let client = client(
        "{ type: object, properties: { x: { type: string, enum: [a, b], default: b } } }",
        "",
    );
    contains(&client, "pub x: SendAllRequestX,");
    contains(&client, "super::SendAllRequestX::B");
}

#[test]
fn titles_do_not_name_types() {
    let client = client(
        "{ type: object, title: Untitled, properties: { x: { type: object, title: Response, properties: { a: { type: string } } } } }",
        "",
    );
    assert_eq!(types(&client), ["SendAllRequest", "SendAllRequestX"]);
}

#[test]
fn a_property_may_have_the_name_of_a_keyword_of_schemas() {
    let client = client(
        "{ type: object, properties: { title: { type: string }, properties: { type: object, properties: { enum: { type: string } } }, description: { type: integer } } }",
        "",
    );
    contains(
        &client,
        "pub title: ::std::option::Option<::std::string::String>",
    );
    contains(
        &client,
        "pub properties: ::std::option::Option<SendAllRequestProperties>",
    );
    contains(&client, "pub description: ::std::option::Option<i64>");
}

#[test]
fn two_properties_that_would_become_one_field_are_refused() {
    let document = "openapi: 3.0.3\ninfo: { title: T, version: '1' }\npaths: {}\ncomponents:\n  schemas:\n    Both: { type: object, properties: { a-b: { type: string }, a_b: { type: string } } }\n";
    let source = Source {
        name: "api.yaml".into(),
        bytes: document.into(),
    };
    let error = generate(&source, None, Profile::General)
        .unwrap_err()
        .to_string();
    contains(
        &error,
        "two names in `Both` would both become `a_b` in Rust",
    );
    contains(&error, "api.yaml:6 (/components/schemas/Both)");
}
