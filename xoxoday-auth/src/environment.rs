//! Which Xoxoday: one of the three that the document names, or a stand-in.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// Where the account lives.
///
/// Parsed from `sandbox`, `production`, `testing` (in any case), or the origin
/// of a stand-in such as `http://127.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `stagingstores.xoxoday.com`: points without value.
    Sandbox,
    /// `accounts.xoxoday.com`: real points.
    Production,
    /// `canvas.xoxoday.com`.
    Testing,
    /// Every documented path, at another origin: a stand-in, a proxy, a private gateway.
    Custom(Origin),
}

impl Environment {
    /// The name under which the document lists this environment's servers.
    /// A custom origin is not in the document.
    pub(crate) fn server_name(&self) -> Option<&'static str> {
        match self {
            Self::Sandbox => Some("Sandbox"),
            Self::Production => Some("Production"),
            Self::Testing => Some("Testing"),
            Self::Custom(_) => None,
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sandbox => f.write_str("sandbox"),
            Self::Production => f.write_str("production"),
            Self::Testing => f.write_str("testing"),
            Self::Custom(origin) => origin.fmt(f),
        }
    }
}

impl FromStr for Environment {
    type Err = InvalidEnvironment;

    fn from_str(text: &str) -> Result<Self, InvalidEnvironment> {
        match text.trim().to_ascii_lowercase().as_str() {
            "sandbox" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            "testing" => Ok(Self::Testing),
            other if other.contains("://") => text.trim().parse().map(Self::Custom),
            _ => Err(InvalidEnvironment::Unknown),
        }
    }
}

/// Scheme, host and port, and nothing else: `https://gateway.example:8443`.
///
/// HTTPS, or plain HTTP on loopback.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Url);

impl Origin {
    /// The same path and query, at this origin.
    pub(crate) fn transplant(&self, documented: &Url) -> Url {
        let mut url = self.0.clone();
        url.set_path(documented.path());
        url.set_query(documented.query());
        url
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for Origin {
    type Err = InvalidEnvironment;

    fn from_str(text: &str) -> Result<Self, InvalidEnvironment> {
        let url = secure_url(text)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidEnvironment::HasPath);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

/// A URL to which a token may be sent: HTTPS, or plain HTTP on loopback, and
/// no credentials in it.
pub(crate) fn secure_url(text: &str) -> Result<Url, InvalidEnvironment> {
    let url = Url::parse(text).map_err(InvalidEnvironment::Url)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidEnvironment::HasCredentials);
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_loopback(&host) => Ok(url),
        ("http", Some(_)) => Err(InvalidEnvironment::PlainHttp),
        _ => Err(InvalidEnvironment::NotHttp),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Why a text names no environment. The text is not repeated: people put
/// credentials into URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidEnvironment {
    /// Neither a known name nor a URL.
    Unknown,
    /// Not a URL.
    Url(url::ParseError),
    /// Neither `https` nor `http`.
    NotHttp,
    /// Plain HTTP to another machine.
    PlainHttp,
    /// More than scheme, host and port.
    HasPath,
    /// A user name or password in the URL.
    HasCredentials,
}

impl fmt::Display for InvalidEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str(
                "unknown environment: expected sandbox, production, testing, or an origin such as https://gateway.example",
            ),
            Self::Url(error) => write!(f, "not a URL: {error}"),
            Self::NotHttp => f.write_str("expected a URL that starts with https://"),
            Self::PlainHttp => f.write_str(
                "plain http would show the tokens to the network: use https (http is accepted on loopback alone)",
            ),
            Self::HasPath => f.write_str(
                "expected scheme, host and port alone: the paths come from Xoxoday's document",
            ),
            Self::HasCredentials => f.write_str("a URL with a user name or password is not accepted"),
        }
    }
}

impl std::error::Error for InvalidEnvironment {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_environments_are_known_in_any_case() {
        for (text, environment) in [
            ("sandbox", Environment::Sandbox),
            ("Production", Environment::Production),
            (" TESTING ", Environment::Testing),
        ] {
            assert_eq!(text.parse(), Ok(environment), "{text}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for text in [
            "https://gateway.example",
            "https://gateway.example:8443/",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:9",
        ] {
            let environment: Environment = text.parse().unwrap();
            assert_eq!(
                environment.to_string(),
                text.trim_end_matches('/'),
                "{text}"
            );
        }
    }

    #[test]
    fn an_origin_that_could_leak_a_token_is_refused() {
        use InvalidEnvironment as No;
        for (text, refusal) in [
            ("staging", No::Unknown),
            ("", No::Unknown),
            ("http://gateway.example", No::PlainHttp),
            ("http://127.0.0.1.example.com", No::PlainHttp),
            ("https://gateway.example/chef", No::HasPath),
            ("https://gateway.example?x=1", No::HasPath),
            ("https://me:secret@gateway.example", No::HasCredentials),
            ("ftp://gateway.example", No::NotHttp),
            ("https://", No::Url(url::ParseError::EmptyHost)),
        ] {
            assert_eq!(text.parse::<Environment>(), Err(refusal), "{text}");
        }
    }
}
