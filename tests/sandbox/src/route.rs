use serde::Deserialize;

use crate::account::Account;
use crate::answer::Answer;
use crate::failure::{ApplicationError, Rejection, bad_request, no_bearer, refused};
use crate::operation::Operation;
use crate::pair::Session;
use crate::request::{Authorization, Request};
use crate::{points_operations, token_operations};

/// What came of a request: the answer, and what it changed.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) done: bool,
    pub(crate) brought: Option<u64>,
}

impl Outcome {
    pub(crate) fn done(answer: Answer) -> Self {
        Self {
            answer,
            done: true,
            brought: None,
        }
    }
}

/// A refusal: nothing was changed.
impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            done: false,
            brought: None,
        }
    }
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Token(Operation),
    Points { suffix: Option<Operation> },
}

fn place(path: &str) -> Option<Place> {
    let suffix = |operation| Place::Points {
        suffix: Some(operation),
    };
    Some(match path {
        "/chef/v1/oauth/token" => Place::Token(Operation::ValidateTokenPoints),
        "/chef/v1/oauth/token/company" => Place::Token(Operation::RefreshTokenPoints),
        "/chef/v1/oauth/token/user" => Place::Token(Operation::RefreshUserToken),
        "/chef/v1/oauth/token/create/user" => Place::Token(Operation::CreateUserToken),
        "/chef/v1/oauth/api" => Place::Points { suffix: None },
        "/chef/v1/oauth/api/fetchPoints" => suffix(Operation::FetchPoints),
        "/chef/v1/oauth/api/sendPoints" => suffix(Operation::SendPoints),
        "/chef/v1/oauth/api/cancelPoints" => suffix(Operation::CancelPoints),
        _ => return None,
    })
}

/// The operation that a request seems to want, whether or not it gets it.
pub(crate) fn recognise(request: &Request) -> Option<Operation> {
    #[derive(Deserialize)]
    struct Asked {
        query: String,
    }
    match place(request.path())? {
        Place::Token(operation) => Some(operation),
        Place::Points { suffix } => serde_json::from_slice::<Asked>(&request.body)
            .ok()
            .and_then(|asked| Operation::of_query(&asked.query))
            .or(suffix),
    }
}

/// Does what a request asks for, or refuses it.
///
/// The order of the checks is the sandbox's own: path, method, standing of the
/// account, bearer, media type, JSON, members, and last what the operation is about.
pub(crate) fn serve(account: &mut Account, request: &Request, now_ms: u64) -> Outcome {
    let not_found = |account: &Account| ApplicationError::NotFound.answer(&account.switches).into();
    let place = match place(request.path()) {
        Some(Place::Points { suffix: Some(_) }) if !account.switches.suffix_accepted => {
            return not_found(account);
        }
        Some(place) => place,
        None => return not_found(account),
    };
    let method = match place {
        Place::Token(Operation::ValidateTokenPoints) => "GET",
        _ => "POST",
    };
    if request.method != method {
        return refused(405, "Method Not Allowed", format!("use {method}"))
            .with_header("allow", method)
            .into();
    }
    if let Some(why) = account.barred {
        return why.answer(&account.switches).into();
    }
    let served = match place {
        Place::Token(Operation::ValidateTokenPoints) => {
            token_operations::validate(account, request, now_ms)
        }
        Place::Token(Operation::CreateUserToken) => {
            token_operations::create_user(account, request, now_ms)
        }
        Place::Token(operation) => token_operations::refresh(account, request, operation, now_ms),
        Place::Points { suffix } => points_operations::serve(account, request, suffix, now_ms),
    };
    served.unwrap_or_else(Outcome::from)
}

/// Whom the request's bearer speaks for, and the generation of its pair.
pub(crate) fn authorised(
    account: &Account,
    request: &Request,
    now_ms: u64,
) -> Result<(u64, Session), Answer> {
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(no_bearer());
    };
    match account
        .sessions
        .check_access(token, now_ms, &account.switches)
    {
        Ok(pair) => Ok((pair.generation, pair.session.clone())),
        Err(cause) => Err(rejected(account, cause)),
    }
}

/// A token rejection, as the switches have it.
pub(crate) fn rejected(account: &Account, cause: Rejection) -> Answer {
    let shape = account.switches.rejection.unwrap_or(cause);
    shape.answer(account.switches.rejection_status)
}

/// The body must be there and say that it is JSON.
pub(crate) fn check_body(request: &Request) -> Result<(), Answer> {
    if let Some(why) = request.broken {
        return Err(bad_request(why));
    }
    if !request.is_json() {
        let message = "Content-Type must be application/json";
        return Err(refused(415, "Unsupported Media Type", message));
    }
    Ok(())
}
