//! What a test of your own may look like: the code under test, a stand-in that keeps
//! books, and mocks for single answers.

use std::error::Error;

use httpmock::MockServer;
use xoxoday_api::httpmock::MockServerExt as _;
use xoxoday_api::types;
use xoxoday_auth::{ErrorKind, MemoryStore, Recipient, Seed, Xoxoday};
use xoxoday_sandbox::{Operation, Sandbox, Trouble};

/// The code under test: a prize for whoever has solved a puzzle.
#[derive(Debug, PartialEq)]
enum Prize {
    Sent,
    /// Ask again later: nothing was sent.
    Later,
    /// A person must look before anything is sent again.
    Unclear,
}

async fn reward(xoxoday: &Xoxoday, winner: &str, prize: u32) -> Result<Prize, xoxoday_auth::Error> {
    let points = xoxoday.points();
    let send = points.send_from("boss@company.example");
    match send.to(Recipient::new(winner, prize)?).send().await {
        Ok(_) => Ok(Prize::Sent),
        Err(error) => match error.kind() {
            ErrorKind::Unavailable | ErrorKind::LoginRequired => Ok(Prize::Later),
            ErrorKind::OutcomeUnknown => Ok(Prize::Unclear),
            _ => Err(error),
        },
    }
}

/// A stand-in with a wallet, and a client of it.
async fn account() -> Result<(Sandbox, Xoxoday), Box<dyn Error>> {
    let sandbox = Sandbox::builder()
        .super_admin("boss@company.example")
        .user("ada@company.example", "0")
        .wallet("100")
        .start()?;
    let seed = Seed::new(sandbox.refresh_token()).access_token(sandbox.access_token(), None);
    let environment = sandbox.origin().parse()?;
    let xoxoday = Xoxoday::builder(environment, sandbox.client_id(), sandbox.client_secret())
        .seed(seed)
        .store(MemoryStore::new())
        .build()
        .await?;
    Ok((sandbox, xoxoday))
}

fn balance(sandbox: &Sandbox) -> String {
    let books = sandbox.books();
    books
        .user("ada@company.example")
        .unwrap()
        .balance
        .to_string()
}

#[tokio::test]
async fn the_winner_has_the_prize() -> Result<(), Box<dyn Error>> {
    let (sandbox, xoxoday) = account().await?;
    assert_eq!(
        reward(&xoxoday, "ada@company.example", 60).await?,
        Prize::Sent
    );
    assert_eq!(balance(&sandbox), "60");

    // The wallet does not hold another one.
    let error = reward(&xoxoday, "ada@company.example", 60)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(balance(&sandbox), "60");
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_is_not_sent_again() -> Result<(), Box<dyn Error>> {
    let (sandbox, xoxoday) = account().await?;
    sandbox.trouble(Operation::SendPoints, Trouble::DropAnswer);
    assert_eq!(
        reward(&xoxoday, "ada@company.example", 60).await?,
        Prize::Unclear
    );
    assert_eq!(sandbox.record().of(Operation::SendPoints).len(), 1);
    assert_eq!(balance(&sandbox), "60");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_away_is_asked_later_and_a_gateway_in_trouble_is_not()
-> Result<(), Box<dyn Error>> {
    let (sandbox, xoxoday) = account().await?;
    sandbox.go_offline()?;
    assert_eq!(
        reward(&xoxoday, "ada@company.example", 60).await?,
        Prize::Later
    );
    sandbox.come_online()?;
    sandbox.trouble(Operation::SendPoints, Trouble::Html(502));
    assert_eq!(
        reward(&xoxoday, "ada@company.example", 60).await?,
        Prize::Unclear
    );
    assert_eq!(balance(&sandbox), "0");
    Ok(())
}

#[tokio::test]
async fn an_answer_can_be_given_to_the_letter() -> Result<(), Box<dyn Error>> {
    let server = MockServer::start_async().await;
    let mock = server.send_points(|_, then| {
        then.bad_request(&types::ErrorBody {
            error_id: Some("PLE10030".into()),
            ..Default::default()
        });
    });
    let xoxoday = Xoxoday::builder(server.base_url().parse()?, "client-id", "client-secret")
        .seed(Seed::new("refresh").access_token("access", None))
        .store(MemoryStore::new())
        .build()
        .await?;
    let error = reward(&xoxoday, "ada@company.example", 60)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("PLE10030"));
    mock.assert();
    Ok(())
}
