//! The types' own JSON schemas against the corrected document: all that differs
//! is meant, and said here with its reason.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use xoxoday_api::types;
use xtask::Source;
use xtask::drift::drift;

fn read(name: &str) -> Source {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Source::read(&root.join(name), name).unwrap()
}

fn corrected() -> Value {
    let overlay = read("openapi/overlay.yaml");
    xtask::corrected_value(&read("openapi/reward-points-api.yaml"), Some(&overlay)).unwrap()
}

/// A type that is both sent and received has two schemas.
fn called(name: &str, sent: bool) -> String {
    let way = if sent { "Sent" } else { "Received" };
    format!("{way}{name}")
}

/// JSON Schema 2020-12, as far as schemars writes it, in the words of OpenAPI 3.0.
fn in_openapi(schema: &Value, sent: bool) -> Value {
    let members = match schema {
        Value::Object(members) => members,
        // `true`
        _ => return json!({}),
    };
    if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
        let name = called(reference.rsplit('/').next().unwrap(), sent);
        return json!({ "$ref": format!("#/components/schemas/{name}") });
    }
    let mut out = Map::new();
    for (key, value) in members {
        match key.as_str() {
            "properties" => {
                let properties = value.as_object().unwrap().iter();
                let properties = properties.map(|(name, it)| {
                    let mut property = in_openapi(it, sent);
                    // What is none is left out, and never sent as null.
                    if let (true, Some(property)) = (sent, property.as_object_mut()) {
                        property.remove("nullable");
                    }
                    (name.clone(), property)
                });
                out.insert(key.clone(), Value::Object(properties.collect()));
            }
            "items" | "additionalProperties" if value.is_object() => {
                out.insert(key.clone(), in_openapi(value, sent));
            }
            "type" => in_types(value, &mut out),
            "anyOf" | "oneOf" => in_alternatives(key, value, sent, &mut out),
            "const" => drop(out.insert("enum".into(), json!([value]))),
            "$schema" | "$defs" | "title" | "description" => {}
            _ => drop(out.insert(key.clone(), value.clone())),
        }
    }
    out.into()
}

fn in_types(value: &Value, out: &mut Map<String, Value>) {
    let names: Vec<_> = match value {
        Value::Array(names) => names.iter().collect(),
        name => vec![name],
    };
    let (null, names): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| *name == "null");
    if !null.is_empty() {
        out.insert("nullable".into(), true.into());
    }
    match names.as_slice() {
        [name] => drop(out.insert("type".into(), (*name).clone())),
        names => {
            let types: Vec<_> = names.iter().map(|name| json!({ "type": name })).collect();
            out.insert("anyOf".into(), types.into());
        }
    }
}

fn in_alternatives(key: &str, value: &Value, sent: bool, out: &mut Map<String, Value>) {
    let all = value.as_array().unwrap().iter();
    let all: Vec<_> = all.map(|it| in_openapi(it, sent)).collect();
    let null = json!({ "nullable": true, "anyOf": [] });
    let (nulls, all): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| *it == null);
    if !nulls.is_empty() {
        out.insert("nullable".into(), true.into());
    }
    let listed = |it: &Value| it.get("enum").and_then(Value::as_array).cloned();
    // An enumeration whose values are described one by one.
    if let Some(values) = all.iter().map(listed).collect::<Option<Vec<_>>>() {
        out.insert("type".into(), "string".into());
        out.insert("enum".into(), values.concat().into());
        return;
    }
    match all.as_slice() {
        [only] => drop(out.insert("allOf".into(), json!([only]))),
        all => drop(out.insert(key.into(), all.into())),
    }
}

/// The corrected document with the types' schemas in the place of its own.
struct Types {
    document: Value,
    requests: SchemaGenerator,
    responses: SchemaGenerator,
}

