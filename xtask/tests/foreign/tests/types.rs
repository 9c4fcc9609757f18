//! What the types of generated clients take and give.

use serde_json::{Value, json};
use xtask_foreign::shapes::client::types::{Outline, Shape, ShapeEither};

fn shape(changes: Value) -> Result<Shape, serde_json::Error> {
    let mut value = json!({
        "id": "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "made": "2024-01-02T03:04:05Z",
        "nothing": null,
        "kind": "round",
        "maybe_kind": null,
        "outline": { "line": "solid", "width": 1 }
    });
    let Value::Object(changes) = changes else {
        unreachable!()
    };
    value.as_object_mut().unwrap().extend(changes);
    serde_json::from_value(value)
}

#[test]
fn null_is_taken_where_and_only_where_it_is_allowed() {
    let with_nulls = shape(json!({ "maybe_point": null, "type": null })).unwrap();
    assert!(with_nulls.maybe_point.is_none() && with_nulls.type_.is_none());
    assert!(with_nulls.nothing.is_none() && with_nulls.maybe_kind.is_none());
    assert!(shape(json!({ "kind": null })).is_err());
    assert!(shape(json!({ "outline": null })).is_err());
}

#[test]
fn a_required_null_is_written_and_an_absent_member_is_not() {
    let written = serde_json::to_value(shape(json!({})).unwrap()).unwrap();
    assert_eq!(written["nothing"], Value::Null);
    assert!(written.as_object().unwrap().contains_key("nothing"));
    assert!(!written.as_object().unwrap().contains_key("maybe_point"));
}

#[test]
fn tagged_and_untagged_unions_are_read_as_the_right_alternative() {
    let dashed =
        shape(json!({ "outline": { "line": "dashed", "dash": { "length": 2 } } })).unwrap();
    assert!(
        matches!(dashed.outline, Outline::Dashed { .. }),
        "{:?}",
        dashed.outline
    );
    let either = shape(json!({ "either": { "x": {} } })).unwrap().either;
    assert!(matches!(either, Some(ShapeEither::ShapeEitherVariant1(_))));
}

#[test]
fn a_union_that_cannot_be_told_apart_keeps_everything() {
    let unclear = json!({ "name": "n", "x": 1.5, "more": [1] });
    let shape = shape(json!({ "unclear": unclear })).unwrap();
    assert_eq!(shape.unclear, Some(unclear));
}

#[test]
fn a_string_with_a_pattern_is_held_to_it() {
    assert!(shape(json!({ "code": "abc" })).is_ok());
    assert!(shape(json!({ "code": "ABC" })).is_err());
}

#[test]
fn json_schemas_come_with_the_types() {
    let schema = schemars::schema_for!(Shape);
    assert!(schema.to_value()["properties"]["maybe_kind"].is_object());
}
