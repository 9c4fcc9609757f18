//! Request bodies.

use serde_json::Value;

use super::content;
use super::members::Members;
use super::node::Node;
use super::rule::{self, Direction};
use super::walk::Walk;

const BODY: Members = Members(&[
    ("required", Value::is_boolean),
    ("content", Value::is_object),
]);

pub(super) fn compare<'v>(
    walk: &mut Walk<'v>,
    base: &Node<'v>,
    revision: &Node<'v>,
    direction: Direction,
) {
    let body = |operation: &Node<'v>| {
        let body = operation.get("requestBody");
        body.filter(|it| !it.value.is_null())
    };
    let one = body(base).map(|it| walk.base.follow(it));
    let other = body(revision).map(|it| walk.revision.follow(it));
    let (one, other) = match (one, other) {
        (None, None) => return,
        (Some(one), None) => {
            walk.note(
                &rule::REQUEST_BODY_REMOVED,
                &one.pointer,
                &revision.pointer,
                "",
            );
            return;
        }
        (None, Some(other)) => {
            let rule = match other.flag("required") {
                true => rule::REQUIRED_REQUEST_BODY_ADDED.of(direction),
                false => &rule::OPTIONAL_REQUEST_BODY_ADDED,
            };
            walk.note(rule, &base.pointer, &other.pointer, "");
            return;
        }
        (Some(one), Some(other)) => (one, other),
    };
    compare_one(walk, &one, &other, direction);
}

pub(super) fn compare_one<'v>(
    walk: &mut Walk<'v>,
    one: &Node<'v>,
    other: &Node<'v>,
    direction: Direction,
) {
    walk.once(one, other, Some(direction), |walk| {
        BODY.compare_node(walk, one, other);
        let required = match (one.flag("required"), other.flag("required")) {
            (false, true) => Some(&rule::REQUEST_BODY_REQUIRED),
            (true, false) => Some(&rule::REQUEST_BODY_OPTIONAL),
            _ => None,
        };
        if let Some(rule) = required {
            walk.note(rule.of(direction), &one.pointer, &other.pointer, "");
        }
        content::compare(walk, one, other, direction);
    });
}
