//! All six operations against the sandbox, over real HTTP, in every shape that
//! Xoxoday's sources show.

use xoxoday_auth::{ErrorKind, Points, Recipient, Xoxoday};
use xoxoday_sandbox::{
    ApplicationError, Numbers, Operation, Sandbox, SendAnswer, SendBody, Trouble,
};
use xoxoday_tests::{BOSS, client_of, sandbox};

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
    for (shape, with_ids) in [
        (SendAnswer::Short, 1),
        (SendAnswer::Message, 0),
        (SendAnswer::WithRecipients, 2),
    ] {
        let sandbox = sandbox();
        sandbox.switch(|switches| switches.send_answer = shape);
        let sent = connect(&sandbox)
            .await
            .points()
            .send_from(BOSS)
            .to_all([JOHN, JANE].map(|email| Recipient::new(email, 10).unwrap()))
            .send()
            .await
            .unwrap();
        assert_eq!(sent.results.len(), 2, "{shape:?}");
        let ids = sent.results.iter().filter_map(|r| r.transaction).count();
        assert_eq!(ids, with_ids, "{shape:?}");
        assert!(sent.all_credited(), "{shape:?}");
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
        assert_eq!(
            sandbox.record().of(Operation::SendPoints).len(),
            1,
            "{name}"
        );
    }
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
