//! The environment's variables.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use xoxoday_api::number::EpochMillis;
use xoxoday_api::secret::ClientSecret;
use zeroize::Zeroizing;

use crate::builder::Builder;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind};
use crate::rotation::policy::Policy;
use crate::rotation::{Account, AfterLostAnswer, Seed};
use crate::store::{Choice, Place, Seal, StoreName};
use crate::stored::StoredTokens;

/// A builder out of variables; `lookup` is the environment.
pub(crate) fn builder(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Builder, Error> {
    let mut vars = Vars::new(lookup);
    let environment: Option<Environment> = vars.required("XOXODAY_ENV");
    let client_id: Option<String> = vars.required("XOXODAY_CLIENT_ID");
    let client_secret = vars.text("XOXODAY_CLIENT_SECRET");
    vars.need("XOXODAY_CLIENT_SECRET", client_secret.is_some());
    let seed = vars.seed();
    let store: Option<StoreName> = vars.optional("XOXODAY_TOKEN_STORE");
    let seal = vars.seal();
    let rescue_file: Option<PathBuf> = vars.optional("XOXODAY_RESCUE_FILE");
    let floor: Option<Span> = vars.optional("XOXODAY_ROTATION_FLOOR");
    let lease: Option<Lease> = vars.optional("XOXODAY_ROTATION_LEASE");
    let lost: Option<Lost> = vars.optional("XOXODAY_AFTER_LOST_ANSWER");

    let (true, Some(environment), Some(client_id), Some(client_secret)) =
        (vars.wrong.is_empty(), environment, client_id, client_secret)
    else {
        return Err(vars.error());
    };
    let mut builder = Builder::new(environment, client_id, ClientSecret::new(client_secret));
    if let Some(seed) = seed {
        builder = builder.seed(seed);
    }
    if let Some(store) = store {
        builder = builder.named_store(store);
    }
    if let Some(seal) = seal {
        builder = builder.sealed_by(seal);
    }
    if let Some(path) = rescue_file {
        builder = builder.rescue_file(path);
    }
    if let Some(Span(floor)) = floor {
        builder = builder.rotation_floor(floor);
    }
    if let Some(Lease(lease)) = lease {
        builder = builder.rotation_lease(lease);
    }
    if let Some(Lost(policy)) = lost {
        builder = builder.after_lost_answer(policy);
    }
    Ok(builder)
}

/// What is needed to look at stored tokens, and no secret.
pub(crate) fn stored_tokens(
    lookup: impl Fn(&str) -> Option<OsString>,
) -> Result<StoredTokens, Error> {
    let mut vars = Vars::new(lookup);
    let environment: Option<Environment> = vars.required("XOXODAY_ENV");
    let client_id: Option<String> = vars.required("XOXODAY_CLIENT_ID");
    let store: Option<StoreName> = vars.optional("XOXODAY_TOKEN_STORE");
    let seal = vars.seal();
    let rescue_file: Option<PathBuf> = vars.optional("XOXODAY_RESCUE_FILE");
    let (true, Some(environment), Some(client_id)) =
        (vars.wrong.is_empty(), environment, client_id)
    else {
        return Err(vars.error());
    };
    let account = Account::new(environment.to_string(), client_id);
    let mut place = Place::default();
    if let Some(store) = store {
        place.choose(Choice::Named(store));
    }
    if let Some(seal) = seal.clone() {
        place.seal_with(seal);
    }
    let store = place.open(&account)?;
    Ok(StoredTokens::of(account, store, rescue_file, seal))
}

/// The dashboard's tokens, if they are there.
#[cfg(feature = "cli")]
pub(crate) fn seed(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Option<Seed>, Error> {
    let mut vars = Vars::new(lookup);
    let seed = vars.seed();
    match vars.wrong.is_empty() {
        true => Ok(seed),
        false => Err(vars.error()),
    }
}

/// Reads variables and collects what is wrong with them.
struct Vars<F> {
    lookup: F,
    wrong: Vec<String>,
}

impl<F: Fn(&str) -> Option<OsString>> Vars<F> {
    fn new(lookup: F) -> Self {
        let wrong = Vec::new();
        Self { lookup, wrong }
    }

    fn error(self) -> Error {
        Error::new(ErrorKind::InvalidInput, self.wrong.join("; "))
    }

    fn seed(&mut self) -> Option<Seed> {
        let refresh = self.text("XOXODAY_REFRESH_TOKEN");
        let access = self.text("XOXODAY_ACCESS_TOKEN");
        let access_expiry: Option<EpochMillis> = self.optional("XOXODAY_ACCESS_TOKEN_EXPIRY");
        let seed = Seed::new(refresh?);
        Some(match access {
            Some(access) => seed.access_token(access, access_expiry),
            None => seed,
        })
    }

    /// The keys that seal the store. What is left of a copy is overwritten.
    fn seal(&mut self) -> Option<Seal> {
        const NAME: &str = "XOXODAY_SEALING_KEYS";
        let keys = Zeroizing::new(self.text(NAME)?);
        self.parsed(NAME, &keys)
    }

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

/// A duration as people write it: `90s`, `7d`.
struct Span(Duration);

impl FromStr for Span {
    type Err = humantime::DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        humantime::parse_duration(text).map(Self)
    }
}

/// The lease of an exchange.
struct Lease(Duration);

impl FromStr for Lease {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(Span(lease)) if lease < Policy::SHORTEST_LEASE => {
                Err("give at least 2s, or answers are given up on".into())
            }
            Ok(Span(lease)) => Ok(Self(lease)),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What to do after a lost answer.
struct Lost(AfterLostAnswer);

impl FromStr for Lost {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "replay" => Ok(Self(AfterLostAnswer::Replay)),
            "halt" => Ok(Self(AfterLostAnswer::Halt)),
            _ => Err("expected replay or halt"),
        }
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
            ("XOXODAY_SEALING_KEYS", "2026:canary"),
            ("XOXODAY_ROTATION_FLOOR", "canary-minutes"),
            ("XOXODAY_ROTATION_LEASE", "1s"),
            ("XOXODAY_AFTER_LOST_ANSWER", "canary"),
        ])
        .unwrap_err();
        for part in [
            "XOXODAY_ENV: unknown environment",
            "XOXODAY_ACCESS_TOKEN_EXPIRY: not a number",
            "XOXODAY_TOKEN_STORE: expected file:PATH",
            "XOXODAY_SEALING_KEYS: ",
            "XOXODAY_ROTATION_FLOOR: ",
            "XOXODAY_ROTATION_LEASE: give at least 2s",
            "XOXODAY_AFTER_LOST_ANSWER: expected replay or halt",
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
            ("XOXODAY_RESCUE_FILE", "/nowhere/else.json"),
            ("XOXODAY_ROTATION_FLOOR", "0s"),
            ("XOXODAY_AFTER_LOST_ANSWER", "halt"),
        ])
        .unwrap();
        let shown = format!("{builder:?}");
        for given in ["/nowhere/tokens.json", "/nowhere/else.json", "Halt"] {
            assert!(shown.contains(given), "{shown}");
        }
        assert!(!shown.contains("canary"), "{shown}");
    }
}
