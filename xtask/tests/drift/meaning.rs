//! What a change means to a client.

use serde_json::{Value, json};
use xtask::drift::Verdict;

use crate::{OPERATION, compare, components, document, found, operation, using, with};

#[test]
fn a_schema_that_holds_itself_is_compared_to_its_end() {
    let tree = |leaf: &str| {
        let node = json!({
            "type": "object",
            "properties": {
                "leaf": { "type": leaf },
                "left": { "$ref": "#/components/schemas/Node" },
                "right": { "allOf": [{ "$ref": "#/components/schemas/Node" }] },
            },
        });
        let schema = json!({ "$ref": "#/components/schemas/Node" });
        let content = json!({ "content": { "application/json": { "schema": schema } } });
        let operation = json!({ "responses": { "200": content } });
        document(operation, json!({ "schemas": { "Node": node } }))
    };
    let comparison = compare(&tree("string"), &tree("integer"));
    assert_eq!(comparison.changes.len(), 1, "{:?}", comparison.changes);
    assert_eq!(comparison.changes[0].operations, ["POST /things"]);
}

#[test]
fn what_a_server_calls_back_with_is_received() {
    let calling = |required: Value| {
        let schema = json!({ "type": "object", "properties": { "a": {} }, "required": required });
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        let callback = json!({ "{$url}": { "post": { "requestBody": body, "responses": {} } } });
        let operation = json!({ "responses": {}, "callbacks": { "on": callback } });
        document(operation, json!({}))
    };
    let (all, some) = (calling(json!(["a"])), calling(json!([])));
    assert_eq!(compare(&all, &some).verdict(), Verdict::Breaking);
    assert_eq!(compare(&some, &all).verdict(), Verdict::Compatible);
}

#[test]
fn a_null_counts_wherever_it_is_allowed() {
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    for schema in [
        json!({ "oneOf": [named("Cat"), named("Dog")] }),
        json!({ "properties": { "a": {} } }),
        json!({ "allOf": [named("Cat")] }),
    ] {
        let mut nullable = schema.clone();
        nullable["nullable"] = true.into();
        for (direction, was, is, verdict) in [
            ("request", &nullable, &schema, Verdict::Breaking),
            ("request", &schema, &nullable, Verdict::Compatible),
            ("response", &nullable, &schema, Verdict::Compatible),
            ("response", &schema, &nullable, Verdict::Breaking),
        ] {
            let comparison = compare(&using(direction, was), &using(direction, is));
            assert_eq!(comparison.verdict(), verdict, "{direction} {was} {is}");
        }
    }
}

#[test]
fn a_default_beside_a_success_stands_for_errors() {
    let responses = |statuses: &[&str]| {
        let all: serde_json::Map<_, _> = statuses
            .iter()
            .map(|it| ((*it).to_owned(), json!({})))
            .collect();
        with(&format!("{OPERATION}/responses"), all.into())
    };
    let removed = compare(&responses(&["200", "default"]), &responses(&["200"]));
    assert_eq!(removed.verdict(), Verdict::Compatible);
    let named = compare(&responses(&["200", "default"]), &responses(&["200", "404"]));
    assert_eq!(named.verdict(), Verdict::Compatible);
    let gone = compare(&responses(&["200", "default"]), &responses(&["default"]));
    assert_eq!(gone.verdict(), Verdict::Unchanged);
    let gone = compare(&responses(&["200"]), &responses(&["404"]));
    assert_eq!(gone.verdict(), Verdict::Breaking);
}

#[test]
fn alternatives_that_hold_themselves_are_told_apart_in_time() {
    let tree = |order: &dyn Fn(&mut Vec<Value>)| {
        let node = json!({ "$ref": "#/components/schemas/Node" });
        let mut alternatives: Vec<_> = (0..8)
            .map(|it| json!({ "type": "object", "properties": { format!("k{it}"): {}, "next": node } }))
            .collect();
        order(&mut alternatives);
        let content = json!({ "content": { "application/json": { "schema": node } } });
        let components =
            json!({ "schemas": { "Node": { "oneOf": alternatives, "not": { "not": node } } } });
        document(json!({ "responses": { "200": content } }), components)
    };
    let (one, other) = (tree(&|_| {}), tree(&|it| it.reverse()));
    assert_eq!(compare(&one, &one).changes, []);
    assert_eq!(compare(&one, &other).verdict(), Verdict::Unchanged);
    let changed = tree(&|it| it[3]["properties"]["k3"] = json!({ "type": "string" }));
    assert_ne!(compare(&one, &changed).verdict(), Verdict::Unchanged);
}