impl Types {
    fn put<T: JsonSchema>(&mut self, pointer: &str) {
        let response = pointer.contains("/responses/") || pointer.contains("ErrorBody");
        let generator = match response {
            true => &mut self.responses,
            false => &mut self.requests,
        };
        let schema = generator.subschema_for::<T>().to_value();
        let place = self.document.pointer_mut(pointer);
        *place.unwrap_or_else(|| panic!("{pointer}")) = in_openapi(&schema, !response);
    }

    fn document(mut self) -> Value {
        let schemas = self.document.pointer_mut("/components/schemas").unwrap();
        for (generator, sent) in [(&mut self.requests, true), (&mut self.responses, false)] {
            for (name, schema) in generator.take_definitions(true) {
                schemas[called(&name, sent)] = in_openapi(&schema, sent);
            }
        }
        self.document
    }
}

fn of_types() -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut types = Types {
        document: corrected(),
        requests: settings.clone().for_serialize().into_generator(),
        responses: settings.for_deserialize().into_generator(),
    };
    let media = "content/application~1json/schema";
    let request = |path: &str| format!("/paths/{path}/post/requestBody/{media}");
    let response =
        |path: &str, method: &str| format!("/paths/{path}/{method}/responses/200/{media}");
    types.put::<types::TokenStatus>(&response("~1token", "get"));
    types.put::<types::RefreshTokenRequest>(&request("~1token~1company"));
    types.put::<types::TokenResponse>(&response("~1token~1company", "post"));
    types.put::<types::CreateUserTokenRequest>(&request("~1token~1create~1user"));
    types.put::<types::TokenResponse>(&response("~1token~1create~1user", "post"));
    types.put::<types::FetchPointsRequest>(&request("~1fetchPoints"));
    types.put::<types::FetchPointsResponse>(&response("~1fetchPoints", "post"));
    types.put::<types::SendPointsRequest>(&request("~1sendPoints"));
    types.put::<types::SendPointsResponse>(&response("~1sendPoints", "post"));
    types.put::<types::CancelPointsRequest>(&request("~1cancelPoints"));
    types.put::<types::CancelPointsResponse>(&response("~1cancelPoints", "post"));
    types.document()
}

fn source(name: &str, document: &Value) -> Source {
    Source {
        name: name.into(),
        bytes: document.to_string().into_bytes(),
    }
}

/// What differs on purpose: the rule, how often, and why.
const MEANT: [(&str, usize, &str); 8] = [
    (
        "request-default-of-required-changed",
        6,
        "`query` and `tag` are types of one value, which is always written",
    ),
    (
        "request-format-narrowed",
        2,
        "whole numbers that are sent have 64 bits",
    ),
    (
        "request-format-widened",
        4,
        "the facades check addresses; the types send what they are given",
    ),
    (
        "response-format-narrowed",
        4,
        "whole numbers that are received have 64 bits, or are refused",
    ),
    (
        "response-alternatives-introduced",
        10,
        "numbers are read from numbers and from strings (ledger row 7)",
    ),
    ("response-type-widened", 10, "the same"),
    ("response-alternative-added", 3, "the same"),
    (
        "response-null-allowed",
        29,
        "whatever may be missing may be null as well",
    ),
];

#[test]
fn the_types_say_what_the_document_says_but_where_it_is_meant() {
    let (document, types) = (corrected(), of_types());
    let comparison = drift(
        &source("document.json", &document),
        &source("types.json", &types),
    );
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for change in comparison.unwrap().changes {
        let told = ["extension", "description", "example"];
        // The types' schemas say nothing to people, and nothing to the generator.
        if !told.iter().any(|it| change.rule.id.starts_with(it)) {
            found.entry(change.rule.id).or_default().push(change);
        }
    }
    for (rule, times, _) in MEANT {
        let changes = found.remove(rule).unwrap_or_default();
        assert_eq!(changes.len(), times, "{rule}: {changes:#?}");
    }
    assert!(found.is_empty(), "not meant: {found:#?}");
}
