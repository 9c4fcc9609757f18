use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::account::Account;
use crate::answer::{Answer, Numeral};
use crate::failure::bad_request;
use crate::object::Object;
use crate::operation::Operation;
use crate::request::Request;
use crate::route::{Outcome, authorised, check_body};
use crate::send;

#[derive(Deserialize)]
struct Asked<'a> {
    query: Option<String>,
    tag: Option<String>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
}

/// `POST /api`: the body's `query` says what is wanted.
pub(crate) fn serve(
    account: &mut Account,
    request: &Request,
    suffix: Option<Operation>,
    now_ms: u64,
) -> Result<Outcome, Answer> {
    authorised(account, request, now_ms)?;
    check_body(request)?;
    let asked: Asked<'_> = read(&request.body)?;
    let query = asked.query.ok_or_else(|| bad_request("query is missing"))?;
    let operation = Operation::of_query(&query).ok_or_else(|| bad_request("query is not known"))?;
    if suffix.is_some_and(|suffix| suffix != operation) {
        return Err(bad_request("query does not belong to this path"));
    }
    match asked.tag.as_deref() {
        Some("storeAdmin") => {}
        Some(_) => return Err(bad_request("tag must be storeAdmin")),
        None => return Err(bad_request("tag is missing")),
    }
    let variables = asked
        .variables
        .ok_or_else(|| bad_request("variables is missing"))?
        .get();
    match operation {
        Operation::FetchPoints => fetch(account, variables),
        Operation::SendPoints => send::serve(account, variables),
        _ => cancel(account, variables),
    }
}

/// Reads a JSON object; what is wrong with it is told with line and column.
pub(crate) fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Answer> {
    match serde_json::from_slice(json) {
        Ok(Object(read)) => Ok(read),
        Err(error) => Err(bad_request(error.to_string())),
    }
}

#[derive(Serialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

fn fetch(account: &Account, variables: &str) -> Result<Outcome, Answer> {
    #[derive(Deserialize)]
    struct Variables {
        #[serde(default)]
        user_data: Object<UserData>,
    }
    #[derive(Default, Deserialize)]
    struct UserData {
        email: Option<String>,
        phone: Option<String>,
    }
    #[derive(Serialize)]
    struct UserBalance {
        user_balance: Balance,
    }
    #[derive(Serialize)]
    struct Balance {
        success: Numeral,
        message: Option<&'static str>,
        data: Option<Total>,
    }
    #[derive(Serialize)]
    struct Total {
        total: Numeral,
    }

    let Variables { user_data } = read(variables.as_bytes())?;
    let numbers = account.switches.numbers;
    let Object(UserData { email, phone }) = user_data;
    let found = match (&email, &phone) {
        (Some(email), _) => account.books.user(email).ok_or("user not found"),
        (None, Some(phone)) => account.books.user_by_phone(phone).ok_or("user not found"),
        (None, None) => Err("missing user's details"),
    };
    let balance = |success: Numeral, message, total| {
        let user_balance = Balance {
            success,
            message,
            data: total,
        };
        Answer::json(
            200,
            &Data {
                data: UserBalance { user_balance },
            },
        )
    };
    Ok(match found {
        Ok(user) => {
            let total = numbers.write(user.balance);
            Outcome::done(balance(numbers.write(1), None, Some(Total { total })))
        }
        // As documented: a failure inside a 200, with numbers for numbers.
        Err(why) => balance(crate::Numbers::AsNumbers.write(0), Some(why), None).into(),
    })
}

fn cancel(account: &mut Account, variables: &str) -> Result<Outcome, Answer> {
    #[derive(Deserialize)]
    struct Variables {
        recipients_data: Object<RecipientsData>,
    }
    #[derive(Deserialize)]
    struct RecipientsData {
        recipients: Vec<Object<Issued>>,
    }
    #[derive(Deserialize)]
    struct Issued {
        unique_id: u64,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct CancelBalance {
        cancel_balance: Cancelled,
    }
    #[derive(Serialize)]
    struct Cancelled {
        error: bool,
        message: &'static str,
        recipients: Vec<One>,
    }
    #[derive(Serialize)]
    struct One {
        unique_id: Numeral,
        success: bool,
        message: &'static str,
    }

    let Variables { recipients_data } = read(variables.as_bytes())?;
    let Object(RecipientsData { recipients: issued }) = recipients_data;
    if issued.is_empty() {
        return Err(bad_request("recipients is empty"));
    }
    let numbers = account.switches.numbers;
    let mut recipients = Vec::new();
    for Object(Issued { unique_id }) in issued {
        let cancelled = account.books.cancel(unique_id);
        recipients.push(One {
            unique_id: numbers.write(unique_id),
            success: cancelled.is_ok(),
            message: cancelled.err().unwrap_or("Points cancelled successfully"),
        });
    }
    let some = recipients.iter().any(|one| one.success);
    let all = recipients.iter().all(|one| one.success);
    let answer = Answer::json(
        200,
        &Data {
            data: CancelBalance {
                cancel_balance: Cancelled {
                    error: !all,
                    message: match (all, some) {
                        (true, _) => "Cancellation processed successfully",
                        (false, true) => "Some cancellations failed",
                        (false, false) => "Cancellation failed",
                    },
                    recipients,
                },
            },
        },
    );
    Ok(if some {
        Outcome::done(answer)
    } else {
        answer.into()
    })
}