/// The verdicts there and back, in what is sent, and in what is received.
fn verdicts(was: &Value, is: &Value) -> [Verdict; 4] {
    ["request", "response"]
        .map(|direction| {
            [(was, is), (is, was)]
                .map(|(was, is)| compare(&using(direction, was), &using(direction, is)).verdict())
        })
        .concat()
        .try_into()
        .unwrap()
}

#[test]
fn an_alternative_is_not_gone_where_another_has_room_for_it() {
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let short = json!({ "type": "string", "maxLength": 5 });
    let long = json!({ "type": "string", "maxLength": 9 });
    let was = json!({ "oneOf": [named("Cat"), short] });
    let is = json!({ "oneOf": [named("Cat"), named("Dog"), long] });
    let all = [
        Verdict::Compatible,
        Verdict::Breaking,
        Verdict::Breaking,
        Verdict::Compatible,
    ];
    assert_eq!(verdicts(&was, &is), all);
    // Nothing is new here but the words.
    let was = json!({ "anyOf": [short, named("Cat"), long] });
    let is = json!({ "anyOf": [named("Cat"), long] });
    let compatible = [Verdict::Compatible; 4];
    assert_eq!(verdicts(&was, &is), compatible);
}

#[test]
fn a_changed_alternative_is_still_that_alternative() {
    let tagged = |tag: &str, kind: &str| json!({ "type": "object", "properties": { "tag": { "enum": [tag] }, "value": { "type": kind } } });
    let was = json!({ "oneOf": [tagged("a", "string"), tagged("b", "integer")] });
    let is =
        json!({ "oneOf": [tagged("c", "string"), tagged("b", "string"), tagged("a", "boolean")] });
    let found = found(&using("request", &was), &using("request", &is));
    let expected = ["request-alternative-added", "request-type-changed"];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn another_alternative_of_one_that_is_told_apart_is_one_more() {
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let of = |alternatives: Value| json!({ "oneOf": alternatives, "discriminator": { "propertyName": "kind" } });
    let (was, is) = (
        of(json!([named("Cat")])),
        of(json!([named("Cat"), named("Dog")])),
    );
    let all = [
        Verdict::Compatible,
        Verdict::Breaking,
        Verdict::Breaking,
        Verdict::Compatible,
    ];
    assert_eq!(verdicts(&was, &is), all);
}

#[test]
fn the_empty_text_is_not_every_text() {
    let empty = json!({ "type": "string", "pattern": "^$" });
    assert_eq!(
        verdicts(&json!({ "type": "string" }), &empty)[0],
        Verdict::Breaking
    );
}

#[test]
fn a_version_in_a_media_type_counts() {
    let of = |names: &[&str]| {
        let content: serde_json::Map<_, _> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({})))
            .collect();
        with(
            &format!("{OPERATION}/responses"),
            json!({ "200": { "content": content } }),
        )
    };
    let (one, two) = ("application/json;version=1", "application/json;version=2");
    assert_eq!(
        compare(&of(&[one]), &of(&[two])).verdict(),
        Verdict::Breaking
    );
    assert_eq!(
        compare(&of(&[one, two]), &of(&[two])).verdict(),
        Verdict::Breaking
    );
    assert_eq!(compare(&of(&[one]), &of(&["application/json"])).changes, []);
}

#[test]
fn a_mapping_that_leads_nowhere_is_told() {
    let of = |target: &str| {
        let mapping = json!({ "cat": target });
        json!({ "oneOf": [{ "$ref": "#/components/schemas/Cat" }, { "type": "string" }], "discriminator": { "propertyName": "kind", "mapping": mapping } })
    };
    let (cat, nobody) = (of("Cat"), of("#/components/schemas/Nobody"));
    assert_eq!(verdicts(&cat, &nobody)[2], Verdict::Breaking);
    let elsewhere = (of("https://a.test/a"), of("https://a.test/b"));
    assert_eq!(verdicts(&elsewhere.0, &elsewhere.1)[2], Verdict::Breaking);
}

#[test]
fn alternatives_of_alternatives_take_no_longer_than_they_are_many() {
    let mut schemas = json!({ "L40": { "type": "string" } });
    for level in 0..40 {
        let next = json!({ "$ref": format!("#/components/schemas/L{}", level + 1) });
        let again = json!({ "allOf": [next] });
        schemas[format!("L{level}")] = json!({ "oneOf": [next, next, again] });
    }
    let document = components(json!({ "schemas": schemas }));
    assert_eq!(compare(&document, &document).verdict(), Verdict::Unchanged);
}

