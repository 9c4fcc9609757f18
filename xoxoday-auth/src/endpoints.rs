//! Which address each operation goes to.
//!
//! The operation table gives a server for each operation and environment. A
//! call for which it gives none is refused; only the user can allow the
//! crossing into another environment, operation by operation.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use url::Url;
use xoxoday_api::{Operation, Server};

use crate::environment::{Environment, InvalidEnvironment, secure_url};

/// The addresses of one environment.
#[derive(Clone)]
pub(crate) struct Endpoints {
    environment: Environment,
    crossings: BTreeMap<Operation, Environment>,
    overrides: BTreeMap<Operation, Url>,
    keep_virtual_suffix: bool,
    /// Those that need nothing filled in, once nothing changes any more.
    settled: BTreeMap<Operation, Url>,
}

/// Without the queries of overrides, where people put keys.
impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut overrides = self.overrides.clone();
        overrides.values_mut().for_each(|url| url.set_query(None));
        f.debug_struct("Endpoints")
            .field("environment", &self.environment)
            .field("crossings", &self.crossings)
            .field("overrides", &overrides)
            .field("keep_virtual_suffix", &self.keep_virtual_suffix)
            .finish()
    }
}

impl Endpoints {
    pub(crate) fn new(environment: Environment) -> Self {
        Self {
            environment,
            crossings: BTreeMap::new(),
            overrides: BTreeMap::new(),
            keep_virtual_suffix: false,
            settled: BTreeMap::new(),
        }
    }

    /// The same, with the addresses that every call would work out.
    pub(crate) fn settled(mut self) -> Self {
        let address = |operation: Operation| {
            let url = self.url(operation, operation.path());
            url.ok().map(|url| (operation, url.into_owned()))
        };
        self.settled = Operation::ALL.iter().copied().filter_map(address).collect();
        self
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Takes effect only where the chosen environment has no server of its own.
    pub(crate) fn allow_crossing(
        &mut self,
        operation: Operation,
        into: Environment,
    ) -> Result<(), NoServer> {
        if server_in(&into, operation).is_none() {
            return Err(NoServer {
                operation,
                environment: into,
            });
        }
        self.crossings.insert(operation, into);
        Ok(())
    }

    pub(crate) fn set(
        &mut self,
        operation: Operation,
        url: &str,
    ) -> Result<(), InvalidEnvironment> {
        self.overrides.insert(operation, secure_url(url)?);
        Ok(())
    }

    pub(crate) fn keep_virtual_suffix(&mut self, keep: bool) {
        self.keep_virtual_suffix = keep;
    }

    /// Whether every address is HTTPS, so that the HTTP client may insist on it.
    pub(crate) fn https_only(&self) -> bool {
        let environments = self.crossings.values().chain([&self.environment]);
        environments
            .filter_map(|environment| match environment {
                Environment::Custom(origin) => Some(origin.is_https()),
                _ => None,
            })
            .chain(self.overrides.values().map(|url| url.scheme() == "https"))
            .all(|https| https)
    }

    /// The address of an operation. `requested` is the operation's path with
    /// its parameters filled in, as the generated client builds it.
    pub(crate) fn url(
        &self,
        operation: Operation,
        requested: &str,
    ) -> Result<Cow<'_, Url>, NoServer> {
        if let Some(url) = self.settled.get(&operation)
            && requested == operation.path()
        {
            return Ok(Cow::Borrowed(url));
        }
        if let Some(url) = self.overrides.get(&operation) {
            return Ok(Cow::Borrowed(url));
        }
        let no_server = || NoServer {
            operation,
            environment: self.environment.clone(),
        };
        let here =
            server_in(&self.environment, operation).map(|server| (&self.environment, server));
        let across = || {
            let environment = self.crossings.get(&operation)?;
            server_in(environment, operation).map(|server| (environment, server))
        };
        let (environment, server) = here.or_else(across).ok_or_else(no_server)?;
        let path = if operation.is_virtual() && !self.keep_virtual_suffix {
            operation.wire_path()
        } else {
            requested
        };
        let documented = Url::parse(&format!("{}{path}", server.url)).map_err(|_| no_server())?;
        Ok(Cow::Owned(match environment {
            Environment::Custom(origin) => origin.transplant(&documented),
            _ => documented,
        }))
    }
}

fn server_in(environment: &Environment, operation: Operation) -> Option<&'static Server> {
    let servers = operation.servers();
    match environment.server_name() {
        Some(name) => servers.iter().find(|server| server.name == name),
        // Of a custom origin only the server's path counts, and that is the
        // same wherever the operation exists.
        None => servers.first(),
    }
}

