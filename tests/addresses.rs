//! Each environment's host, seen from outside: what the client asks a proxy to
//! connect to. Nothing leaves this machine, because the proxy says no.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use xoxoday_auth::{Environment, Operation, Recipient, Retry};
use xoxoday_tests::client_at;

/// A proxy that notes where it is asked to connect to, and refuses.
async fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let notes = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") {
                if stream.read_line(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let line = request.lines().next().unwrap_or_default().to_owned();
            notes.lock().unwrap().push(line);
            let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.get_mut().write_all(refusal).await;
        }
    });
    (address, asked)
}

async fn asked_for(environment: Environment, crossing: Option<Environment>) -> Vec<String> {
    let (address, asked) = proxy().await;
    let proxy = reqwest::Proxy::all(address).unwrap();
    let mut builder = client_at(environment)
        .retry(Retry::never())
        .configure_http(move |http| http.proxy(proxy.clone()));
    if let Some(into) = crossing {
        builder = builder.allow_crossing(Operation::CancelPoints, into);
    }
    let xoxoday = builder.build().await.unwrap();
    let points = xoxoday.points();
    let recipient = Recipient::new("john@company.example", 1).unwrap();
    let send = points.send_from("boss@company.example").to(recipient);

    // All of them fail, because the proxy says no; what counts is what it heard.
    let _ = xoxoday.tokens().validate().await;
    let _ = xoxoday.tokens().rotate().await;
    let _ = xoxoday.user_tokens().create("boss@company.example").await;
    let _ = points.balance("john@company.example").await;
    let _ = send.send().await;
    let _ = points
        .cancel([xoxoday_auth::api::number::TransactionId::new(1)])
        .await;
    let asked = asked.lock().unwrap();
    asked.clone()
}

fn connect(host: &str, times: usize) -> Vec<String> {
    vec![format!("CONNECT {host}.xoxoday.com:443 HTTP/1.1"); times]
}

#[tokio::test]
async fn every_operation_goes_to_its_environment_s_host_over_tls() {
    assert_eq!(
        asked_for(Environment::Production, None).await,
        connect("accounts", 6)
    );
    // cancelPoints is refused before anything is sent.
    assert_eq!(
        asked_for(Environment::Sandbox, None).await,
        connect("stagingstores", 5)
    );
    assert_eq!(
        asked_for(Environment::Testing, None).await,
        connect("canvas", 5)
    );
}

#[tokio::test]
async fn an_allowed_crossing_takes_that_operation_alone_to_the_other_host() {
    let mut expected = connect("stagingstores", 5);
    expected.extend(connect("accounts", 1));
    let crossing = Some(Environment::Production);
    assert_eq!(asked_for(Environment::Sandbox, crossing).await, expected);
}
