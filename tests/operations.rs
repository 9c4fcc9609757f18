//! All six operations against the sandbox, over real HTTP, in every shape that
//! Xoxoday's sources show.

use xoxoday_auth::points::SendOutcome;
use xoxoday_auth::{Error, ErrorKind, Points, Recipient, Xoxoday};
use xoxoday_sandbox::{
    ApplicationError, Numbers, Operation, Sandbox, SendAnswer, SendBody, Trouble,
};
use xoxoday_tests::calls::Call;
use xoxoday_tests::canary::MARK;
use xoxoday_tests::{BOSS, client_of, hasty, sandbox};

const JOHN: &str = "john@company.example";
const JANE: &str = "jane@company.example";

async fn connect(sandbox: &Sandbox) -> Xoxoday {
    client_of(sandbox).build().await.unwrap()
}

fn points(count: u32) -> Points {
    count.into()
}

#[tokio::test]
async fn all_six_operations_work_whether_numbers_are_numbers_or_strings() {
    for numbers in [Numbers::AsNumbers, Numbers::AsStrings] {
        let sandbox = sandbox();
        sandbox.switch(|switches| switches.numbers = numbers);
        let xoxoday = connect(&sandbox).await;

        let validity = xoxoday.tokens().validate().await.unwrap();
        assert!(validity.expires_in.is_some());

        xoxoday.tokens().rotate().await.unwrap();
        let status = xoxoday.tokens().status();
        assert_eq!(status.generation, 2);
        assert!(status.refresh_expires_at > status.access_expires_at);

        let user = xoxoday.user_tokens().create(BOSS).await.unwrap();
        assert!(user.refresh_token.is_some());

        let before = xoxoday.points().balance(JOHN).await.unwrap();
        assert_eq!(before, points(150));

        let sent = xoxoday
            .points()
            .send_from(BOSS)
            .to(Recipient::new(JOHN, "100.25").unwrap())
            .send()
            .await
            .unwrap();
        assert!(sent.all_credited());
        let after = xoxoday.points().balance(JOHN).await.unwrap();
        assert_eq!(after.to_string(), "250.25");

        let id = sent.results[0].transaction.unwrap();
        let cancelled = xoxoday.points().cancel([id]).await.unwrap();
        assert!(cancelled.all_cancelled());
        let back = xoxoday.points().balance(JOHN).await.unwrap();
        assert_eq!(back, before);
    }
}

#[tokio::test]
async fn sending_to_many_is_understood_in_all_three_answers() {
    for (shape, with_ids, credited) in [
        (SendAnswer::Short, 1, 1),
        (SendAnswer::Message, 0, 2),
        (SendAnswer::WithRecipients, 2, 2),
    ] {
        let sandbox = sandbox();
        sandbox.switch(|switches| switches.send_answer = shape);
        let points = connect(&sandbox).await;
        let sending = points.points().send_from(BOSS);
        let both = [JOHN, JANE].map(|email| Recipient::new(email, 10).unwrap());
        let sent = match sending.to_all(both).send().await {
            Ok(sent) => sent,
            // The short answer says of one alone that it was credited.
            Err(error) => {
                assert!(error.is_outcome_unknown(), "{shape:?}: {error}");
                error.sent().unwrap().clone()
            }
        };
        assert_eq!(sent.results.len(), 2, "{shape:?}");
        let ids = sent.results.iter().filter_map(|r| r.transaction).count();
        assert_eq!(ids, with_ids, "{shape:?}");
        assert_eq!(sent.credited().count(), credited, "{shape:?}");
        assert_eq!(sent.all_credited(), credited == 2, "{shape:?}");
        let books = sandbox.books();
        assert_eq!(books.user(JANE).unwrap().balance.to_string(), "10");
    }
}