#[test]
fn null_is_told_where_one_schema_becomes_one_of_several() {
    let one = json!({ "type": "integer" });
    let several = json!({ "anyOf": [{ "type": "integer" }, { "type": "string" }] });
    let nullable = |schema: &Value| {
        let mut schema = schema.clone();
        schema["nullable"] = true.into();
        schema
    };
    let told = |was: &Value, is: &Value| {
        let found = found(&using("request", was), &using("request", is));
        found
            .into_iter()
            .filter(|rule| rule.contains("null"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&one, &nullable(&several)), ["request-null-allowed"]);
    assert_eq!(told(&nullable(&one), &several), ["request-null-forbidden"]);
    assert_eq!(told(&nullable(&one), &nullable(&several)), [""; 0]);
}

#[test]
fn heirs_are_compared_where_their_base_stands() {
    let using = |heirs: &[(&str, Value)]| {
        let base = json!({ "type": "object", "discriminator": { "propertyName": "kind" } });
        let mut schemas = json!({ "Base": base });
        // By another name, and further down.
        schemas["Alias"] = json!({ "$ref": "#/components/schemas/A" });
        let grandchild = json!({ "allOf": [{ "$ref": "#/components/schemas/Alias" }, heirs[1].1] });
        schemas["OfA"] = json!({ "allOf": [grandchild] });
        for (name, property) in heirs {
            let own = json!({ "properties": { "p": property } });
            schemas[name] = json!({ "allOf": [{ "$ref": "#/components/schemas/Base" }, own] });
        }
        let schema = json!({ "$ref": "#/components/schemas/Base" });
        let content = json!({ "content": { "application/json": { "schema": schema } } });
        document(
            json!({ "responses": { "200": content } }),
            json!({ "schemas": schemas }),
        )
    };
    let text = json!({ "type": "string" });
    let one = using(&[("A", text.clone()), ("B", text.clone())]);
    let other = using(&[("A", text.clone()), ("B", json!({ "type": "integer" }))]);
    let more = using(&[("A", text.clone()), ("B", text.clone()), ("C", text)]);
    for (base, revision, verdict) in [
        (&one, &one, Verdict::Unchanged),
        (&one, &other, Verdict::Breaking),
        (&one, &more, Verdict::Breaking),
        (&more, &one, Verdict::Compatible),
    ] {
        assert_eq!(compare(base, revision).verdict(), verdict);
    }
}

#[test]
fn a_number_in_a_query_is_text() {
    let of = |schema: Value| {
        let parameter = json!({ "in": "query", "name": "a", "schema": schema });
        with(&format!("{OPERATION}/parameters"), json!([parameter]))
    };
    let (number, text) = (
        json!({ "type": "integer", "minimum": 1 }),
        json!({ "type": "string" }),
    );
    let (base, revision) = (of(number.clone()), of(text.clone()));
    assert_eq!(compare(&base, &revision).verdict(), Verdict::Compatible);
    assert_eq!(compare(&revision, &base).verdict(), Verdict::Breaking);
    let digits = of(json!({ "type": "string", "pattern": "^[A-Z]$" }));
    assert_eq!(compare(&base, &digits).verdict(), Verdict::Breaking);
    // In a body it is not.
    assert_eq!(verdicts(&number, &text), [Verdict::Breaking; 4]);
}

#[test]
fn a_server_may_become_one_of_several() {
    let of = |server: Value| with(&format!("{OPERATION}/servers"), json!([server]));
    let plain = of(json!({ "url": "https://a.test/v1" }));
    let several = |values: Value| {
        let variable = json!({ "default": "b", "enum": values });
        of(json!({ "url": "https://{host}.test/v1", "variables": { "host": variable } }))
    };
    let with_it = compare(&plain, &several(json!(["a", "b"])));
    assert_eq!(with_it.verdict(), Verdict::Compatible);
    let without_it = compare(&plain, &several(json!(["b", "c"])));
    assert_eq!(without_it.verdict(), Verdict::Breaking);
}

#[test]
fn without_operations_components_count() {
    let of = |schema: Value| components(json!({ "schemas": { "A": schema } }));
    let (open, closed) = (of(json!({})), of(json!({ "type": "string" })));
    assert_eq!(compare(&open, &closed).verdict(), Verdict::Breaking);
    // With operations, only those that they refer to.
    let used = |schema: Value| document(operation(), json!({ "schemas": { "A": schema } }));
    let comparison = compare(&used(json!({})), &used(json!({ "type": "string" })));
    assert_eq!(comparison.verdict(), Verdict::Unchanged);
}

#[test]
fn a_default_of_what_is_always_given_counts_for_nothing() {
    let of = |required: bool, default: i32| {
        let schema = json!({ "type": "integer", "default": default });
        let parameter =
            json!({ "in": "query", "name": "a", "required": required, "schema": schema });
        with(&format!("{OPERATION}/parameters"), json!([parameter]))
    };
    assert_eq!(
        compare(&of(false, 1), &of(false, 2)).verdict(),
        Verdict::Breaking
    );
    assert_eq!(
        compare(&of(true, 1), &of(true, 2)).verdict(),
        Verdict::Compatible
    );
}

#[test]
fn listed_values_are_measured_at_the_bounds() {
    let within = json!({ "type": "integer", "minimum": 1 });
    let listed = json!({ "type": "integer", "enum": [1, 2] });
    let all = [
        Verdict::Compatible,
        Verdict::Breaking,
        Verdict::Breaking,
        Verdict::Compatible,
    ];
    assert_eq!(verdicts(&listed, &within), all);
    let outside = json!({ "type": "integer", "minimum": 2 });
    assert_eq!(verdicts(&listed, &outside)[0], Verdict::Breaking);
}

#[test]
fn a_property_that_was_possible_before_may_be_listed() {
    let of = |properties: Value| json!({ "type": "object", "properties": properties, "additionalProperties": { "type": "string" } });
    let plain = of(json!({}));
    let listed = of(json!({ "a": { "type": "string" } }));
    assert_eq!(verdicts(&plain, &listed)[2], Verdict::Compatible);
    let other = of(json!({ "a": { "type": "integer" } }));
    assert_eq!(verdicts(&plain, &other)[2], Verdict::Breaking);
}

#[test]
fn a_path_that_leads_elsewhere_is_a_path() {
    let mut document = document(operation(), json!({}));
    let without = document.clone();
    document["paths"]["/elsewhere"] = json!({ "$ref": "https://a.test/paths.yaml#/elsewhere" });
    assert_eq!(compare(&document, &without).verdict(), Verdict::Breaking);
    assert_eq!(compare(&without, &document).verdict(), Verdict::Compatible);
}

#[test]
fn paths_that_differ_by_a_name_alone_are_both_compared() {
    let mut one = document(operation(), json!({}));
    one["paths"] = json!({ "/a/{b}": { "get": operation() }, "/a/{c}": { "get": operation() } });
    for path in ["/a/{b}", "/a/{c}"] {
        let mut other = one.clone();
        other["paths"][path]["get"]["responses"] = json!({ "200": {} });
        assert_eq!(compare(&one, &other).verdict(), Verdict::Breaking, "{path}");
    }
    // Nor is what stands beside their operations passed over.
    let mut odd = one.clone();
    odd["paths"]["/a/{b}"]["put"] = json!("x");
    assert_eq!(compare(&one, &odd).verdict(), Verdict::Breaking);
}

#[test]
fn an_operation_that_loses_its_own_server_goes_elsewhere() {
    let servers = |list: &[&str]| {
        let list: Vec<_> = list.iter().map(|url| json!({ "url": url })).collect();
        json!(list)
    };
    let of = |own: &[&str]| {
        let mut document = with(&format!("{OPERATION}/servers"), servers(own));
        document["servers"] = servers(&["https://a.test", "https://b.test"]);
        document
    };
    // It is served all the same, but what comes first is another one.
    let own = of(&["https://b.test"]);
    assert_eq!(compare(&own, &of(&[])).verdict(), Verdict::Breaking);
    assert_eq!(
        compare(&of(&["https://a.test"]), &of(&[])).verdict(),
        Verdict::Compatible
    );
    assert_eq!(
        compare(
            &of(&["https://b.test", "https://a.test"]),
            &of(&["https://a.test", "https://b.test"])
        )
        .changes,
        []
    );
}

#[test]
fn what_stands_where_an_operation_should_is_told() {
    let with_nothing = with("/paths", json!({}));
    for item in [json!({ "get": "x" }), json!([])] {
        let odd = with("/paths", json!({ "/a": item }));
        assert_eq!(compare(&with_nothing, &odd).verdict(), Verdict::Breaking);
        assert_eq!(compare(&odd, &with_nothing).verdict(), Verdict::Breaking);
    }
}
