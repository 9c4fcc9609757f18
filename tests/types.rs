//! The generated types against the document's own examples.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use xoxoday_api::types;

fn document() -> Value {
    let text = include_str!("../openapi/reward-points-api.yaml");
    serde_saphyr::from_str(text).unwrap()
}

fn assert_survives<T: Serialize + DeserializeOwned>(what: &str, example: &Value) {
    // By way of text, as on the wire: a number's digits are kept there alone.
    let text = example.to_string();
    let read: T = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{what}: {e}\n{text}"));
    let written = serde_json::to_string(&read).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    // A null that says nothing more than absence may be left out.
    assert_eq!(without_nulls(&written), without_nulls(example), "{what}");
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_example_of_the_document_survives_its_type() {
    fn check<Request, Response>(document: &Value, path: &str, method: &str) -> usize
    where
        Request: Serialize + DeserializeOwned,
        Response: Serialize + DeserializeOwned,
    {
        let operation = &document["paths"][path][method];
        let media = "/content/application~1json/example";
        let mut checked = 0;
        if let Some(example) = operation.pointer(&format!("/requestBody{media}")) {
            assert_survives::<Request>(path, example);
            checked += 1;
        }
        if let Some(example) = operation.pointer(&format!("/responses/200{media}")) {
            assert_survives::<Response>(path, example);
            checked += 1;
        }
        checked
    }
    use types::*;

    let document = document();
    let checked = [
        check::<(), TokenStatus>(&document, "/token", "get"),
        check::<RefreshTokenRequest, TokenResponse>(&document, "/token/company", "post"),
        check::<CreateUserTokenRequest, TokenResponse>(&document, "/token/create/user", "post"),
        check::<FetchPointsRequest, FetchPointsResponse>(&document, "/fetchPoints", "post"),
        check::<SendPointsRequest, SendPointsResponse>(&document, "/sendPoints", "post"),
        check::<CancelPointsRequest, CancelPointsResponse>(&document, "/cancelPoints", "post"),
    ];
    assert_eq!(checked, [1, 2, 2, 2, 2, 2]);
    assert_eq!(checked.len(), xoxoday_api::Operation::ALL.len());
}

/// What a schema's examples of single properties make together.
fn instance(document: &Value, schema: &Value) -> Option<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return instance(document, document.pointer(&reference[1..])?);
    }
    if let Some(example) = schema.get("example").or(schema.get("default")) {
        return Some(example.clone());
    }
    if let Some(items) = schema.get("items") {
        return Some(vec![instance(document, items)?].into());
    }
    let properties = schema["properties"].as_object()?.iter();
    let members = properties.filter_map(|(name, it)| Some((name.clone(), instance(document, it)?)));
    Some(Value::Object(members.collect())).filter(|it| *it != serde_json::json!({}))
}

#[test]
fn every_example_of_a_property_survives_its_type() {
    fn check<T: Serialize + DeserializeOwned>(document: &Value, path: &str) -> Value {
        let body = &document["paths"][path]["post"]["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        let example = instance(document, schema).unwrap();
        assert_survives::<T>(path, &example);
        example
    }
    let document = document();
    let sent = check::<types::SendPointsRequest>(&document, "/sendPoints");
    assert_eq!(sent["variables"]["recipients"][0]["amount"], "100");
    let cancelled = check::<types::CancelPointsRequest>(&document, "/cancelPoints");
    assert!(cancelled["variables"]["recipients_data"]["recipients"][0]["unique_id"].is_number());
    check::<types::FetchPointsRequest>(&document, "/fetchPoints");
    check::<types::CreateUserTokenRequest>(&document, "/token/create/user");
    let error = &document["components"]["responses"]["Unauthorized"];
    let error = instance(&document, &error["content"]["application/json"]["schema"]);
    assert_survives::<types::ErrorBody>("Unauthorized", &error.unwrap());
    // Those were all there are, with the examples of whole bodies.
    let text = document.to_string();
    let others = text.matches("\"example\":").count() + text.matches("\"examples\":").count();
    assert_eq!(others, 24, "an example was added: is it looked at?");
}

#[test]
fn every_type_has_a_json_schema_that_admits_what_the_type_reads() {
    let schema = schemars::schema_for!(types::SendPointsRequest).to_value();
    let amount = &schema["$defs"]["Amount"]["type"];
    assert_eq!(*amount, serde_json::json!(["string", "number"]));

    let schema = schemars::schema_for!(types::TokenResponse).to_value();
    let seconds = &schema["$defs"]["Seconds"]["type"];
    assert_eq!(*seconds, serde_json::json!(["integer", "string"]));
}

#[test]
fn no_generated_type_prints_a_secret() {
    let request: types::RefreshTokenRequest = serde_json::from_str(
        r#"{"grant_type":"refresh_token","refresh_token":"canary-1","client_id":"id","client_secret":"canary-2"}"#,
    )
    .unwrap();
    let response: types::TokenResponse =
        serde_json::from_str(r#"{"access_token":"canary-3","refresh_token":"canary-4"}"#).unwrap();
    let status: types::TokenStatus =
        serde_json::from_str(r#"{"access_token":"canary-5"}"#).unwrap();
    let shown = format!("{request:?} {response:?} {status:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn expiry_month_goes_out_as_an_integer_and_is_read_from_both() {
    for month in ["12", r#""12""#] {
        let json = format!(r#"{{"sender_email":"s","expiry_month":{month},"recipients":[]}}"#);
        let read: types::SendPointsVariables = serde_json::from_str(&json).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written["expiry_month"], 12);
    }
}