#[tokio::test]
async fn send_follows_the_document_and_the_prose_s_body_by_a_switch() {
    for (server, wrapped) in [(SendBody::Plain, false), (SendBody::Wrapped, true)] {
        let sandbox = sandbox();
        sandbox.switch(|switches| switches.send_body = server);
        for wrap in [true, false] {
            let xoxoday = client_of(&sandbox)
                .wrap_send_variables(wrap)
                .build()
                .await
                .unwrap();
            let recipient = Recipient::new(JOHN, 1).unwrap();
            let sent = xoxoday.points().send_from(BOSS).to(recipient).send().await;
            assert_eq!(sent.is_ok(), wrap == wrapped, "{server:?} {wrap}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_what_the_server_says() {
    let sandbox = sandbox();
    let xoxoday = connect(&sandbox).await;

    let unknown = xoxoday.points().balance("nobody@company.example").await;
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Refused);

    let too_much = Recipient::new(JOHN, 1_000_000).unwrap();
    let refused = xoxoday.points().send_from(BOSS).to(too_much).send().await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(
        sandbox.books().user(JOHN).unwrap().balance.to_string(),
        "150"
    );
}

#[tokio::test]
async fn a_401_that_no_token_can_cure_costs_no_exchange() {
    let sandbox = sandbox();
    let xoxoday = connect(&sandbox).await;
    sandbox.trouble(
        Operation::FetchPoints,
        Trouble::ApplicationError(ApplicationError::IpNotRegistered),
    );
    let error = xoxoday.points().balance(JOHN).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.code(), Some("PIPE10017"));
    assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
    assert!(sandbox.record().exchanges().is_empty());
}

/// Each call with a bearer, by its facade and raw, with each code at each
/// status, also where users ask to take any 4xx for a rejection.
#[tokio::test]
async fn no_call_pays_an_exchange_for_a_code_that_no_token_can_cure() {
    let sandbox = sandbox();
    let builder = hasty(&sandbox).rotate_on_any_4xx(true);
    let xoxoday = builder.build().await.unwrap();
    let calls = Call::all().filter(|call| call.operation != Operation::RefreshTokenPoints);
    let mut made = 0;
    for call in calls {
        for code in ["PIPE10015", "PIPE10016", "PIPE10017", "PLE10019"] {
            for status in [200, 400, 401, 403, 404, 422, 429, 500, 502, 503] {
                let body = format!(r#"{{"code":{status},"errorId":"{code}","error":"why"}}"#);
                sandbox.trouble(call.operation, answered(status, &body));
                // What each says is the matter of other tests.
                let _ = call.make(&xoxoday).await;
                made += 1;
            }
        }
    }
    let record = sandbox.record();
    assert!(record.exchanges().is_empty());
    assert_eq!(record.calls().len(), made, "something was sent twice");
}

#[tokio::test]
async fn a_send_whose_answer_is_lost_is_unknown_and_not_repeated() {
    for trouble in [
        Trouble::DropAnswer,
        Trouble::Reset,
        Trouble::CutBody,
        Trouble::EmptyBody,
        Trouble::Html(502),
    ] {
        let sandbox = sandbox();
        let xoxoday = connect(&sandbox).await;
        let name = trouble.name();
        sandbox.trouble(Operation::SendPoints, trouble);
        let recipient = Recipient::new(JOHN, 5).unwrap();
        let error = xoxoday
            .points()
            .send_from(BOSS)
            .to(recipient)
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{name}: {error}");
        let known = &error.sent().unwrap().results[0];
        assert_eq!(known.recipient.email().as_str(), JOHN, "{name}");
        assert_eq!(known.outcome, SendOutcome::Unreported, "{name}");
        assert_eq!(
            sandbox.record().of(Operation::SendPoints).len(),
            1,
            "{name}"
        );
    }
}

fn answered(status: u16, body: &str) -> Trouble {
    Trouble::Answer {
        status,
        content_type: "application/json".into(),
        body: body.into(),
    }
}

/// How a send to one ends that is answered with this, and that it is not
/// repeated and costs no exchange.
async fn sent_once(trouble: Trouble) -> Error {
    let sandbox = sandbox();
    let xoxoday = connect(&sandbox).await;
    sandbox.trouble(Operation::SendPoints, trouble);
    let recipient = Recipient::new(JOHN, 5).unwrap();
    let sent = xoxoday.points().send_from(BOSS).to(recipient).send().await;
    let error = sent.unwrap_err();
    let record = sandbox.record();
    assert_eq!(record.of(Operation::SendPoints).len(), 1, "{error}");
    assert!(record.exchanges().is_empty(), "{error}");
    error
}

#[tokio::test]
async fn a_send_that_may_have_been_done_is_not_sent_again_and_not_called_refused() {
    for (status, body) in [
        (401, r#"{"recipients":[{"success":true}]}"#),
        (
            401,
            r#"{"sendBalance":{"recipients":[{"success":true},{"message":"auth.token_error"}]}}"#,
        ),
        (
            200,
            r#"{"error":"invalid_token","data":{"unique_id":7,"email":"john@company.example"}}"#,
        ),
        (
            403,
            r#"{"message":"auth.request_limit_exceeded","data":{"unique_id":7,"points":"5"}}"#,
        ),
        (403, "<html>Forbidden</html>"),
        (302, r#"{"error":"moved"}"#),
        (500, r#"{"errorId":"PLE10030","errorInfo":"wallet"}"#),
    ] {
        let error = sent_once(answered(status, body)).await;
        assert!(error.is_outcome_unknown(), "{status} {body}: {error}");
        assert_eq!(error.sent().unwrap().results.len(), 1, "{body}");
        if body.contains("PLE10030") {
            assert_eq!(error.code(), Some("PLE10030"));
            assert!(error.to_string().contains("wallet"), "{error}");
            assert_eq!(error.advice(), None);
        }
    }
}

#[tokio::test]
async fn what_was_turned_away_before_any_work_is_refused_at_every_status() {
    for code in ["PIPE10015", "PIPE10016", "PIPE10017", "PLE10019"] {
        for status in [401, 500, 503] {
            let body = format!(r#"{{"errorId":"{code}","errorInfo":"why"}}"#);
            let error = sent_once(answered(status, &body)).await;
            assert_eq!(error.kind(), ErrorKind::Refused, "{status} {code}");
            assert_eq!(error.code(), Some(code));
        }
    }
}

#[tokio::test]
async fn a_rate_limit_or_rejection_counts_although_its_answer_is_too_long() {
    let padding = "x".repeat(2 << 20);
    let sandbox = sandbox();
    let xoxoday = connect(&sandbox).await;
    let limit = format!(r#"{{"penaltySeconds":3600,"message":"slow down","x":"{padding}"}}"#);
    sandbox.trouble(Operation::FetchPoints, answered(401, &limit));
    let error = xoxoday.points().balance(JOHN).await.unwrap_err();
    assert_eq!(error.wait().map(|wait| wait.as_secs()), Some(3600));

    let rejection = format!(r#"{{"error":"invalid_token","x":"{padding}"}}"#);
    sandbox.trouble(Operation::FetchPoints, answered(401, &rejection));
    xoxoday.points().balance(JOHN).await.unwrap();
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[tokio::test]
async fn a_gateway_s_refusal_is_none_of_xoxoday_s() {
    for (status, body) in [
        (403, "<html>Forbidden</html>"),
        (404, ""),
        (302, r#"{"error":"moved"}"#),
    ] {
        let sandbox = sandbox();
        let xoxoday = connect(&sandbox).await;
        sandbox.trouble(Operation::FetchPoints, answered(status, body));
        let error = xoxoday.points().balance(JOHN).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unexpected, "{status}: {error}");
        assert_eq!(sandbox.record().calls().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_odd_member_of_an_answer_costs_no_more_than_itself() {
    let sandbox = sandbox();
    let xoxoday = connect(&sandbox).await;
    let answers = |operation, body: &[u8]| {
        sandbox.trouble(operation, Trouble::Garbage(body.to_vec()));
    };
    let email = br#"{"data":{"unique_id":7,"email":"john@company.example","phone_code":91,"#;
    for odd in [&b"\"name\":\"Jos\xe9\"}}"[..], br#""name":"\ud800"}}"#] {
        answers(Operation::SendPoints, &[email, odd].concat());
        let recipient = Recipient::new(JOHN, 5).unwrap();
        let sent = xoxoday.points().send_from(BOSS).to(recipient).send().await;
        let transaction = sent.unwrap().results[0].transaction.unwrap();
        assert_eq!(transaction.get(), 7);
    }

    let balance = br#"{"data":{"user_balance":{"success":true,"data":{"total":"7.5"}}}}"#;
    answers(Operation::FetchPoints, balance);
    let total = xoxoday.points().balance(JOHN).await.unwrap();
    assert_eq!(total.to_string(), "7.5");

    let pair = r#"{"access_token":"@-a","refresh_token":"@-r","expires_in":"","token_type":7}"#;
    let pair = pair.replace('@', MARK);
    answers(Operation::CreateUserToken, pair.as_bytes());
    let minted = xoxoday.user_tokens().create(BOSS).await.unwrap();
    assert_eq!(minted.expires_in, None);
    assert!(minted.refresh_token.is_some());

    let dated = br#"{"token_type":7,"expires_in":"60","access_token_expiry":"2024-06-10"}"#;
    answers(Operation::ValidateTokenPoints, dated);
    let validity = xoxoday.tokens().validate().await.unwrap();
    assert_eq!(validity.expires_in.unwrap().as_secs(), 60);
}

#[tokio::test]
async fn a_cancellation_without_an_answer_keeps_every_id() {
    let sandbox = sandbox();
    let xoxoday = connect(&sandbox).await;
    let lost = xoxoday_sandbox::Plan::from(Trouble::DropAnswer).until_cleared();
    sandbox.trouble(Operation::CancelPoints, lost);
    let error = xoxoday.points().cancel([7, 8]).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    let known = &error.cancelled().unwrap().results;
    let ids: Vec<_> = known
        .iter()
        .map(|it| (it.transaction.get(), it.cancelled))
        .collect();
    assert_eq!(ids, [(7, None), (8, None)]);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    for status in [301, 302, 307, 308] {
        let sandbox = sandbox();
        let elsewhere = sandbox.origin() + "/elsewhere";
        let redirect = Trouble::Redirect {
            status,
            location: elsewhere,
        };
        sandbox.trouble(None, xoxoday_sandbox::Plan::from(redirect).times(2));
        let xoxoday = connect(&sandbox).await;
        xoxoday.points().balance(JOHN).await.unwrap_err();
        xoxoday.tokens().rotate().await.unwrap_err();
        let record = sandbox.record();
        let paths: Vec<_> = record.calls().iter().map(|call| &*call.path).collect();
        assert_eq!(
            paths,
            ["/chef/v1/oauth/api", "/chef/v1/oauth/token/company"],
            "{status}"
        );
    }
}
