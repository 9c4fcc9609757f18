use serde::Serialize;
use serde_json::Value;

use crate::account::Account;
use crate::answer::{Answer, Numeral};
use crate::books::looks_like_an_address;
use crate::failure::{ApplicationError, Rejection, bad_request};
use crate::operation::Operation;
use crate::pair::{Pair, Revocation, Session};
use crate::request::{Authorization, Request};
use crate::route::{Outcome, authorised, check_body, rejected};
use crate::switches::Switches;

#[derive(Serialize)]
struct TokenAnswer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<Numeral>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_expiry: Option<Numeral>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expiry: Option<Numeral>,
}

impl<'a> TokenAnswer<'a> {
    /// The tokens with what is left of their lives.
    fn of(pair: &'a Pair, with_refresh: bool, now_ms: u64, switches: &Switches) -> Self {
        let write = |number: u64| switches.numbers.write(number);
        let seconds_left = pair.access_ends_at_ms.saturating_sub(now_ms) / 1000;
        let stamps = switches.expiry_timestamps;
        Self {
            access_token: &pair.access,
            token_type: "bearer",
            expires_in: switches.expires_in.then(|| write(seconds_left)),
            refresh_token: with_refresh.then_some(&pair.refresh),
            access_token_expiry: stamps.then(|| write(pair.access_ends_at_ms)),
            refresh_token_expiry: stamps.then(|| write(pair.refresh_ends_at_ms)),
        }
    }
}

/// `GET /token`
pub(crate) fn validate(
    account: &Account,
    request: &Request,
    now_ms: u64,
) -> Result<Outcome, Answer> {
    let (generation, _) = authorised(account, request, now_ms)?;
    let pair = account
        .sessions
        .of_generation(generation)
        .ok_or_else(|| rejected(account, Rejection::InvalidToken))?;
    let answer = TokenAnswer::of(pair, false, now_ms, &account.switches);
    Ok(Outcome::done(Answer::json(200, &answer)))
}

/// `POST /token/company` and `POST /token/user`
///
/// Whatever is wrong with the request, the refresh token is spent only when the
/// answer is a new pair; except that too many presentations can cost it.
pub(crate) fn refresh(
    account: &mut Account,
    request: &Request,
    operation: Operation,
    now_ms: u64,
) -> Result<Outcome, Answer> {
    if account.switches.refuse_bearer_on_refresh && request.authorization() != Authorization::Absent
    {
        return Err(bad_request("a refresh carries no Authorization header"));
    }
    check_body(request)?;
    let body = object(&request.body)?;
    let token = text(&body, "refresh_token")?;
    let client_id = text(&body, "client_id")?;
    let client_secret = text(&body, "client_secret")?;
    if text(&body, "grant_type")? != "refresh_token" {
        return Err(bad_request("grant_type must be refresh_token"));
    }
    if let Some(limit) = account.switches.refresh_limit.clone()
        && account.sessions.beyond(&limit, now_ms)
    {
        if limit.costs_the_token
            && let Some(generation) = account.sessions.of_refresh(token).map(|p| p.generation)
        {
            let why = Revocation::TooManyRefreshes;
            account.sessions.revoke(generation, why);
        }
        return Err(limit.answer.answer());
    }
    if client_id != account.client_id || client_secret != account.client_secret {
        return Err(rejected(account, Rejection::Unauthorized));
    }
    let company = operation == Operation::RefreshTokenPoints;
    let exchanged = account
        .sessions
        .exchange(token, company, now_ms, &account.switches);
    match exchanged {
        Ok(pair) => Ok(bring(&pair, now_ms, &account.switches)),
        Err(cause) => Err(rejected(account, cause)),
    }
}

/// `POST /token/create/user`
pub(crate) fn create_user(
    account: &mut Account,
    request: &Request,
    now_ms: u64,
) -> Result<Outcome, Answer> {
    let (_, session) = authorised(account, request, now_ms)?;
    if session != Session::Company {
        return Err(ApplicationError::NotAllowed.answer(&account.switches));
    }
    check_body(request)?;
    let body = object(&request.body)?;
    let email = text(&body, "user_input")?;
    if text(&body, "scope")? != "user_session" {
        return Err(bad_request("scope must be user_session"));
    }
    if !looks_like_an_address(email) {
        return Err(bad_request("user_input must be an email address"));
    }
    if !account.super_admins.contains(email) {
        return Err(bad_request("user_input must be a Super Admin"));
    }
    let session = Session::User(email.to_lowercase());
    let pair = account
        .sessions
        .mint(session, None, now_ms, &account.switches);
    Ok(bring(&pair, now_ms, &account.switches))
}

fn bring(pair: &Pair, now_ms: u64, switches: &Switches) -> Outcome {
    let answer = TokenAnswer::of(pair, true, now_ms, switches);
    Outcome {
        answer: Answer::json(200, &answer),
        done: true,
        brought: Some(pair.generation),
    }
}

/// The refresh token that a body presents, whatever else is wrong with it.
pub(crate) fn presented(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    Some(body.get("refresh_token")?.as_str()?.to_owned())
}

/// The parser's own message is not passed on: it can quote the body.
fn object(body: &[u8]) -> Result<Value, Answer> {
    serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| bad_request("the body is not a JSON object"))
}

fn text<'a>(body: &'a Value, name: &str) -> Result<&'a str, Answer> {
    match body.get(name) {
        None => Err(bad_request(format!("{name} is missing"))),
        Some(value) => value
            .as_str()
            .ok_or_else(|| bad_request(format!("{name} must be a string"))),
    }
}
