//! The sandbox's own doors, under `/_sandbox/`, for other processes.
//!
//! What passes here is not recorded. JSON in, JSON out; the record and the dashboard
//! show the sandbox's tokens, which open nothing anywhere else.

use std::time::Duration;

use hyper::Response;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::dashboard::Dashboard;
use crate::failure::{ApplicationError, refused};
use crate::handle::head;
use crate::operation::Operation;
use crate::record::Call;
use crate::request::Request;
use crate::switches::{Switches, millis};
use crate::trouble::{Plan, Trouble};
use crate::world::World;

const ROOT: &str = "/_sandbox/";

pub(crate) fn is_for_admin(path: &str) -> bool {
    path.starts_with(ROOT)
}

pub(crate) async fn serve(
    world: &World,
    request: hyper::Request<Incoming>,
) -> Response<AnswerBody> {
    let request = Request::read(request).await;
    let answer = match answer(world, &request) {
        Ok(value) => Answer::json(200, &value),
        Err(refusal) => refusal,
    };
    head(&answer).map(|()| AnswerBody::plain(answer.body))
}

fn answer(world: &World, request: &Request) -> Result<Value, Answer> {
    let door = request.path().strip_prefix(ROOT).unwrap_or_default();
    // A page in a browser can post without asking, but not JSON.
    if request.method == "POST" && !request.is_json() {
        let message = "Content-Type must be application/json";
        return Err(refused(415, "Unsupported Media Type", message));
    }
    match (request.method.as_str(), door) {
        ("GET", "state") => Ok(state(world)),
        ("GET", "record") => Ok(record(world)),
        ("GET", "switches") => Ok(json!(world.account().switches)),
        ("POST", "switches") => switch(world, read(request)?),
        ("POST", "clock") => Ok(move_clock(world, &read(request)?)),
        ("POST", "trouble") => {
            let NewTrouble { operation, plan } = read(request)?;
            world.troubles().add(operation, plan);
            Ok(json!({"waiting": world.troubles().len()}))
        }
        ("DELETE", "trouble") => {
            world.troubles().clear();
            Ok(json!({"waiting": 0}))
        }
        ("POST", "dashboard") => Ok(by_hand(world, &read(request)?)),
        (_, "state" | "record" | "switches" | "clock" | "trouble" | "dashboard") => Err(refused(
            405,
            "Method Not Allowed",
            "GET or POST, as documented",
        )),
        _ => Err(refused(404, "Not Found", "there is no such door")),
    }
}

fn read<'a, T: Deserialize<'a>>(request: &'a Request) -> Result<T, Answer> {
    serde_json::from_slice(&request.body)
        .map_err(|error| refused(400, "Bad Request", error.to_string()))
}

fn state(world: &World) -> Value {
    let now_ms = world.clock.now_ms();
    let account = world.account();
    let pairs: Vec<Value> = account
        .sessions
        .pairs()
        .iter()
        .map(|pair| {
            let mut value = json!(pair);
            let rotation = account.switches.rotation;
            value["access_state"] = json!(pair.access_state(now_ms, rotation));
            value["refresh_state"] = json!(pair.refresh_state(now_ms, rotation));
            value
        })
        .collect();
    json!({
        "now_ms": now_ms,
        "barred": account.barred,
        "super_admins": account.super_admins.iter().collect::<Vec<_>>(),
        "books": account.books,
        "pairs": pairs,
        "switches": account.switches,
        "trouble_waiting": world.troubles().len(),
    })
}

fn record(world: &World) -> Value {
    let record = world.record();
    let call = |call: &Call| {
        json!({
            "sequence": call.sequence,
            "connection": call.connection,
            "at_ms": call.at_ms,
            "method": call.method,
            "path": call.path,
            "headers": call.headers,
            "body": String::from_utf8_lossy(&call.body),
            "operation": call.operation,
            "bearer": call.bearer,
            "presented": call.presented,
            "work": call.work,
            "brought": call.brought,
            "trouble": call.trouble,
            "status": call.status,
            "delivery": call.delivery,
        })
    };
    json!({
        "calls": record.calls().iter().map(call).collect::<Vec<_>>(),
        "refresh_tokens": record.refresh_tokens(),
    })
}

/// Changes the switches that are named, and leaves the others.
fn switch(world: &World, changes: serde_json::Map<String, Value>) -> Result<Value, Answer> {
    let mut account = world.account();
    let mut all = json!(account.switches);
    for (name, value) in changes {
        all[name] = value;
    }
    account.switches = serde_json::from_value::<Switches>(all)
        .map_err(|error| refused(400, "Bad Request", error.to_string()))?;
    Ok(json!(account.switches))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClockMove {
    #[serde(rename = "advance_ms", with = "millis")]
    Advance(Duration),
    #[serde(rename = "rewind_ms", with = "millis")]
    Rewind(Duration),
    SetMs(u64),
    Stop,
    Run,
}

fn move_clock(world: &World, by: &ClockMove) -> Value {
    match by {
        ClockMove::Advance(by) => world.clock.advance(*by),
        ClockMove::Rewind(by) => world.clock.rewind(*by),
        ClockMove::SetMs(to) => world.clock.set_ms(*to),
        ClockMove::Stop => world.clock.stop(),
        ClockMove::Run => world.clock.run(),
    }
    json!({"now_ms": world.clock.now_ms()})
}

/// What a post to `trouble` says.
struct NewTrouble {
    operation: Option<Operation>,
    plan: Plan,
}

impl<'de> Deserialize<'de> for NewTrouble {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Moment {
            BeforeWork,
            AfterWork,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            operation: Option<Operation>,
            trouble: Trouble,
            moment: Option<Moment>,
            times: Option<u32>,
            #[serde(default)]
            until_cleared: bool,
        }
        let fields = Fields::deserialize(deserializer)?;
        let plan = match fields.moment {
            None => Plan::from(fields.trouble),
            Some(Moment::BeforeWork) => fields.trouble.before_work(),
            Some(Moment::AfterWork) => fields.trouble.after_work(),
        };
        let plan = if fields.until_cleared {
            plan.until_cleared()
        } else {
            plan.times(fields.times.unwrap_or(1))
        };
        Ok(Self {
            operation: fields.operation,
            plan,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ByHand {
    NewPair,
    ResetPassword,
    Bar(ApplicationError),
    Unbar,
}

fn by_hand(world: &World, what: &ByHand) -> Value {
    let dashboard = Dashboard(world);
    match what {
        ByHand::NewPair => {
            let pair = dashboard.new_pair();
            return json!({
                "generation": pair.generation,
                "access_token": pair.access,
                "refresh_token": pair.refresh,
                "access_token_expiry": pair.access_ends_at_ms,
                "refresh_token_expiry": pair.refresh_ends_at_ms,
            });
        }
        ByHand::ResetPassword => dashboard.reset_password(),
        ByHand::Bar(why) => dashboard.bar(*why),
        ByHand::Unbar => dashboard.unbar(),
    }
    json!({})
}
