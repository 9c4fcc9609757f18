//! A server that answers at once, on a thread of its own: what is measured is the
//! client. It keeps no books and checks nothing.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::sync::{Notify, watch};

const BALANCE: &str = r#"{"data":{"user_balance":{"success":1,"data":{"total":150}}}}"#;

pub(crate) struct Server {
    pub(crate) origin: String,
    shared: Arc<Shared>,
}

struct Shared {
    exchanges: AtomicU64,
    /// Whether the token endpoint keeps its callers waiting.
    hangs: watch::Sender<bool>,
    asked_for_tokens: Notify,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            exchanges: AtomicU64::new(0),
            hangs: watch::Sender::new(false),
            asked_for_tokens: Notify::new(),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .expect("a runtime")
                .block_on(serve(listener, serving))
        });
        let origin = format!("http://{address}");
        Self { origin, shared }
    }

    /// From now on whoever asks for tokens waits, or no longer.
    pub(crate) fn hang(&self, hangs: bool) {
        self.shared.hangs.send_replace(hangs);
    }

    /// Waits for somebody who asks for tokens.
    pub(crate) async fn is_asked_for_tokens(&self) {
        self.shared.asked_for_tokens.notified().await;
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a connection");
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| answer(Arc::clone(&shared), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // Whoever goes away is not missed.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_of_points = request.uri().path().ends_with("/oauth/api");
    drop(request.into_body().collect().await);
    let body = match is_of_points {
        true => Bytes::from_static(BALANCE.as_bytes()),
        false => shared.tokens().await.into(),
    };
    let mut response = Response::new(Full::new(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

impl Shared {
    async fn tokens(&self) -> String {
        self.asked_for_tokens.notify_one();
        let mut hangs = self.hangs.subscribe();
        // The server outlives all that measure.
        drop(hangs.wait_for(|hangs| !hangs).await);
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed);
        serde_json::json!({
            "access_token": format!("access-{number}"),
            "refresh_token": format!("refresh-{number}"),
            "token_type": "bearer",
            "expires_in": 1_296_000,
        })
        .to_string()
    }
}
