//! Asks for a balance by reqwest alone, with an access token from the environment.

use std::error::Error;

use serde_json::{Value, json};

const URL: &str = "https://accounts.xoxoday.com/chef/v1/oauth/api";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let email = std::env::args().nth(1).ok_or("give an address")?;
    let token = std::env::var("XOXODAY_ACCESS_TOKEN")?;
    let body = json!({
        "query": "storesAdmin.query.user_balance",
        "tag": "storeAdmin",
        "variables": { "user_data": { "email": email } },
    });
    let request = reqwest::Client::new().post(URL).bearer_auth(token);
    let answer = request.json(&body).send().await?.error_for_status()?;
    let answer: Value = answer.json().await?;
    println!("{}", answer["data"]["user_balance"]["data"]["total"]);
    Ok(())
}
