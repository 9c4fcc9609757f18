//! The two HTTP clients: for calls, and for exchanges of tokens.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, redirect, retry};

use crate::error::{Error, ErrorKind};

/// What the user changes about the clients.
#[derive(Default)]
pub(crate) struct HttpSettings(Vec<Box<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>>);

pub(crate) struct HttpClients {
    pub(crate) calls: Client,
    pub(crate) exchanges: Client,
}

impl HttpSettings {
    pub(crate) fn add(
        &mut self,
        configure: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static,
    ) {
        self.0.push(Box::new(configure));
    }

    /// Sets up both at the same time: each reads the machine's certificates, which
    /// takes most of a start.
    pub(crate) fn build(&self, timeout: Duration, https_only: bool) -> Result<HttpClients, Error> {
        let calls = || client(self.defaults().timeout(timeout), https_only);
        // A rotation has a runtime of its own, and no connection outlives it.
        let exchanges = || client(self.defaults().pool_max_idle_per_host(0), https_only);
        thread::scope(|scope| {
            let thread = thread::Builder::new().spawn_scoped(scope, exchanges);
            let calls = calls();
            let exchanges = match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(_) => exchanges(),
            };
            Ok(HttpClients {
                calls: calls?,
                exchanges: exchanges?,
            })
        })
    }

    fn defaults(&self) -> ClientBuilder {
        let http = Client::builder()
            .user_agent(concat!("xoxoday-rust/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10));
        self.0.iter().fold(http, |http, configure| configure(http))
    }
}

/// What must hold comes last, so that it does.
fn client(http: ClientBuilder, https_only: bool) -> Result<Client, Error> {
    // Plain HTTP is for this machine; a proxy would be on another.
    let http = if https_only { http } else { http.no_proxy() };
    http.https_only(https_only)
        .connection_verbose(false)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the HTTP client could not be set up")
                .caused_by(error)
        })
}
