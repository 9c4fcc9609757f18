use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::account::Account;
use crate::answer::{Answer, Numeral};
use crate::books::{Grant, looks_like_an_address};
use crate::failure::bad_request;
use crate::object::Object;
use crate::points;
use crate::points_operations::{Data, read};
use crate::route::Outcome;
use crate::switches::{SendAnswer, SendBody};

#[derive(Deserialize)]
struct Order<'a> {
    sender_email: String,
    #[serde(borrow)]
    expiry_month: Option<&'a RawValue>,
    #[serde(borrow)]
    recipients: Vec<Object<Recipient<'a>>>,
}

#[derive(Deserialize)]
struct Recipient<'a> {
    to_email: String,
    to_name: Option<String>,
    /// Raw: a number's own digits, or a string.
    #[serde(borrow)]
    amount: &'a RawValue,
    citation: Option<String>,
}

/// What became of one recipient: the transaction id, or why there is none.
type Fate = Result<u64, &'static str>;

const SENT: &str = "Points sent successfully";

pub(crate) fn serve(account: &mut Account, variables: &str) -> Result<Outcome, Answer> {
    let order = find_order(account.switches.send_body, variables)?;
    if !looks_like_an_address(&order.sender_email) {
        return Err(bad_request("sender_email must be an email address"));
    }
    let expiry_months = order.expiry_month.map(whole_months).transpose()?;
    if order.recipients.is_empty() {
        return Err(bad_request("recipients is empty"));
    }
    let grants = order.recipients.into_iter().enumerate().map(grant);
    let grants = grants.collect::<Result<Vec<_>, _>>()?;

    let shape = account.switches.send_answer;
    if !account.super_admins.contains(&order.sender_email) {
        return Ok(refuse(shape, "the sender is not a Super Admin"));
    }
    let elsewhere = |grant: &Grant| account.registered_elsewhere.contains(&grant.to_email);
    if shape != SendAnswer::WithRecipients && grants.iter().any(elsewhere) {
        return Ok(refuse(shape, ELSEWHERE));
    }
    if !account
        .books
        .covers(grants.iter().filter(|g| !elsewhere(g)))
    {
        return Ok(refuse(shape, "the wallet has not enough points"));
    }
    let mut fates = Vec::new();
    for grant in &grants {
        fates.push(if account.registered_elsewhere.contains(&grant.to_email) {
            Err(ELSEWHERE)
        } else {
            let sender = &order.sender_email;
            Ok(account.books.issue(sender, expiry_months, grant))
        });
    }
    Ok(tell(account, &grants, &fates))
}

const ELSEWHERE: &str = "the recipient is registered with another company";

fn find_order(body: SendBody, variables: &str) -> Result<Order<'_>, Answer> {
    #[derive(Deserialize)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        recipients_data: Option<&'a RawValue>,
    }
    let wrapped = read::<Wrapped<'_>>(variables.as_bytes())?.recipients_data;
    match (body, wrapped) {
        (SendBody::Wrapped | SendBody::Either, Some(order)) => read(order.get().as_bytes()),
        (SendBody::Wrapped, None) => Err(bad_request("recipients_data is missing")),
        (SendBody::Plain, _) | (SendBody::Either, None) => read(variables.as_bytes()),
    }
}

/// `12` or `"12"`.
fn whole_months(raw: &RawValue) -> Result<u32, Answer> {
    unquoted(raw)
        .and_then(|text| text.parse().ok())
        .filter(|months| *months > 0)
        .ok_or_else(|| bad_request("expiry_month must be a number of months"))
}

fn grant((at, Object(recipient)): (usize, Object<Recipient<'_>>)) -> Result<Grant, Answer> {
    let bad = |what: &str| bad_request(format!("recipients[{at}].{what}"));
    if !looks_like_an_address(&recipient.to_email) {
        return Err(bad("to_email must be an email address"));
    }
    let amount = unquoted(recipient.amount).ok_or_else(|| bad("amount must be a string"))?;
    let points = points::parse_positive(&amount).map_err(|why| bad(&format!("amount {why}")))?;
    Ok(Grant {
        to_email: recipient.to_email,
        to_name: recipient.to_name,
        points,
        citation: recipient.citation,
    })
}

/// The digits of a number, or what a string says.
fn unquoted(raw: &RawValue) -> Option<String> {
    let json = raw.get();
    match json.bytes().next()? {
        b'"' => serde_json::from_str(json).ok(),
        b'-' | b'0'..=b'9' => Some(json.to_owned()),
        _ => None,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    send_balance: SendBalance,
}

#[derive(Serialize)]
struct SendBalance {
    error: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients: Option<Vec<One>>,
}

#[derive(Serialize)]
struct One {
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_id: Option<Numeral>,
    email: String,
    points: Numeral,
    success: bool,
    message: &'static str,
}

/// Nothing was sent to anyone.
fn refuse(shape: SendAnswer, message: &'static str) -> Outcome {
    let answer = match shape {
        SendAnswer::Short => bad_request(message),
        SendAnswer::Message | SendAnswer::WithRecipients => {
            let send_balance = SendBalance {
                error: true,
                message,
                recipients: (shape == SendAnswer::WithRecipients).then(Vec::new),
            };
            Answer::json(
                200,
                &Data {
                    data: Sent { send_balance },
                },
            )
        }
    };
    answer.into()
}

fn tell(account: &Account, grants: &[Grant], fates: &[Fate]) -> Outcome {
    let numbers = account.switches.numbers;
    let failed = fates.iter().any(Result::is_err);
    let answer = match account.switches.send_answer {
        SendAnswer::Short => short(account, grants, fates),
        SendAnswer::Message | SendAnswer::WithRecipients => {
            let one = |(grant, fate): (&Grant, &Fate)| One {
                unique_id: fate.ok().map(|id| numbers.write(id)),
                email: grant.to_email.clone(),
                points: numbers.write(grant.points),
                success: fate.is_ok(),
                message: fate.err().unwrap_or(SENT),
            };
            let each = account.switches.send_answer == SendAnswer::WithRecipients;
            let send_balance = SendBalance {
                error: failed,
                message: if failed {
                    "Some recipients failed"
                } else {
                    SENT
                },
                recipients: each.then(|| grants.iter().zip(fates).map(one).collect()),
            };
            Answer::json(
                200,
                &Data {
                    data: Sent { send_balance },
                },
            )
        }
    };
    if fates.iter().any(Result::is_ok) {
        Outcome::done(answer)
    } else {
        answer.into()
    }
}

/// The answer that has room for one: of many, the last is told, as by a loop that
/// keeps only its last turn.
fn short(account: &Account, grants: &[Grant], fates: &[Fate]) -> Answer {
    #[derive(Serialize)]
    struct Told<'a> {
        unique_id: Numeral,
        email: &'a str,
        points: Numeral,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        phone_code: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        phone_number: Option<&'a str>,
    }
    let numbers = account.switches.numbers;
    let told = grants.iter().zip(fates).rev().find_map(|(grant, fate)| {
        let user = account.books.user(&grant.to_email);
        let phone = user.and_then(|user| user.phone.as_deref());
        let (code, number) = match phone.and_then(|phone| phone.split_once('-')) {
            Some((code, number)) => (Some(code), Some(number)),
            None => (None, phone),
        };
        Some(Told {
            unique_id: numbers.write((*fate).ok()?),
            email: &grant.to_email,
            points: numbers.write(grant.points),
            name: user.and_then(|user| user.name.as_deref()),
            phone_code: code,
            phone_number: number,
        })
    });
    Answer::json(200, &Data { data: told })
}
