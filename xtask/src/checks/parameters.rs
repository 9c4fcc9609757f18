//! Parameters: where they go, that they can be written there, and that the path names them.

use serde_json::Value;

use super::Report;
use crate::names::method_name;
use crate::operations;
use crate::pointer;
use crate::resolve::{self, same_parameter};
use crate::walk::{Kind, walk};

pub(super) fn check(report: &mut Report<'_, '_>) {
    let root = report.root();
    walk(root, &mut |kind, here, node| {
        if kind == Kind::Parameter && node.get("$ref").is_none() {
            parameter(report, here, node);
        }
    });
    for (path, here) in operations::pointers(report.document) {
        operation(report, &path, &here);
    }
}

fn parameter(report: &mut Report<'_, '_>, here: &str, parameter: &Value) {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let Some(name) = text("name").filter(|name| !name.is_empty()) else {
        report.refuse(here, "this parameter has no name", "give it a `name`");
        return;
    };
    let there = |key: &str| pointer::join(here, key);
    let (location, style) = match text("in") {
        Some(location @ ("path" | "header")) => (location, "simple"),
        Some("query") => ("query", "form"),
        Some("cookie") => {
            report.refuse(
                &there("in"),
                format!("`{name}` is a cookie, which the generated client cannot send"),
                "send it as a header in an overlay, or remove it",
            );
            return;
        }
        _ => {
            report.refuse(
                here,
                format!("`in` of the parameter `{name}` is none of path, query, header, cookie"),
                "say where the parameter goes",
            );
            return;
        }
    };
    if let Some(other) = text("style").filter(|other| *other != style) {
        report.refuse(&there("style"), format!("the generated client cannot write the {location} parameter `{name}` in the style `{other}`"), &format!("it writes {location} parameters in the style `{style}`"));
    }
    if location == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
        report.refuse(
            here,
            format!("the path parameter `{name}` is not required"),
            "a path parameter has `required: true`",
        );
    }
    if location == "header" && is_ignored_header(name) {
        report.note(here, format!("OpenAPI ignores a parameter for the header `{name}`, and so does the generated client"));
        return;
    }
    if location == "header" && !is_header_name(name) {
        report.refuse(
            &there("name"),
            format!("`{name}` is not the name of an HTTP header"),
            "use letters, digits and dashes",
        );
    }
    let Some(schema) = parameter.get("schema") else {
        report.refuse(
            here,
            format!("the parameter `{name}` has no schema"),
            "say what it is with `schema`; `content` is more than the generator can do",
        );
        return;
    };
    let kind = plain_kind(report.root(), schema, 0);
    match (location, kind) {
        (_, Shape::Plain) => {}
        ("query", Shape::Array | Shape::Object) => {
            if parameter.get("explode") == Some(&Value::Bool(false)) {
                report.refuse(&there("explode"), format!("the generated client repeats the name of `{name}` for each value; it cannot join them with commas"), "make it a string in an overlay, and join the values yourself");
            }
        }
        ("query", Shape::Other) => {}
        (_, _) => {
            report.refuse(
                &there("schema"),
                format!("the {location} parameter `{name}` is no plain value"),
                "give it the type boolean, integer, number or string",
            );
        }
    }
}

enum Shape {
    Plain,
    Array,
    Object,
    Other,
}

fn plain_kind(root: &Value, schema: &Value, depth: usize) -> Shape {
    let Some(schema) = resolve::follow(root, schema).filter(|_| depth < 16) else {
        return Shape::Other;
    };
    if let Some(only) = crate::schema::only_alternative(schema).and_then(|it| schema.pointer(it)) {
        return plain_kind(root, only, depth + 1);
    }
    if ["allOf", "oneOf", "anyOf", "not"]
        .into_iter()
        .any(|key| schema.get(key).is_some())
    {
        return Shape::Other;
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean" | "integer" | "number" | "string") => Shape::Plain,
        Some("array") => Shape::Array,
        Some("object") => Shape::Object,
        _ => Shape::Other,
    }
}

