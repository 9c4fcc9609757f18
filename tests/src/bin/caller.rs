//! One call in a process of its own, so that what it costs and what it prints
//! can be looked at from outside. The account comes from the environment.
//!
//! - `caller fetchPoints`, `caller raw:sendPoints`, …: makes the call, and
//!   prints how it ended and how much memory the process took at most.
//! - `caller sessions KEPT USERS`: makes three calls at once on behalf of each of
//!   so many users, some users at a time; then three again for the last ones, as
//!   many as are kept. Prints the memory that the process has after as many users
//!   as are kept, and at the end.
//! - `caller panic`: panics with secrets in its hands.
//! - `caller leak FORM CHANNEL`: leaks a secret on purpose, to prove that it
//!   is found.

use std::error::Error;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use xoxoday_auth::{Builder, MemoryStore, Xoxoday};
use xoxoday_tests::calls::{Call, Failure};
use xoxoday_tests::{BOSS, JOHN, canary, super_admin};

fn main() -> Result<(), Box<dyn Error>> {
    canary::watch();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = Runtime::new()?;
    match arguments[..] {
        ["sessions", kept, users] => {
            runtime.block_on(call_for_users(kept.parse()?, users.parse()?))
        }
        ["panic"] => runtime.block_on(panic_with_secrets()),
        ["leak", form, channel] => runtime.block_on(leak(&written(form), channel)),
        [call] => runtime.block_on(make(call.parse()?)),
        _ => Err("expected a call, panic, or leak FORM CHANNEL".into()),
    }
}

fn builder() -> Result<Builder, xoxoday_auth::Error> {
    Ok(Builder::from_env()?.store(MemoryStore::new()))
}

async fn make(call: Call) -> Result<(), Box<dyn Error>> {
    let xoxoday = builder()?.build().await?;
    match call.make(&xoxoday).await {
        Ok(_) => println!("ended well"),
        Err(Failure::Raw(_)) => println!("failed"),
        Err(Failure::Facade(error)) => println!("failed: {:?}", error.kind()),
    }
    println!("{}", memory("VmHWM:")?);
    Ok(())
}

async fn call_for_users(kept: usize, users: usize) -> Result<(), Box<dyn Error>> {
    let xoxoday = builder()?.user_sessions_at_most(kept).build().await?;
    let call_for = |users: Range<usize>| {
        let mut running = JoinSet::new();
        let xoxoday = xoxoday.clone();
        async move {
            for user in users {
                if running.len() == 32 {
                    running.join_next().await.ok_or("32 are running")???;
                }
                let xoxoday = xoxoday.clone();
                running.spawn(async move {
                    let session = xoxoday.user_session(super_admin(user))?;
                    let call = || async { session.points().balance(JOHN).await };
                    tokio::try_join!(call(), call(), call()).map(drop)
                });
            }
            while let Some(ended) = running.join_next().await {
                ended??;
            }
            Ok::<_, Box<dyn Error>>(())
        }
    };
    call_for(0..kept).await?;
    println!("{}", memory("VmRSS:")?);
    call_for(kept..users - kept).await?;
    // By themselves: those who begin together are not put out in order.
    call_for(users - kept..users).await?;
    call_for(users - kept..users).await?;
    println!("{}", memory("VmRSS:")?);
    Ok(())
}

/// The kernel's own line: `VmHWM:     12345 kB`.
fn memory(name: &str) -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name));
    Ok(line.ok_or("the kernel does not tell it")?.to_owned())
}

/// With all that a careless program may put into the message of a panic.
async fn panic_with_secrets() -> Result<(), Box<dyn Error>> {
    let xoxoday: Xoxoday = builder()?.build().await?;
    let minted = xoxoday.user_tokens().create(BOSS).await;
    let builder = builder()?;
    let task = tokio::spawn(async move {
        let held = (builder, xoxoday.clone(), xoxoday.tokens().status());
        let error = minted.as_ref().expect_err("a panic on purpose");
        panic!("not reached: {held:#?} {error:?}");
    });
    task.await?;
    Ok(())
}

async fn leak(text: &str, channel: &str) -> Result<(), Box<dyn Error>> {
    match channel {
        "stdout" => println!("on purpose: {text}."),
        "stderr" => eprintln!("on purpose: {text}."),
        "file" => std::fs::write(std::env::temp_dir().join("on-purpose"), text)?,
        "panic" => panic!("on purpose: {text}."),
        // What a client shows that logs the bytes it sends.
        "log" => {
            let http = reqwest::Client::builder()
                .connection_verbose(true)
                .build()?;
            let request = http.get(std::env::var("XOXODAY_ENV")?).bearer_auth(text);
            request.send().await?;
        }
        _ => return Err("no such channel".into()),
    }
    Ok(())
}

/// Written without the help of the search that must find it.
fn written(form: &str) -> String {
    let secret = canary::CONTROL;
    let after = |before: &str| format!("{before}{secret} and more");
    let percent = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
    match form {
        "base64 at 0" => STANDARD.encode(after("")),
        "base64 at 1" => STANDARD.encode(after("user")),
        "base64 at 2" => STANDARD.encode(after("id")),
        "base64url at 0" => URL_SAFE.encode(after("")),
        "base64url at 1" => URL_SAFE.encode(after("user")),
        "base64url at 2" => URL_SAFE.encode(after("id")),
        "percent-encoded" => percent,
        "percent-encoded in lower case" => secret
            .chars()
            .map(|c| match c {
                '-' | '0'..='9' | 'A'..='Z' | 'a'..='z' => c.to_string(),
                _ => format!("%{:02x}", u32::from(c)),
            })
            .collect(),
        "hex" => secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        "hex in capitals" => secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        "list of bytes" => format!("{:?}", secret.as_bytes()),
        "JSON escapes" => secret
            .chars()
            .map(|c| format!("\\u00{:02x}", u32::from(c)))
            .collect(),
        _ => secret.to_owned(),
    }
}
