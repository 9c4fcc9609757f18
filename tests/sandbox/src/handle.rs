//! A request from its arrival to the end of its answer.

use std::ops::ControlFlow;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::http::{HeaderValue, header};
use hyper::{Response, StatusCode};
use tokio::time::sleep;

use crate::answer::Answer;
use crate::body::{AnswerBody, Manner, Severed};
use crate::connection::Connection;
use crate::record::{Bearer, Call, Delivery, Work};
use crate::request::{Authorization, Request};
use crate::trouble::Trouble;
use crate::world::World;
use crate::{route, token_operations};

/// How a request ends.
enum Ending {
    Reply(Answer, Manner),
    Hangup,
    Reset,
}

/// Serves one request. To be run in a task of its own: a caller who hangs up does
/// not undo or prevent the work, as little as with any other server.
pub(crate) async fn handle(
    world: Arc<World>,
    connection: Arc<Connection>,
    request: hyper::Request<Incoming>,
) -> Result<Response<AnswerBody>, Severed> {
    let request = Request::read(request).await;
    match answer(&world, &connection, &request).await {
        Ending::Reply(answer, manner) => Ok(respond(answer, manner, connection)),
        Ending::Hangup => Err(Severed),
        Ending::Reset => {
            connection.reset_when_closed();
            Err(Severed)
        }
    }
}

async fn answer(world: &World, connection: &Connection, request: &Request) -> Ending {
    let operation = route::recognise(request);
    let plan = world.troubles().take(operation);
    let mut call = arrival(world, connection, request);
    call.operation = operation;
    call.trouble = plan.as_ref().map_or_else(Vec::new, |plan| plan.names());
    let sequence = world.log.arrived(call);
    connection.begins(sequence);
    let (before, after) = plan.map_or_else(Default::default, |plan| (plan.before, plan.after));

    for trouble in before {
        if let ControlFlow::Break(ending) = strike(trouble, None, world).await {
            world.log.update(sequence, |call| {
                call.work = Work::Prevented;
                call.status = ending.status();
            });
            return ending;
        }
    }

    let outcome = {
        let mut account = world.account();
        let outcome = route::serve(&mut account, request, world.clock.now_ms());
        world.log.update(sequence, |call| {
            call.work = if outcome.done {
                Work::Done
            } else {
                Work::Refused
            };
            call.brought = outcome.brought;
        });
        outcome
    };

    let mut ending = Ending::Reply(outcome.answer.clone(), Manner::Whole);
    for trouble in after {
        if let ControlFlow::Break(spoilt) = strike(trouble, Some(&outcome.answer), world).await {
            ending = spoilt;
            break;
        }
    }
    let status = ending.status();
    world.log.update(sequence, |call| call.status = status);
    ending
}

/// What can be said of a request before anything is done about it.
fn arrival(world: &World, connection: &Connection, request: &Request) -> Call {
    let account = world.account();
    let bearer = match request.authorization() {
        Authorization::Absent => Bearer::Absent,
        Authorization::Malformed => Bearer::Malformed,
        Authorization::Bearer(token) => match account.sessions.of_access(token) {
            None => Bearer::Unknown,
            Some(pair) => Bearer::Known {
                generation: pair.generation,
                session: pair.session.clone(),
            },
        },
    };
    let presented = token_operations::presented(request)
        .and_then(|token| Some(account.sessions.of_refresh(&token)?.generation));
    Call {
        sequence: 0,
        connection: connection.id,
        at_ms: world.clock.now_ms(),
        method: request.method.clone(),
        path: request.target.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
        operation: None,
        bearer,
        presented,
        work: Work::Pending,
        brought: None,
        trouble: Vec::new(),
        status: None,
        delivery: Delivery::UnderWay,
    }
}

/// Lets trouble strike. `true_answer` is there once the work is done.
async fn strike(
    trouble: Trouble,
    true_answer: Option<&Answer>,
    world: &World,
) -> ControlFlow<Ending> {
    // Before the work there is nothing to cut or to slow down but an error page.
    let spoil = || match true_answer {
        Some(answer) if !answer.body.is_empty() => answer.clone(),
        _ => Answer::html(502),
    };
    let (answer, manner) = match trouble {
        Trouble::Delay(delay) => {
            sleep(delay).await;
            return ControlFlow::Continue(());
        }
        Trouble::Hold(gate) => {
            gate.pass().await;
            return ControlFlow::Continue(());
        }
        Trouble::DropAnswer => return ControlFlow::Break(Ending::Hangup),
        Trouble::Reset => return ControlFlow::Break(Ending::Reset),
        Trouble::CutBody => (spoil(), Manner::Cut),
        Trouble::SlowBody(every) => (spoil(), Manner::Slow(every)),
        Trouble::HugeBody(bytes) => (json_text(Vec::new()), Manner::Huge(bytes)),
        Trouble::Status(status) => (Answer::empty(status), Manner::Whole),
        Trouble::Html(status) => (Answer::html(status), Manner::Whole),
        Trouble::EmptyBody => (Answer::empty(200), Manner::Whole),
        Trouble::Garbage(bytes) => (json_text(bytes), Manner::Whole),
        Trouble::Redirect { status, location } => (
            Answer::empty(status).with_header("location", location),
            Manner::Whole,
        ),
        Trouble::RateLimit(limit) => (limit.answer(), Manner::Whole),
        Trouble::Reject { shape, status } => (shape.answer(status), Manner::Whole),
        Trouble::ApplicationError(error) => {
            (error.answer(&world.account().switches), Manner::Whole)
        }
        Trouble::Answer {
            status,
            content_type,
            body,
        } => {
            let answer = Answer {
                body: body.into(),
                ..Answer::empty(status)
            };
            (
                answer.with_header("content-type", content_type),
                Manner::Whole,
            )
        }
    };
    ControlFlow::Break(Ending::Reply(answer, manner))
}

fn json_text(body: Vec<u8>) -> Answer {
    Answer::text(200, "application/json; charset=utf-8", body)
}

impl Ending {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Reply(answer, _) => Some(status_of(answer).as_u16()),
            Self::Hangup | Self::Reset => None,
        }
    }
}

/// What is no final status cannot be answered.
fn status_of(answer: &Answer) -> StatusCode {
    StatusCode::from_u16(answer.status)
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn respond(answer: Answer, manner: Manner, connection: Arc<Connection>) -> Response<AnswerBody> {
    let head = head(&answer);
    head.map(|()| AnswerBody::new(answer.body, manner, connection))
}

/// Status and headers; one that cannot stand in a header is left out.
pub(crate) fn head(answer: &Answer) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status_of(answer);
    if let Some(content_type) = answer.content_type {
        let value = HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}
