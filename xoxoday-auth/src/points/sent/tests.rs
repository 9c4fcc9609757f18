use super::*;
use SendOutcome::{Credited, Unreported};

fn understood(emails: &[&str], answer: &str) -> Result<SentPoints, Error> {
    let recipients = emails
        .iter()
        .map(|email| Recipient::new(email, 100).unwrap())
        .collect();
    understand(recipients, answer)
}

/// What is known of each, and how the send ended.
fn sent(emails: &[&str], answer: &str) -> (SentPoints, Option<ErrorKind>) {
    match understood(emails, answer) {
        Ok(sent) => (sent, None),
        Err(error) => (error.sent().unwrap().clone(), Some(error.kind())),
    }
}

fn outcomes(sent: &SentPoints) -> Vec<(&SendOutcome, Option<i64>)> {
    let each = sent.results.iter();
    each.map(|result| (&result.outcome, result.transaction.map(TransactionId::get)))
        .collect()
}

const A: &[&str] = &["a@x.example"];
const AB: &[&str] = &["a@x.example", "b@x.example"];
const UNKNOWN: Option<ErrorKind> = Some(ErrorKind::OutcomeUnknown);
const REFUSED: Option<ErrorKind> = Some(ErrorKind::Refused);

#[test]
fn the_short_answer_credits_the_recipient_it_names_and_no_other() {
    let answer = r#"{"data":{"unique_id":"7","email":"B@x.example","points":"100"}}"#;
    let (one, ended) = sent(&["b@x.example"], answer);
    assert_eq!((outcomes(&one), ended), (vec![(&Credited, Some(7))], None));

    let (two, ended) = sent(AB, answer);
    assert_eq!(outcomes(&two), [(&Unreported, None), (&Credited, Some(7))]);
    assert_eq!(ended, UNKNOWN);

    let (nobody, ended) = sent(A, answer);
    assert_eq!(
        (outcomes(&nobody), ended),
        (vec![(&Unreported, None)], UNKNOWN)
    );
    let stray = &nobody.unmatched[0];
    assert_eq!(stray.email.as_deref(), Some("B@x.example"));
    assert_eq!(stray.transaction, Some(TransactionId::new(7)));
}

#[test]
fn an_odd_member_costs_no_more_than_itself() {
    for odd in [
        r#""phone_code":91"#,
        r#""name":"\ud800","success":1"#,
        r#""points":"","success":"true""#,
        r#""error":"false","message":[]"#,
        r#""points":{"a":[]},"expiry":1e400"#,
    ] {
        let answer = format!(r#"{{"data":{{"unique_id":7,"email":"a@x.example",{odd}}}}}"#);
        let (one, ended) = sent(A, &answer);
        assert_eq!(
            (outcomes(&one), ended),
            (vec![(&Credited, Some(7))], None),
            "{odd}"
        );
    }
}

#[test]
fn an_odd_entry_costs_no_more_than_itself() {
    let answer = r#"{"data":{"sendBalance":{"error":"false","message":7,"recipients":[
        {"unique_id":1,"email":"a@x.example","success":1,"points":""},
        {"unique_id":"two","email":"b@x.example","success":"true"},
        "what is this", {"email":7}]}}}"#;
    let (two, ended) = sent(AB, answer);
    assert_eq!(outcomes(&two), [(&Credited, Some(1)), (&Credited, None)]);
    assert_eq!((two.unmatched.len(), ended), (2, None));
}

#[test]
fn the_verdict_without_recipients_speaks_for_all() {
    let good = r#"{"data":{"sendBalance":{"error":false,"message":"sent"}}}"#;
    let (two, ended) = sent(AB, good);
    assert_eq!(outcomes(&two), [(&Credited, None), (&Credited, None)]);
    assert_eq!((two.message.as_deref(), ended), (Some("sent"), None));

    let bad = r#"{"data":{"sendBalance":{"error":true,"message":"wallet is empty"}}}"#;
    let refused = understood(AB, bad).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    let told = refused.to_string();
    assert_eq!(told, "every recipient was refused: wallet is empty");
    assert_eq!(refused.sent().unwrap().credited().count(), 0);
}

#[test]
fn the_verdict_with_recipients_speaks_for_each() {
    let answer = r#"{"data":{"sendBalance":{"error":true,"message":"some failed","recipients":[
        {"unique_id":2,"to_email":"b@x.example","success":true},
        {"email":"a@x.example","success":false,"message":"other company"},
        {"email":"d@x.example","message":"perhaps"}]}}}"#;
    let all = ["a@x.example", "b@x.example", "c@x.example", "d@x.example"];
    let (each, ended) = sent(&all, answer);
    assert_eq!(
        outcomes(&each),
        [
            (&SendOutcome::Refused("other company".into()), None),
            (&Credited, Some(2)),
            (&Unreported, None),
            (&Unreported, None),
        ]
    );
    assert_eq!(ended, UNKNOWN);
}

#[test]
fn silence_is_no_success() {
    for answer in [
        r#"{"data":{"sendBalance":{"recipients":[{"email":"a@x.example","message":"registered with another company"}]}}}"#,
        r#"{"data":{"sendBalance":{"error":false,"recipients":[{"email":"z@x.example","success":true}]}}}"#,
        r#"{"data":{"email":"a@x.example","message":"hm"}}"#,
        r#"{"data":{"success":1,"email":"a@x.example"}}"#,
        r#"{"data":{"sendBalance":{"message":"wallet is empty"}}}"#,
        r#"{"data":{"sendBalance":{}}}"#,
        r#"{"data":{"recipients":[{"email":"a@x.example","success":true}]}}"#,
        r#"{"data":{}}"#,
        "{}",
    ] {
        let (one, ended) = sent(A, answer);
        assert_eq!(
            (outcomes(&one), ended),
            (vec![(&Unreported, None)], UNKNOWN),
            "{answer}"
        );
    }
}

