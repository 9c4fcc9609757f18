//! What a crontab calls once a day: it buys new tokens if that is due, and ends.
//!
//! ```text
//! 17 4 * * *  cron
//! ```
//!
//! The command does the same without a program: `xoxoday rotate --if-older-than 7d`.

mod stand_in;

use std::error::Error;
use std::process::ExitCode;

use xoxoday_auth::tokens::Rotation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (builder, _stand_in) = stand_in::account()?;
    let xoxoday = builder.build().await?;
    let rotation = xoxoday.tokens().rotate_if_due().await;
    // One that takes longer than this call may is finished all the same.
    xoxoday.shutdown().await;
    match rotation {
        Ok(rotation) => {
            let generation = xoxoday.tokens().status().generation;
            match rotation {
                Rotation::Rotated => println!("new tokens: generation {generation}"),
                Rotation::Adopted => println!("taken over: generation {generation}"),
                _ => println!("still fresh: generation {generation}"),
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("{error}");
            let code = match error.is_login_required() {
                true => 3,                          // a person must log in
                false if error.is_retryable() => 4, // tomorrow is soon enough
                false => 1,
            };
            Ok(ExitCode::from(code))
        }
    }
}