/// An operation that has no server in the chosen environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoServer {
    operation: Operation,
    environment: Environment,
}

impl fmt::Display for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            environment,
        } = self;
        let existing: Vec<_> = operation
            .servers()
            .iter()
            .map(|server| server.name)
            .collect();
        write!(
            f,
            "{operation} has no server in {environment}, only in {}: \
             nothing was sent; to cross over, allow it for this operation with allow_crossing",
            existing.join(", ")
        )
    }
}

impl std::error::Error for NoServer {}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(endpoints: &Endpoints, operation: Operation) -> String {
        let url = endpoints.url(operation, operation.path()).unwrap();
        url.into_owned().into()
    }

    #[test]
    fn each_operation_goes_to_its_own_server_in_each_environment() {
        for (environment, host) in [
            (Environment::Sandbox, "stagingstores"),
            (Environment::Production, "accounts"),
            (Environment::Testing, "canvas"),
        ] {
            let endpoints = Endpoints::new(environment);
            let base = format!("https://{host}.xoxoday.com/chef/v1/oauth");
            for (operation, path) in [
                (Operation::ValidateTokenPoints, "/token"),
                (Operation::RefreshTokenPoints, "/token/company"),
                (Operation::CreateUserToken, "/token/create/user"),
                (Operation::FetchPoints, "/api"),
                (Operation::SendPoints, "/api"),
            ] {
                assert_eq!(url(&endpoints, operation), format!("{base}{path}"));
            }
        }
        assert_eq!(
            url(
                &Endpoints::new(Environment::Production),
                Operation::CancelPoints
            ),
            "https://accounts.xoxoday.com/chef/v1/oauth/api"
        );
    }

    #[test]
    fn cancel_points_outside_production_is_refused_until_the_crossing_is_allowed() {
        let mut endpoints = Endpoints::new(Environment::Sandbox);
        let refused = endpoints
            .url(Operation::CancelPoints, Operation::CancelPoints.path())
            .unwrap_err()
            .to_string();
        for part in ["cancelPoints", "sandbox", "Production", "nothing was sent"] {
            assert!(refused.contains(part), "{refused}");
        }

        let impossible = endpoints.allow_crossing(Operation::CancelPoints, Environment::Testing);
        assert!(impossible.is_err());
        for operation in [Operation::CancelPoints, Operation::SendPoints] {
            endpoints
                .allow_crossing(operation, Environment::Production)
                .unwrap();
        }
        assert_eq!(
            url(&endpoints, Operation::CancelPoints),
            "https://accounts.xoxoday.com/chef/v1/oauth/api"
        );
        // What has a server here stays here.
        assert!(url(&endpoints, Operation::SendPoints).contains("stagingstores"));
    }

    #[test]
    fn a_custom_origin_keeps_every_documented_path() {
        let mut endpoints = Endpoints::new("http://127.0.0.1:7777".parse().unwrap());
        endpoints
            .allow_crossing(Operation::CancelPoints, Environment::Production)
            .unwrap();
        assert_eq!(
            url(&endpoints, Operation::CancelPoints),
            "http://127.0.0.1:7777/chef/v1/oauth/api"
        );
        assert_eq!(
            url(&endpoints, Operation::ValidateTokenPoints),
            "http://127.0.0.1:7777/chef/v1/oauth/token"
        );
        assert!(!endpoints.https_only());
    }

    #[test]
    fn the_virtual_suffix_is_stripped_unless_it_is_asked_for() {
        let mut endpoints = Endpoints::new(Environment::Sandbox);
        endpoints.keep_virtual_suffix(true);
        assert_eq!(
            url(&endpoints, Operation::FetchPoints),
            "https://stagingstores.xoxoday.com/chef/v1/oauth/api/fetchPoints"
        );
        assert_eq!(
            url(&endpoints, Operation::ValidateTokenPoints),
            "https://stagingstores.xoxoday.com/chef/v1/oauth/token"
        );
    }

    #[test]
    fn an_override_wins_and_must_not_leak_a_token() {
        let mut endpoints = Endpoints::new(Environment::Sandbox);
        endpoints
            .set(Operation::FetchPoints, "https://gateway.example/points?v=2")
            .unwrap();
        assert_eq!(
            url(&endpoints, Operation::FetchPoints),
            "https://gateway.example/points?v=2"
        );
        assert_eq!(
            endpoints.set(Operation::FetchPoints, "http://gateway.example/"),
            Err(InvalidEnvironment::PlainHttp)
        );
        assert!(endpoints.https_only());
    }
}
