//! The sandbox's answers against the schemas of the OpenAPI document.
//!
//! The document's schemas require nothing and forbid nothing, so that `{}` passes them
//! all. Answers of success are therefore held to the closed reading too: every
//! property that is documented, and no other.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};
use xoxoday_sandbox::{
    ApplicationError, Numbers, Operation, RateLimit, RateLimitShape, Rejection, Sandbox,
    SendAnswer, Switches, Trouble,
};

use crate::client::{Answer, Client, SENDER, USER, read};

const PATHS: [(Operation, &str, &str); 6] = [
    (Operation::ValidateTokenPoints, "/token", "get"),
    (Operation::RefreshTokenPoints, "/token/company", "post"),
    (Operation::CreateUserToken, "/token/create/user", "post"),
    (Operation::FetchPoints, "/fetchPoints", "post"),
    (Operation::SendPoints, "/sendPoints", "post"),
    (Operation::CancelPoints, "/cancelPoints", "post"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// As JSON Schema has it.
    Open,
    /// All properties required, and no others allowed.
    Closed,
}

struct Document(Value);

impl Document {
    fn read() -> Self {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/reward-points-api.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        Self(serde_saphyr::from_str(&text).unwrap())
    }

    /// A documented answer of an operation.
    fn response(&self, operation: Operation, status: u16) -> Option<&Value> {
        let (_, path, method) = PATHS.iter().find(|(own, ..)| *own == operation).unwrap();
        let operation_object = &self.0["paths"][path][method];
        assert_eq!(operation_object["operationId"], operation.id());
        Some(self.resolve(operation_object["responses"].get(status.to_string())?))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self
                .0
                .pointer(reference.strip_prefix('#').unwrap())
                .unwrap(),
            None => value,
        }
    }

    fn validator(&self, operation: Operation, status: u16, reading: Reading) -> Option<Validator> {
        let schema = self
            .response(operation, status)?
            .get("content")?
            .get("application/json")?
            .get("schema")?;
        let schema = self.translate(schema, reading);
        Some(jsonschema::draft4::new(&schema).unwrap())
    }

    /// OpenAPI 3.0's dialect into JSON Schema: references replaced by what they mean,
    /// `nullable` by a second type.
    fn translate(&self, schema: &Value, reading: Reading) -> Value {
        let schema = self.resolve(schema);
        let Value::Object(members) = schema else {
            return schema.clone();
        };
        let mut out = members.clone();
        if let Some(properties) = members.get("properties").and_then(Value::as_object) {
            let translated = properties
                .iter()
                .map(|(name, property)| (name.clone(), self.translate(property, reading)))
                .collect();
            out.insert("properties".to_owned(), Value::Object(translated));
            if reading == Reading::Closed {
                let names: Vec<_> = properties.keys().cloned().collect();
                out.insert("required".to_owned(), json!(names));
                out.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        if let Some(items) = members.get("items") {
            out.insert("items".to_owned(), self.translate(items, reading));
        }
        if members.get("nullable") == Some(&json!(true)) {
            let kind = members["type"].clone();
            out.insert("type".to_owned(), json!([kind, "null"]));
        }
        Value::Object(out)
    }

    /// Where an answer departs from what the document says; empty, if it does not.
    fn departures(&self, operation: Operation, answer: &Answer, reading: Reading) -> Vec<String> {
        let Some(response) = self.response(operation, answer.status) else {
            return vec![format!("status {}", answer.status)];
        };
        if response.get("content").is_none() {
            return Vec::from_iter((!answer.text.is_empty()).then(|| "a body".to_owned()));
        }
        let content_type = answer.header("content-type").unwrap_or("none");
        if !content_type.starts_with("application/json") {
            return vec![format!("content type {content_type}")];
        }
        let Ok(body) = serde_json::from_str::<Value>(&answer.text) else {
            return vec!["not JSON".to_owned()];
        };
        let validator = self.validator(operation, answer.status, reading).unwrap();
        let mut places: Vec<_> = validator
            .iter_errors(&body)
            .map(|error| format!("{} at {}", error.kind().keyword(), error.instance_path()))
            .collect();
        places.sort();
        places.dedup();
        places
    }
}

/// A sandbox that has sent something, so that there is something to cancel.
async fn world(switches: Switches) -> (Sandbox, Client) {
    let sandbox = Sandbox::builder()
        .switches(switches)
        .user_with_phone(USER, "Your Name", "+91-8999888887", "1500")
        .start()
        .unwrap();
    let client = Client::of(&sandbox);
    let recipients = json!([{"to_email": USER, "amount": "1"}]);
    client.send(sandbox.access_token(), recipients).await;
    (sandbox, client)
}

async fn call(sandbox: &Sandbox, client: &Client, operation: Operation) -> Answer {
    let access = sandbox.access_token();
    match operation {
        Operation::ValidateTokenPoints => client.validate(access).await,
        Operation::CreateUserToken => client.create_user(access, SENDER).await,
        Operation::FetchPoints => client.balance(access, USER).await,
        Operation::SendPoints => {
            let recipients = json!([{"to_email": USER, "amount": "2.5"}]);
            client.send(access, recipients).await
        }
        Operation::CancelPoints => client.cancel(access, &[987_654_321]).await,
        _ => client.refresh(sandbox.refresh_token()).await,
    }
}

#[tokio::test]
async fn every_success_is_as_documented_to_the_last_property() {
    let document = Document::read();
    for (operation, ..) in PATHS {
        let (sandbox, client) = world(Switches::default()).await;
        let answer = call(&sandbox, &client, operation).await;
        assert_eq!(answer.status, 200, "{operation}");
        let departures = document.departures(operation, &answer, Reading::Closed);
        assert_eq!(departures, [""; 0], "{operation}: {}", answer.text);
    }
}

#[tokio::test]
async fn every_documented_failure_is_as_documented() {
    let document = Document::read();
    let reject = |shape| Trouble::Reject { shape, status: 401 };
    let mut checked = 0;
    for (operation, ..) in PATHS {
        for (status, trouble) in [
            (401, reject(Rejection::Unauthorized)),
            (401, reject(Rejection::InvalidToken)),
            (401, reject(Rejection::TokenError)),
            (
                401,
                Trouble::ApplicationError(ApplicationError::UserDisabled),
            ),
            (
                401,
                Trouble::ApplicationError(ApplicationError::CompanyDisabled),
            ),
            (
                401,
                Trouble::ApplicationError(ApplicationError::IpNotRegistered),
            ),
            (401, Trouble::ApplicationError(ApplicationError::NotAllowed)),
            (502, Trouble::Status(502)),
        ] {
            if document.response(operation, status).is_none() {
                continue;
            }
            let (sandbox, client) = world(Switches::default()).await;
            sandbox.trouble(operation, trouble);
            let answer = call(&sandbox, &client, operation).await;
            assert_eq!(answer.status, status, "{operation}");
            let departures = document.departures(operation, &answer, Reading::Open);
            assert_eq!(departures, [""; 0], "{operation}: {}", answer.text);
            checked += 1;
        }
    }
    // 401 of six operations in seven ways, 502 of the three that document it.
    assert_eq!(checked, 6 * 7 + 3);
}

#[tokio::test]
async fn every_400_of_the_points_operations_is_as_documented() {
    let document = Document::read();
    let (sandbox, client) = world(Switches::default()).await;
    let wrong = |query: &str| json!({"query": query, "tag": "storeAdmin", "variables": []});
    for (operation, query) in [
        (Operation::FetchPoints, "storesAdmin.query.user_balance"),
        (Operation::SendPoints, "storesAdmin.mutation.sendBalance"),
        (
            Operation::CancelPoints,
            "storesAdmin.mutation.cancelBalance",
        ),
    ] {
        let bearer = Some(sandbox.access_token());
        let answer = client.post(crate::client::API, bearer, &wrong(query)).await;
        assert_eq!(answer.status, 400);
        let departures = document.departures(operation, &answer, Reading::Closed);
        assert_eq!(departures, [""; 0], "{operation}: {}", answer.text);
    }
}

/// Bites: a schema check that lets everything pass would pass all of the above.
#[test]
fn the_check_notices_what_is_wrong() {
    let document = Document::read();
    let fetch = Operation::FetchPoints;
    let validator = document.validator(fetch, 200, Reading::Open).unwrap();
    let balance = |message: Value, total: Value| json!({"data": {"user_balance": {"success": 1, "message": message, "data": {"total": total}}}});
    assert!(validator.is_valid(&balance(json!(null), json!(1))));
    assert!(validator.is_valid(&balance(json!("text"), json!(1.5))));
    assert!(!validator.is_valid(&balance(json!(1), json!(1))));
    assert!(!validator.is_valid(&balance(json!(null), json!(null))));
    assert!(!validator.is_valid(&balance(json!(null), json!("1"))));
    let closed = document.validator(fetch, 200, Reading::Closed).unwrap();
    assert!(!closed.is_valid(&json!({})));
    assert!(!closed.is_valid(&json!({"data": {}, "more": 1})));
}

/// Where the sources contradict the document, the sandbox can follow them, and then
/// departs from the document in these places and in no others. The rows are those of
/// openapi/ledger.toml, by what they are about.
#[tokio::test]
async fn departures_are_those_that_were_chosen() {
    let document = Document::read();
    let strings = || Switches {
        numbers: Numbers::AsStrings,
        ..Switches::default()
    };
    let sends = |send_answer| Switches {
        send_answer,
        ..Switches::default()
    };
    let no_expiry = Switches {
        expires_in: false,
        expiry_timestamps: false,
        ..Switches::default()
    };
    let stamps = [
        "type at /access_token_expiry",
        "type at /expires_in",
        "type at /refresh_token_expiry",
    ];
    let other_send = ["additionalProperties at /data", "required at /data"];
    for (row, switches, operation, expected) in [
        (
            "numbers or strings",
            strings(),
            Operation::ValidateTokenPoints,
            &stamps[..],
        ),
        (
            "numbers or strings",
            strings(),
            Operation::RefreshTokenPoints,
            &stamps,
        ),
        (
            "numbers or strings",
            strings(),
            Operation::CreateUserToken,
            &stamps,
        ),
        (
            "numbers or strings",
            strings(),
            Operation::FetchPoints,
            &[
                "type at /data/user_balance/data/total",
                "type at /data/user_balance/success",
            ],
        ),
        (
            "numbers or strings",
            strings(),
            Operation::SendPoints,
            &["type at /data/points", "type at /data/unique_id"],
        ),
        (
            "numbers or strings",
            strings(),
            Operation::CancelPoints,
            &["type at /data/cancelBalance/recipients/0/unique_id"],
        ),
        (
            "the send answer",
            sends(SendAnswer::Message),
            Operation::SendPoints,
            &other_send,
        ),
        (
            "the send answer",
            sends(SendAnswer::WithRecipients),
            Operation::SendPoints,
            &other_send,
        ),
        (
            "answers without expiry",
            no_expiry,
            Operation::RefreshTokenPoints,
            &["required at "],
        ),
    ] {
        let (sandbox, client) = world(switches).await;
        let answer = call(&sandbox, &client, operation).await;
        let departures = document.departures(operation, &answer, Reading::Closed);
        assert_eq!(departures, expected, "{row}, {operation}: {}", answer.text);
    }
}

/// Failures that the documentation shows and the OpenAPI document leaves out.
#[tokio::test]
async fn failures_outside_the_document_depart_from_it_where_expected() {
    let document = Document::read();
    let (sandbox, client) = world(Switches::default()).await;
    let limit = |shape, status| {
        Trouble::RateLimit(RateLimit {
            shape,
            status,
            ..RateLimit::default()
        })
    };
    let refresh = Operation::RefreshTokenPoints;
    for (trouble, expected) in [
        (limit(RateLimitShape::Message, 429), &["status 429"][..]),
        (limit(RateLimitShape::NotQuiteJson, 401), &["not JSON"]),
        (
            limit(RateLimitShape::Message, 200),
            &["additionalProperties at ", "required at "],
        ),
        (
            Trouble::ApplicationError(ApplicationError::NotFound),
            &["status 404"],
        ),
        (Trouble::Html(401), &["content type text/html"]),
    ] {
        sandbox.trouble(refresh, trouble);
        let answer = call(&sandbox, &client, refresh).await;
        assert_eq!(
            document.departures(refresh, &answer, Reading::Closed),
            expected
        );
    }
    let missing = client
        .balance(sandbox.access_token(), "no@one.example")
        .await;
    assert_eq!(
        document.departures(Operation::FetchPoints, &missing, Reading::Open),
        ["type at /data/user_balance/data"]
    );
    let cancelled = client.cancel(sandbox.access_token(), &[1]).await;
    let departures = document.departures(Operation::CancelPoints, &cancelled, Reading::Closed);
    assert_eq!(
        departures, [""; 0],
        "a failed cancellation has the shape of a success"
    );
    let nowhere = read(client.request("GET", "/nowhere")).await.unwrap();
    assert_eq!(
        document.departures(refresh, &nowhere, Reading::Open),
        ["status 404"]
    );
}