/// Headers that are described by other means: `content`, `security`.
pub(crate) fn is_ignored_header(name: &str) -> bool {
    ["accept", "authorization", "content-type"]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it))
}

fn is_header_name(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// The parameters of an operation together: none twice, none missing, none too many.
fn operation(report: &mut Report<'_, '_>, path: &str, here: &str) {
    let root = report.root();
    let item = pointer::parent(here).unwrap_or_default();
    let mut all: Vec<(&Value, String)> = Vec::new();
    for around in [here, item] {
        let list = pointer::join(around, "parameters");
        let mut own: Vec<(&Value, String)> = Vec::new();
        match root.pointer(&list) {
            None => continue,
            Some(Value::Array(parameters)) => {
                for (index, parameter) in parameters.iter().enumerate() {
                    let there = pointer::at(&list, index);
                    let Some(parameter) = resolve::follow(root, parameter) else {
                        continue;
                    };
                    if own
                        .iter()
                        .any(|(other, _)| same_parameter(other, parameter))
                    {
                        report.refuse(
                            &there,
                            format!(
                                "the {} parameter `{}` stands twice in one list",
                                text(parameter, "in"),
                                text(parameter, "name")
                            ),
                            "remove one of the two",
                        );
                    }
                    own.push((parameter, there));
                }
            }
            Some(_) => report.refuse(&list, "`parameters` is not a list", "list the parameters"),
        }
        // An operation's own parameter takes the place of its path's.
        own.retain(|(parameter, _)| {
            around == here
                || !all
                    .iter()
                    .any(|(other, _)| same_parameter(other, parameter))
        });
        all.extend(own);
    }
    let body = root.pointer(&pointer::join(here, "requestBody")).is_some();
    for (index, (parameter, there)) in all.iter().enumerate() {
        let name = text(parameter, "name");
        let rust_name = method_name(name);
        let clash = all[..index]
            .iter()
            .find(|(other, _)| method_name(text(other, "name")) == rust_name);
        if let Some((other, place)) = clash {
            let place = report.document.place(place);
            report.refuse(
                there,
                format!("the {} parameter `{name}` and the {} parameter `{}` ({place}) would both become the argument `{rust_name}`", text(parameter, "in"), text(other, "in"), text(other, "name")),
                "rename or remove one of them with an overlay",
            );
        }
        if (body && rust_name == "body") || TAKEN.contains(&rust_name.as_str()) {
            report.refuse(there, format!("the parameter `{name}` would become the argument `{rust_name}`, a name that the generated method needs for itself"), "remove it with an overlay");
        }
    }
    template(report, path, here, &all);
}

/// What generated methods call their own variables without looking at the arguments.
const TAKEN: [&str; 1] = ["header_map"];

fn template(report: &mut Report<'_, '_>, path: &str, here: &str, all: &[(&Value, String)]) {
    let named: Vec<&str> = path
        .split('{')
        .skip(1)
        .filter_map(|piece| piece.split_once('}'))
        .map(|(name, _)| name)
        .collect();
    let declared: Vec<&(&Value, String)> = all
        .iter()
        .filter(|(parameter, _)| text(parameter, "in") == "path")
        .collect();
    for name in &named {
        if !declared
            .iter()
            .any(|(parameter, _)| text(parameter, "name") == *name)
        {
            report.refuse(
                here,
                format!("the path has `{{{name}}}`, but no path parameter `{name}` is declared"),
                "declare it, with `in: path` and `required: true`",
            );
        }
    }
    for (parameter, there) in declared {
        let name = text(parameter, "name");
        if !named.contains(&name) {
            report.refuse(
                there,
                format!("the path parameter `{name}` is not in the path `{path}`"),
                "put it in the path in braces, or remove it",
            );
        }
    }
}

fn text<'v>(parameter: &'v Value, key: &str) -> &'v str {
    parameter
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
