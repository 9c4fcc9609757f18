use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::books::Books;
use crate::builder::{Builder, StartError};
use crate::clock::Clock;
use crate::dashboard::Dashboard;
use crate::operation::Operation;
use crate::pair::{Pair, Session, TokenState};
use crate::points;
use crate::record::{Call, Record};
use crate::server::Server;
use crate::switches::Switches;
use crate::trouble::Plan;
use crate::world::World;

/// A stand-in for Xoxoday, at work on 127.0.0.1 until it is dropped.
///
/// It runs on a thread of its own, whatever runtime the caller has, or none.
pub struct Sandbox {
    // First: the server is stopped before the world is let go.
    server: Server,
    address: SocketAddr,
    seed: Pair,
    world: Arc<World>,
}

impl Sandbox {
    pub(crate) fn new(address: SocketAddr, seed: Pair, world: Arc<World>, server: Server) -> Self {
        Self {
            server,
            address,
            seed,
            world,
        }
    }

    /// Starts one with all defaults.
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// Prepares one.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Stops it, as dropping it does: connections are cut where they are.
    pub fn shutdown(self) {}

    // ---- what a person copies out of the dashboard

    /// Scheme, host and port, as in `http://127.0.0.1:4711`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The client id.
    pub fn client_id(&self) -> String {
        self.world.account().client_id.clone()
    }

    /// The client secret.
    pub fn client_secret(&self) -> String {
        self.world.account().client_secret.clone()
    }

    /// The pair that the dashboard gave at the start. It does not follow what
    /// happens since: see [`Sandbox::newest_pair`].
    pub fn seed(&self) -> &Pair {
        &self.seed
    }

    /// The first refresh token.
    pub fn refresh_token(&self) -> &str {
        self.seed.refresh_token()
    }

    /// The first access token.
    pub fn access_token(&self) -> &str {
        self.seed.access_token()
    }

    /// All of this as the environment variables that Xoxoday's own tools use.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("XOXODAY_ENV", self.origin()),
            ("XOXODAY_CLIENT_ID", self.client_id()),
            ("XOXODAY_CLIENT_SECRET", self.client_secret()),
            ("XOXODAY_REFRESH_TOKEN", self.refresh_token().to_owned()),
            ("XOXODAY_ACCESS_TOKEN", self.access_token().to_owned()),
            (
                "XOXODAY_ACCESS_TOKEN_EXPIRY",
                self.seed.access_ends_at_ms.to_string(),
            ),
        ]
    }

    /// What people do to the account by hand.
    pub fn dashboard(&self) -> Dashboard<'_> {
        Dashboard(&self.world)
    }

    // ---- how it behaves

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.world.clock
    }

    /// How its switches stand.
    pub fn switches(&self) -> Switches {
        self.world.account().switches.clone()
    }

    /// Changes switches, from the next request on.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world.account().switches);
    }

    /// Makes trouble for the next request for an operation, or for any request, if
    /// that is `None`. Plans queue up; a request is struck by the oldest that fits it.
    pub fn trouble(&self, on: impl Into<Option<Operation>>, plan: impl Into<Plan>) {
        self.world.troubles().add(on.into(), plan.into());
    }

    /// Forgets all trouble that has not yet struck.
    pub fn clear_trouble(&self) {
        self.world.troubles().clear();
    }

    /// How many plans still wait for a request.
    pub fn trouble_left(&self) -> usize {
        self.world.troubles().len()
    }

    /// Stops listening and cuts all connections: from now on connecting is refused.
    /// Tokens and books stay. A client that keeps connections may still try an old one,
    /// and see it end.
    pub fn go_offline(&self) -> io::Result<()> {
        self.server.set_online(false)
    }

    /// Listens again, on the same port.
    pub fn come_online(&self) -> io::Result<()> {
        self.server.set_online(true)
    }

    // ---- what it knows

    /// What it was sent so far.
    pub fn record(&self) -> Record {
        self.world.record()
    }

    /// Waits until `count` requests have come for which `wanted` holds, and returns
    /// the last of them. It is asked again whenever something becomes known of a
    /// request: that it has come, what was done, what was answered.
    pub async fn wait_for(&self, count: usize, wanted: impl Fn(&Call) -> bool) -> Call {
        self.world.log.wait_for(count, wanted).await
    }

    /// Wallet, balances, issuances.
    pub fn books(&self) -> Books {
        self.world.account().books.clone()
    }

    /// A user spends points, as in a shop; these cannot be cancelled any more.
    /// `false`, and nothing happens, if there are not so many.
    pub fn redeem(&self, email: &str, points: &str) -> bool {
        points::parse_positive(points)
            .is_ok_and(|points| self.world.account().books.redeem(email, points))
    }

    /// The newest pair of a session, dead or alive.
    pub fn newest_pair(&self, session: &Session) -> Option<Pair> {
        self.world.account().sessions.newest(session).cloned()
    }

    /// What a refresh token is good for now; `None`, if it is not one of ours.
    pub fn refresh_token_state(&self, token: &str) -> Option<TokenState> {
        let account = self.world.account();
        let pair = account.sessions.of_refresh(token)?;
        Some(pair.refresh_state(self.world.clock.now_ms(), account.switches.rotation))
    }

    /// What an access token is good for now; `None`, if it is not one of ours.
    pub fn access_token_state(&self, token: &str) -> Option<TokenState> {
        let account = self.world.account();
        let pair = account.sessions.of_access(token)?;
        Some(pair.access_state(self.world.clock.now_ms(), account.switches.rotation))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
