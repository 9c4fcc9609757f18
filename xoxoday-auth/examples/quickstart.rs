//! All six operations, one after the other.
//!
//! ```console
//! $ cargo run --example quickstart
//! ```
//!
//! Without credentials in the environment this starts a stand-in for Xoxoday
//! in this process and talks to that. With them (`XOXODAY_ENV`,
//! `XOXODAY_CLIENT_ID`, `XOXODAY_CLIENT_SECRET`, `XOXODAY_REFRESH_TOKEN`) it
//! talks to the environment named, sends one point from
//! `XOXODAY_QUICKSTART_SENDER` to `XOXODAY_QUICKSTART_RECIPIENT`, and cancels it.

use std::error::Error;
use std::process::ExitCode;

use xoxoday_auth::tokens::Rotation;
use xoxoday_auth::{Builder, Email, Environment, MemoryStore, Recipient, Seed, Xoxoday};
use xoxoday_sandbox::Sandbox;

/// One of these is enough to mean a real account.
const CREDENTIALS: [&str; 4] = [
    "XOXODAY_ENV",
    "XOXODAY_CLIENT_ID",
    "XOXODAY_CLIENT_SECRET",
    "XOXODAY_REFRESH_TOKEN",
];

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nFAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let given = CREDENTIALS
        .iter()
        .find(|name| std::env::var_os(name).is_some());
    if let Some(given) = given {
        println!("Found {given} in the environment.");
        let sender = address("XOXODAY_QUICKSTART_SENDER")?;
        let recipient = address("XOXODAY_QUICKSTART_RECIPIENT")?;
        let xoxoday = Builder::from_env()?.build().await?;
        let done = all_six(&xoxoday, &sender, &recipient).await;
        xoxoday.shutdown().await;
        return done;
    }
    println!("No credentials in the environment: starting a stand-in on this machine.");
    let (sender, recipient) = ("boss@company.example", "john@company.example");
    let sandbox = Sandbox::builder()
        .super_admin(sender)
        .user(recipient, "150")
        .wallet("1000")
        .start()?;
    let seed = Seed::new(sandbox.refresh_token()).access_token(sandbox.access_token(), None);
    let environment = sandbox.origin().parse()?;
    let xoxoday = Xoxoday::builder(environment, sandbox.client_id(), sandbox.client_secret())
        .seed(seed)
        .store(MemoryStore::new())
        .build()
        .await?;
    all_six(&xoxoday, &sender.parse()?, &recipient.parse()?).await
}

fn address(variable: &str) -> Result<Email, String> {
    let text = std::env::var(variable).map_err(|_| {
        format!("{variable} is not set: with credentials this example moves a real point, and must be told whose")
    })?;
    text.parse().map_err(|error| format!("{variable}: {error}"))
}

async fn all_six(
    xoxoday: &Xoxoday,
    sender: &Email,
    recipient: &Email,
) -> Result<(), Box<dyn Error>> {
    println!("Talking to {}.\n", xoxoday.environment());
    let points = xoxoday.points();

    let validity = xoxoday.tokens().validate().await?;
    let days = validity
        .expires_in
        .map_or(0, |life| life.as_secs() / 86_400);
    println!("1. validate     the access token is good for {days} more days");

    let rotation = xoxoday.tokens().rotate().await?;
    let status = xoxoday.tokens().status();
    println!(
        "2. refresh      {}: the tokens are now generation {}",
        match rotation {
            Rotation::Rotated => "a new pair of tokens, saved before it is used",
            _ => "another process had brought new tokens",
        },
        status.generation
    );

    let user = xoxoday.user_tokens().create(sender).await?;
    let hours = user.expires_in.map_or(0, |life| life.as_secs() / 3600);
    println!(
        "3. user token   {} has a session of {hours} hours",
        user.user
    );

    let before = points.balance(recipient).await?;
    println!("4. fetch        {recipient} has {before} points");

    let sent = points
        .send_from(sender)
        .to(Recipient::new(recipient, 1)?.citation("Awesome work"))
        .send()
        .await?;
    let [result] = &sent.results[..] else {
        return Err("expected one result for one recipient".into());
    };
    if !sent.all_credited() {
        return Err(format!("the point was not credited: {:?}", result.outcome).into());
    }
    let after = points.balance(recipient).await?;
    println!("5. send         1 point sent: {recipient} has {after} points");
    if Some(after) != before.checked_add(1_u32.into()) {
        return Err("the balance did not grow by the point that was sent".into());
    }

    let transaction = result
        .transaction
        .ok_or("the answer to the send has no transaction id to cancel by")?;
    if matches!(
        xoxoday.environment(),
        Environment::Sandbox | Environment::Testing
    ) {
        // Xoxoday's document has cancelPoints in Production alone.
        let refusal = points.cancel([transaction]).await;
        let Err(refusal) = refusal else {
            return Err("cancelPoints was not refused outside Production".into());
        };
        println!("6. cancel       {refusal}");
        println!("\nFive operations did what they should; the sixth exists in production alone.");
        return Ok(());
    }
    let cancelled = points.cancel([transaction]).await?;
    if !cancelled.all_cancelled() {
        return Err(format!("the point was not cancelled: {:?}", cancelled.results).into());
    }
    let back = points.balance(recipient).await?;
    println!("6. cancel       {transaction} cancelled: {recipient} has {back} points");
    if back != before {
        return Err("the balance is not what it was before".into());
    }
    println!("\nAll six operations did what they should.");
    Ok(())
}
