//! Asks for a balance by xoxoday-auth: the account and its tokens come from the
//! environment and from a store on disk.

use std::error::Error;

use xoxoday_auth::Xoxoday;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let email = std::env::args().nth(1).ok_or("give an address")?;
    let xoxoday = Xoxoday::from_env().await?;
    println!("{}", xoxoday.points().balance(email).await?);
    xoxoday.shutdown().await;
    Ok(())
}
