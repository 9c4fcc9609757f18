use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::account::Account;
use crate::books::{Addresses, Books, User, looks_like_an_address};
use crate::clock::Clock;
use crate::log::{Log, Observer};
use crate::pair::{Session, secret};
use crate::points;
use crate::record::Call;
use crate::sandbox::Sandbox;
use crate::server::Server;
use crate::sessions::Sessions;
use crate::switches::Switches;
use crate::world::World;

/// What a sandbox starts with. What is not said is as in the document's examples.
#[derive(Default)]
pub struct Builder {
    port: u16,
    client: Option<(String, String)>,
    token_prefix: String,
    wallet: Option<String>,
    users: Vec<(String, Option<String>, Option<String>, String)>,
    super_admins: Vec<String>,
    registered_elsewhere: Vec<String>,
    switches: Switches,
    observer: Option<Observer>,
}

impl Builder {
    /// The Super Admin of a sandbox that was told of none.
    pub const SUPER_ADMIN: &'static str = "superadmin@yourcompany.com";
    /// The user of a sandbox that was told of none; with 1500 points.
    pub const USER: &'static str = "your.email@example.com";
    /// That user's phone.
    pub const PHONE: &'static str = "+91-8999888887";
    /// Points in the wallet of a sandbox that was told of none.
    pub const WALLET: &'static str = "10000";

    /// The port on 127.0.0.1; 0, the default, for any that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Client id and client secret; made up, if not given.
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.client = Some((id.into(), secret.into()));
        self
    }

    /// What every secret begins with (the client secret, if it is made up, and all
    /// tokens), so that a test can search for them.
    pub fn token_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.token_prefix = prefix.into();
        self
    }

    /// Points in the wallet, in digits.
    pub fn wallet(mut self, points: impl Into<String>) -> Self {
        self.wallet = Some(points.into());
        self
    }

    /// A user with an address and a balance.
    pub fn user(mut self, email: impl Into<String>, balance: impl Into<String>) -> Self {
        self.users.push((email.into(), None, None, balance.into()));
        self
    }

    /// A user with name and phone too, the phone as `+91-8999888887`.
    pub fn user_with_phone(
        mut self,
        email: impl Into<String>,
        name: impl Into<String>,
        phone: impl Into<String>,
        balance: impl Into<String>,
    ) -> Self {
        let (name, phone) = (Some(name.into()), Some(phone.into()));
        self.users.push((email.into(), name, phone, balance.into()));
        self
    }

    /// Someone who may send points and be given user tokens.
    pub fn super_admin(mut self, email: impl Into<String>) -> Self {
        self.super_admins.push(email.into());
        self
    }

    /// Someone who is registered with another company and cannot receive points.
    pub fn registered_elsewhere(mut self, email: impl Into<String>) -> Self {
        self.registered_elsewhere.push(email.into());
        self
    }

    /// The switches to begin with.
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// Called on the sandbox's thread for every request that is over. It must not ask
    /// the sandbox anything: the account may be locked.
    pub fn on_call(mut self, observer: impl Fn(&Call) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts it. When this returns, the sandbox can be reached.
    pub fn start(mut self) -> Result<Sandbox, StartError> {
        self.fill_in_defaults();
        let (client_id, client_secret) = self.client.take().unwrap_or_else(|| {
            let id = "sandbox-client".to_owned();
            (id, secret(&self.token_prefix))
        });
        let mut account = Account {
            client_id,
            client_secret,
            super_admins: addresses(&self.super_admins)?,
            registered_elsewhere: addresses(&self.registered_elsewhere)?,
            barred: None,
            sessions: Sessions::new(self.token_prefix.clone()),
            books: self.books()?,
            switches: self.switches,
        };
        let clock = Clock::new();
        let switches = account.switches.clone();
        let seed = account
            .sessions
            .mint(Session::Company, None, clock.now_ms(), &switches);
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).map_err(StartError::Listen)?;
        let address = listener.local_addr().map_err(StartError::Listen)?;
        let world = Arc::new(World::new(account, clock, Log::new(self.observer)));
        let server = Server::start(listener, Arc::clone(&world)).map_err(StartError::Listen)?;
        Ok(Sandbox::new(address, seed, world, server))
    }

    fn fill_in_defaults(&mut self) {
        if self.super_admins.is_empty() {
            self.super_admins.push(Self::SUPER_ADMIN.to_owned());
        }
        if self.users.is_empty() {
            self.users.push((
                Self::USER.to_owned(),
                Some("Your Name".to_owned()),
                Some(Self::PHONE.to_owned()),
                "1500".to_owned(),
            ));
        }
    }

    fn books(&self) -> Result<Books, StartError> {
        let mut books = Books {
            wallet: amount(self.wallet.as_deref().unwrap_or(Self::WALLET))?,
            ..Books::default()
        };
        for (email, name, phone, balance) in &self.users {
            check_address(email)?;
            let user = User {
                name: name.clone(),
                phone: phone.clone(),
                balance: amount(balance)?,
            };
            books.users.insert(email.to_lowercase(), user);
        }
        Ok(books)
    }
}

fn amount(text: &str) -> Result<Decimal, StartError> {
    points::parse(text).map_err(|why| StartError::Points {
        text: text.to_owned(),
        why,
    })
}

fn addresses(emails: &[String]) -> Result<Addresses, StartError> {
    let mut addresses = Addresses::default();
    for email in emails {
        check_address(email)?;
        addresses.insert(email);
    }
    Ok(addresses)
}

fn check_address(email: &str) -> Result<(), StartError> {
    if looks_like_an_address(email) {
        Ok(())
    } else {
        Err(StartError::Address(email.to_owned()))
    }
}

/// Why a sandbox did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The port is taken, or there is no network.
    Listen(io::Error),
    /// A wallet or a balance that is no number of points.
    Points {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// What was given for an email address is none.
    Address(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(error) => write!(f, "cannot listen on 127.0.0.1: {error}"),
            Self::Points { text, why } => write!(f, "{text:?} {why}"),
            Self::Address(text) => write!(f, "{text:?} is not an email address"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(error) => Some(error),
            Self::Points { .. } | Self::Address(_) => None,
        }
    }
}
