//! A small service on axum: it reads balances and says thanks in points.
//!
//! ```console
//! $ cargo run --example service
//! listening on http://127.0.0.1:4711
//! $ curl http://127.0.0.1:4711/balance/john@company.example
//! 150
//! $ curl -X POST http://127.0.0.1:4711/thanks/john@company.example/5
//! sent
//! $ curl http://127.0.0.1:4711/health
//! generation 2
//! ```
//!
//! One client serves all requests: it is cheap to clone. Its tokens are kept fresh on a
//! thread of their own, and what is under way is finished before the service ends.

mod stand_in;

use std::error::Error;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use xoxoday_auth::{ErrorKind, Recipient, Xoxoday};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (builder, _stand_in) = stand_in::account()?;
    let xoxoday = builder.keep_fresh().build().await?;

    let service = Router::new()
        .route("/balance/{email}", get(balance))
        .route("/thanks/{email}/{points}", post(thanks))
        .route("/health", get(health))
        .with_state(xoxoday.clone());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:0".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, service)
        .with_graceful_shutdown(told_to_stop())
        .await?;

    // A rotation that is under way brings the only refresh token that will work.
    xoxoday.shutdown().await;
    println!("stopped");
    Ok(())
}

async fn balance(
    State(xoxoday): State<Xoxoday>,
    Path(email): Path<String>,
) -> Result<String, Failure> {
    Ok(xoxoday.points().balance(email).await?.to_string())
}

async fn thanks(
    State(xoxoday): State<Xoxoday>,
    Path((email, points)): Path<(String, u32)>,
) -> Result<&'static str, Failure> {
    let sender = std::env::var("SENDER").unwrap_or_else(|_| stand_in::BOSS.into());
    let recipient = Recipient::new(email, points)?.citation("Thank you");
    let send = xoxoday.points().send_from(sender).to(recipient);
    send.send().await?;
    Ok("sent")
}

/// Sends nothing: fit to be asked every second.
async fn health(State(xoxoday): State<Xoxoday>) -> (StatusCode, String) {
    let status = xoxoday.tokens().status();
    match status.login_required {
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
        None => (StatusCode::OK, format!("generation {}", status.generation)),
    }
}

/// What went wrong, in the words of HTTP.
struct Failure(xoxoday_auth::Error);

impl From<xoxoday_auth::Error> for Failure {
    fn from(error: xoxoday_auth::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        // For the log: it holds no secret, but it is not for strangers.
        eprintln!("{}", self.0);
        let (status, what) = match self.0.kind() {
            ErrorKind::InvalidInput => (StatusCode::BAD_REQUEST, "wrong input"),
            ErrorKind::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
            ErrorKind::Unavailable | ErrorKind::LoginRequired => {
                (StatusCode::SERVICE_UNAVAILABLE, "try again later")
            }
            ErrorKind::OutcomeUnknown => (
                StatusCode::BAD_GATEWAY,
                "nobody knows whether it was sent: do not repeat it",
            ),
            ErrorKind::Unexpected => (StatusCode::BAD_GATEWAY, "the answer made no sense"),
        };
        let mut response = (status, what).into_response();
        if let Some(wait) = self.0.wait() {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
        }
        response
    }
}

/// Asked to stop from the terminal, or by whoever runs the service.
async fn told_to_stop() {
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => tokio::select! {
                () = interrupted => {}
                _ = terminated.recv() => {}
            },
            Err(_) => interrupted.await,
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}
