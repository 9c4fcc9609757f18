//! The client that people hold.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use serde::Serialize;
use xoxoday_api::secret::ClientSecret;

use crate::builder::Builder;
use crate::call::Reply;
use crate::email::Email;
use crate::environment::Environment;
use crate::errand::Errand;
use crate::error::Error;
use crate::events::Events;
use crate::limits::Limits;
use crate::points::{PointsClient, SendBody};
use crate::raw::Raw;
#[cfg(feature = "bulk")]
use crate::rotation::Account;
use crate::tokens::TokensClient;
use crate::transport::Authenticated;
use crate::users::{UserSession, UserTokensClient};

/// One Xoxoday account.
///
/// Cheap to clone; clones share tokens and connections. Unless
/// [asked to](Builder::keep_fresh), it does nothing in the background: tokens
/// rotate when that is due and a call comes by.
#[derive(Clone)]
pub struct Xoxoday {
    pub(crate) transport: Arc<Authenticated>,
    pub(crate) limits: Limits,
    pub(crate) send_body: SendBody,
    api: xoxoday_api::Client,
}

impl Xoxoday {
    /// Starts to put a client together. Client id and client secret come from
    /// the dashboard.
    pub fn builder(
        environment: Environment,
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
    ) -> Builder {
        Builder::new(environment, client_id.into(), client_secret.into())
    }

    /// A client out of the environment's variables: see [`Builder::from_env`].
    ///
    /// # Errors
    ///
    /// Those of [`Builder::from_env`] and [`Builder::build`].
    pub async fn from_env() -> Result<Self, Error> {
        Builder::from_env()?.build().await
    }

    pub(crate) fn new(transport: Authenticated, limits: Limits, send_body: SendBody) -> Self {
        let transport = Arc::new(transport);
        Self {
            api: api(&transport, &limits),
            transport,
            limits,
            send_body,
        }
    }

    /// Points: balances, sending, cancelling.
    pub fn points(&self) -> PointsClient<'_> {
        PointsClient::new(self, None)
    }

    /// The account's own tokens: status, validation, rotation.
    pub fn tokens(&self) -> TokensClient<'_> {
        TokensClient::new(self)
    }

    /// Calls on behalf of one user, a Super Admin. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is no
    /// address.
    pub fn user_session(&self, user: impl AsRef<str>) -> Result<UserSession, Error> {
        UserSession::open(self, user.as_ref())
    }

    /// Token sets of single users, to be used elsewhere.
    pub fn user_tokens(&self) -> UserTokensClient<'_> {
        UserTokensClient::new(self)
    }

    /// The generated client, authenticated: a method for each operation of the
    /// document, each sent to its right address with a bearer where one belongs.
    ///
    /// Nothing is repeated for it but what a token rejection asks for, and its
    /// errors are progenitor's. They print the body of an answer that cannot be
    /// read; here such a body is withheld where it may hold a token, and what
    /// else quotes a secret of the account is passed on without it. Its
    /// `refresh_token_points` spends whatever refresh token it is given, behind
    /// the back of this client: [`TokensClient::rotate`] is the safe way.
    pub fn api(&self) -> &xoxoday_api::Client {
        &self.api
    }

    /// The same client with another time limit for a whole call, be it a
    /// facade's or the generated client's: waiting for a token, requests, and
    /// the waits between them.
    #[must_use]
    pub fn with_timeout(&self, total: Duration) -> Self {
        self.with_limits(|limits| limits.total = total)
    }

    /// The same client with another time limit for one request: see
    /// [`Builder::request_timeout`].
    #[must_use]
    pub fn with_request_timeout(&self, request: Duration) -> Self {
        self.with_limits(|limits| limits.request = request)
    }

    fn with_limits(&self, change: impl FnOnce(&mut Limits)) -> Self {
        let mut client = self.clone();
        change(&mut client.limits);
        client.api = api(&client.transport, &client.limits);
        client
    }

    /// Subscribes to what happens to the tokens from here on.
    pub fn events(&self) -> Events {
        self.transport.rotator.events()
    }

    /// Lends the header that a call would carry: for benchmarks.
    #[doc(hidden)]
    pub async fn bearer<T>(&self, read: impl Fn(&HeaderValue) -> T) -> Result<T, Error> {
        let rotator = &self.transport.rotator;
        if let Some(read) = rotator.at_hand(|live| read(&live.header)) {
            return Ok(read);
        }
        let live = rotator.live().await;
        let live = live.map_err(|failure| Error::of_rotation(failure, self.transport.clock.now()));
        Ok(read(&live?.header))
    }

    /// Whose tokens these are.
    #[cfg(feature = "bulk")]
    pub(crate) fn account(&self) -> Account {
        self.transport.rotator.document().account().clone()
    }

    /// Makes a facade's call: on behalf of a user, or the account's own.
    pub(crate) async fn call(
        &self,
        user: Option<&Email>,
        errand: Errand<'_>,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, Error> {
        let session = user.map(|user| self.transport.sessions.of(user));
        let errand = errand.on_behalf_of(session.as_ref());
        self.transport.call(&self.limits, errand, body).await
    }

    /// Waits until users' tokens that are being minted have come, and until a
    /// rotation that is under way has been finished and saved.
    ///
    /// A rotation that is due starts beside the call that noticed it. To drop
    /// the last client waits for it too, but blocks the thread; and a client in
    /// a `static` is never dropped. If the process ended between Xoxoday's answer
    /// and the save, the new refresh token would be lost, and a person would
    /// have to log in.
    pub async fn shutdown(&self) {
        // They may be what a rotation is for.
        self.transport.sessions.settle().await;
        self.transport.rotator.settle().await;
    }

    /// The environment that was chosen.
    pub fn environment(&self) -> &Environment {
        self.transport.endpoints.environment()
    }
}

/// The generated client within time limits.
fn api(transport: &Arc<Authenticated>, limits: &Limits) -> xoxoday_api::Client {
    let raw = Raw {
        transport: Arc::clone(transport),
        limits: limits.clone(),
    };
    xoxoday_api::Client::with_transport(transport.http.clone(), Arc::new(raw))
}

impl fmt::Debug for Xoxoday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Xoxoday")
            .field("environment", self.environment())
            .finish_non_exhaustive()
    }
}
