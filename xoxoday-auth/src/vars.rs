//! The environment's variables.

use std::ffi::OsString;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::ClientSecret;
use zeroize::Zeroizing;

use crate::builder::Builder;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind};
use crate::rotation::Seed;
use crate::store::FileStore;

/// A builder out of variables; `lookup` is the environment.
pub(crate) fn builder(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Builder, Error> {
    let mut vars = Vars {
        lookup,
        wrong: Vec::new(),
    };
    let environment: Option<Environment> = vars.required("XOXODAY_ENV");
    let client_id: Option<String> = vars.required("XOXODAY_CLIENT_ID");
    let client_secret = vars.text("XOXODAY_CLIENT_SECRET");
    vars.need("XOXODAY_CLIENT_SECRET", client_secret.is_some());
    let refresh = vars.text("XOXODAY_REFRESH_TOKEN");
    let access = vars.text("XOXODAY_ACCESS_TOKEN");
    let access_expiry: Option<EpochMillis> = vars.optional("XOXODAY_ACCESS_TOKEN_EXPIRY");
    let store: Option<StoreName> = vars.optional("XOXODAY_TOKEN_STORE");
    let floor: Option<Span> = vars.optional("XOXODAY_ROTATION_FLOOR");
    let lease: Option<Span> = vars.optional("XOXODAY_ROTATION_LEASE");

    let (true, Some(environment), Some(client_id), Some(client_secret)) =
        (vars.wrong.is_empty(), environment, client_id, client_secret)
    else {
        return Err(Error::new(ErrorKind::InvalidInput, vars.wrong.join("; ")));
    };
    let mut builder = Builder::new(environment, client_id, ClientSecret::new(client_secret));
    if let Some(refresh) = refresh {
        let seed = Seed::new(refresh);
        builder = builder.seed(match access {
            Some(access) => seed.access_token(access, access_expiry),
            None => seed,
        });
    }
    if let Some(StoreName(store)) = store {
        builder = builder.store(store);
    }
    let policy = builder.policy_mut();
    policy.floor = floor.map_or(policy.floor, |Span(floor)| floor);
    policy.lease = lease.map_or(policy.lease, |Span(lease)| lease);
    Ok(builder)
}

/// Reads variables and collects what is wrong with them.
struct Vars<F> {
    lookup: F,
    wrong: Vec<String>,
}

impl<F: Fn(&str) -> Option<OsString>> Vars<F> {
    fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let value = self.text(name);
        self.need(name, value.is_some());
        self.parsed(name, &value?)
    }

    fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let value = self.text(name)?;
        self.parsed(name, &value)
    }

    fn need(&mut self, name: &str, is_set: bool) {
        if !is_set {
            self.wrong.push(format!("{name} is not set"));
        }
    }

    /// The value; a variable that is set to nothing counts as not set. It may be
    /// a secret: it is moved, and what is left of a copy is overwritten.
    fn text(&mut self, name: &str) -> Option<String> {
        let text = match (self.lookup)(name)?.into_string() {
            Ok(text) => text,
            Err(other) => {
                drop(Zeroizing::new(other.into_encoded_bytes()));
                self.wrong.push(format!("{name} is not UTF-8"));
                return None;
            }
        };
        let trimmed = text.trim();
        if trimmed.len() == text.len() {
            return (!text.is_empty()).then_some(text);
        }
        let trimmed = (!trimmed.is_empty()).then(|| trimmed.to_owned());
        drop(Zeroizing::new(text));
        trimmed
    }

    fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str, value: &str) -> Option<T> {
        value
            .parse()
            .inspect_err(|error| self.wrong.push(format!("{name}: {error}")))
            .ok()
    }
}

/// `file:PATH`.
struct StoreName(FileStore);

impl FromStr for StoreName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("file:") {
            Some("") => Err("expected a path after file:"),
            Some(path) => Ok(Self(FileStore::new(path))),
            None => Err("expected file:PATH"),
        }
    }
}

/// A duration as people write it: `90s`, `7d`.
struct Span(Duration);

impl FromStr for Span {
    type Err = humantime::DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        humantime::parse_duration(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(vars: &[(&str, &str)]) -> Result<Builder, String> {
        builder(|name| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let error = built(&[("XOXODAY_CLIENT_ID", " ")]).unwrap_err();
        for name in ["XOXODAY_ENV", "XOXODAY_CLIENT_ID", "XOXODAY_CLIENT_SECRET"] {
            assert!(error.contains(&format!("{name} is not set")), "{error}");
        }
    }

    #[test]
    fn spaces_around_a_value_are_no_part_of_it() {
        let mut vars = Vars {
            lookup: |name: &str| Some(OsString::from(name)),
            wrong: Vec::new(),
        };
        assert_eq!(vars.text(" value\n").as_deref(), Some("value"));
        assert_eq!(vars.text("value").as_deref(), Some("value"));
        assert_eq!(vars.text("\t "), None);
        assert_eq!(vars.text(""), None);
    }

    #[test]
    fn a_wrong_value_is_explained_and_never_repeated() {
        let error = built(&[
            ("XOXODAY_ENV", "canary-staging"),
            ("XOXODAY_CLIENT_ID", "id"),
            ("XOXODAY_CLIENT_SECRET", "canary-secret"),
            ("XOXODAY_ACCESS_TOKEN_EXPIRY", "canary-soon"),
            ("XOXODAY_TOKEN_STORE", "canary.json"),
            ("XOXODAY_ROTATION_FLOOR", "canary-minutes"),
        ])
        .unwrap_err();
        for part in [
            "XOXODAY_ENV: unknown environment",
            "XOXODAY_ACCESS_TOKEN_EXPIRY: not a number",
            "XOXODAY_TOKEN_STORE: expected file:PATH",
            "XOXODAY_ROTATION_FLOOR: ",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("canary"), "{error}");
    }

    #[test]
    fn the_variables_make_a_builder_that_shows_no_secret() {
        let builder = built(&[
            ("XOXODAY_ENV", "sandbox"),
            ("XOXODAY_CLIENT_ID", "id"),
            ("XOXODAY_CLIENT_SECRET", "canary-secret"),
            ("XOXODAY_REFRESH_TOKEN", "canary-refresh"),
            ("XOXODAY_ACCESS_TOKEN", "canary-access"),
            ("XOXODAY_ACCESS_TOKEN_EXPIRY", "1718000000000"),
            ("XOXODAY_TOKEN_STORE", "file:/nowhere/tokens.json"),
            ("XOXODAY_ROTATION_FLOOR", "0s"),
        ])
        .unwrap();
        let shown = format!("{builder:?}");
        assert!(shown.contains("/nowhere/tokens.json"), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
