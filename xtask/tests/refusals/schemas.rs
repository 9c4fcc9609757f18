//! Schemas, and the types they would become.

use super::{OK, SCHEMA, refusals, refused, schema, with};

#[test]
fn schemas_that_are_not_those_of_3_0() {
    let at = |key: &str| format!("{SCHEMA}/{key}");
    refused(
        &schema("type: [string, 'null'] # <--"),
        &at("type"),
        "`type` is not a string",
    );
    refused(&schema("type: text # <--"), &at("type"), "no type `text`");
    refused(
        &schema("exclusiveMinimum: 3 # <--"),
        &at("exclusiveMinimum"),
        "not a boolean",
    );
    refused(
        &schema("type: integer\nexclusiveMinimum: true # <--"),
        &at("exclusiveMinimum"),
        "without a `minimum`",
    );
    refused(&schema("enum: [] # <--"), &at("enum"), "at least one value");
    refused(
        &schema("type: object\nproperties:\n  a: true # <--"),
        &at("properties/a"),
        "a schema is an object",
    );
}

#[test]
fn two_different_schemas_under_one_name() {
    let inline = "type: object\nproperties:\n  x: # <--\n    { type: object, properties: { a: { type: string } } }";
    // `AResponseX` is what the inline object would be called.
    let declared = "components:\n  schemas:\n    AResponseX: { type: object, properties: { b: { type: string } } }\n";
    let at = format!("{SCHEMA}/properties/x");
    refused(
        &(schema(inline) + declared),
        &at,
        "would both become the type `AResponseX`",
    );
    let same = declared.replace("b:", "a:");
    assert_eq!(
        refusals(&(schema(inline) + &same)),
        [],
        "the same schema may share the name"
    );
    let components = "schemas:\n  foo_bar: { type: string }\n  fooBar: { type: integer }\n";
    let clash = with(
        &format!("/a: {{ get: {{ operationId: a, {OK} }} }}"),
        &components.replace(
            "foo_bar: { type: string }",
            "foo_bar: { type: string } # <--",
        ),
    );
    refused(
        &clash,
        "/components/schemas/foo_bar",
        "would both become the type `FooBar`",
    );
}

#[test]
fn what_only_progenitor_cannot_do_is_refused_at_its_schema() {
    let broken = "schemas:\n  Fine: { type: string }\n  Broken: # <--\n    not: { type: object, properties: { a: { type: string } } }";
    let document = with(
        &format!("/a: {{ get: {{ operationId: a, {OK} }} }}"),
        broken,
    );
    refused(
        &document,
        "/components/schemas/Broken",
        "more than the generator can do",
    );
}