#[test]
fn an_echoed_address_proves_nothing_and_a_failure_is_one() {
    for failure in [r#""success":0"#, r#""error":true"#, r#""error":"failed""#] {
        let answer = format!(
            r#"{{"data":{{{failure},"message":"wallet is empty","email":"a@x.example"}}}}"#
        );
        let (one, ended) = sent(A, &answer);
        let refused = SendOutcome::Refused("wallet is empty".into());
        assert_eq!((outcomes(&one), ended), (vec![(&refused, None)], REFUSED));
    }
}

#[test]
fn what_contradicts_itself_is_unknown_and_keeps_what_to_cancel_by() {
    let short = r#""data":{"unique_id":7,"email":"a@x.example","points":"5"}"#;
    for beside in [
        r#""error":"invalid_token""#,
        r#""error":"x""#,
        r#""success":0"#,
        r#""errorId":"E42""#,
        r#""message":"auth.request_limit_exceeded""#,
        r#""message":"auth.token_error""#,
        r#""message":"invalid_request""#,
        r#""errors":[{"errorId":"PIPE10017"}]"#,
    ] {
        let (one, ended) = sent(A, &format!("{{{beside},{short}}}"));
        let expected = vec![(&Unreported, Some(7))];
        assert_eq!((outcomes(&one), ended), (expected, UNKNOWN), "{beside}");

        let verdict = r#""data":{"sendBalance":{"error":false}}"#;
        let (one, ended) = sent(A, &format!("{{{beside},{verdict}}}"));
        assert_eq!(
            (outcomes(&one), ended),
            (vec![(&Unreported, None)], UNKNOWN),
            "{beside}"
        );
    }
    let within = r#"{"data":{"success":0,"unique_id":7,"email":"a@x.example"}}"#;
    let (one, ended) = sent(A, within);
    assert_eq!(
        (outcomes(&one), ended),
        (vec![(&Unreported, Some(7))], UNKNOWN)
    );
}

#[test]
fn a_send_of_which_a_part_failed_is_a_failure_with_the_parts_kept() {
    let answer = |second: &str| {
        format!(
            r#"{{"data":{{"sendBalance":{{"error":true,"message":"m","recipients":[
            {{"unique_id":2,"email":"a@x.example","success":true}}{second}]}}}}}}"#
        )
    };
    let refused = r#",{"email":"b@x.example","success":false,"message":"other company"}"#;
    for (emails, second, kind, words) in [
        (
            AB,
            refused,
            ErrorKind::Refused,
            "1 of 2 recipients were refused, the others credited: other company",
        ),
        (AB, "", ErrorKind::OutcomeUnknown, "what became of 1 of 2"),
        // Called a failure, though whoever is listed was credited.
        (
            A,
            "",
            ErrorKind::OutcomeUnknown,
            "calls it a failure but lists everyone as credited: m",
        ),
    ] {
        let error = understood(emails, &answer(second)).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.sent().unwrap().credited().count(), 1);
    }
}

#[test]
fn a_recipient_named_twice_takes_two_entries() {
    let answer = r#"{"data":{"sendBalance":{"error":false,"recipients":[
        {"unique_id":1,"email":"a@x.example","to_email":"A@x.example","success":true},
        {"unique_id":2,"email":" a@x.example","success":true}]}}}"#;
    let (twice, ended) = sent(&["a@x.example", "a@x.example"], answer);
    assert_eq!(
        outcomes(&twice),
        [(&Credited, Some(1)), (&Credited, Some(2))]
    );
    assert_eq!(ended, None);
}

#[test]
fn one_entry_without_an_address_means_the_one_recipient() {
    let entry = r#"{"unique_id":1,"success":true}"#;
    let answer =
        format!(r#"{{"data":{{"sendBalance":{{"error":false,"recipients":[{entry}]}}}}}}"#);
    let (one, ended) = sent(A, &answer);
    assert_eq!((outcomes(&one), ended), (vec![(&Credited, Some(1))], None));
    assert!(one.unmatched.is_empty());

    // Of two it may be either, and what to cancel it by is kept.
    let (two, ended) = sent(AB, &answer);
    assert_eq!(outcomes(&two), [(&Unreported, None), (&Unreported, None)]);
    assert_eq!(two.unmatched[0].transaction, Some(TransactionId::new(1)));
    assert_eq!(two.unmatched[0].outcome, Credited);
    assert_eq!(ended, UNKNOWN);
}

/// What is not linear in the length does not end today.
#[test]
fn an_absurd_list_is_read_in_no_time_and_not_kept() {
    let entry = r#"{"email":"a@x.example"},"#;
    let list = entry.repeat((1 << 20) / entry.len());
    let answer =
        format!(r#"{{"data":{{"sendBalance":{{"error":false,"recipients":[{list}0]}}}}}}"#);
    let crowd = vec!["a@x.example"; MOST_PER_CALL];
    let (all, _) = sent(&crowd, &answer);
    assert!(all.all_credited());
    assert_eq!(all.unmatched.len(), MOST_PER_CALL);
}
