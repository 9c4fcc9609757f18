use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// The account's money: a prepaid wallet, what users hold, and every issuance.
///
/// Points are never made or lost: wallet, balances and what was redeemed always
/// add up to what the wallet began with and users were given at the start.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Books {
    /// What is left in the company's wallet.
    #[serde(serialize_with = "as_text")]
    pub wallet: Decimal,
    /// Users by their address, in lower case.
    pub users: BTreeMap<String, User>,
    /// Issuances by their transaction id.
    pub issuances: BTreeMap<u64, Issuance>,
    /// What users have spent.
    #[serde(serialize_with = "as_text")]
    pub redeemed: Decimal,
}

/// Someone who holds points.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct User {
    /// Full name, if it was ever told.
    pub name: Option<String>,
    /// Phone with its calling code, as `+91-8999888887`.
    pub phone: Option<String>,
    /// Points to spend.
    #[serde(serialize_with = "as_text")]
    pub balance: Decimal,
}

/// Points that were sent to someone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Issuance {
    /// The Super Admin who sent them.
    pub sender: String,
    /// Who received them.
    pub recipient: String,
    /// How many.
    #[serde(serialize_with = "as_text")]
    pub points: Decimal,
    /// The note that went with them.
    pub citation: Option<String>,
    /// Months until they expire, as asked. The sandbox keeps this and lets
    /// nothing expire.
    pub expiry_months: Option<u32>,
    /// Whether they were taken back.
    pub cancelled: bool,
}

/// What one recipient is to receive.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) to_email: String,
    pub(crate) to_name: Option<String>,
    pub(crate) points: Decimal,
    pub(crate) citation: Option<String>,
}

/// The first transaction id, of the size that the documentation shows.
const FIRST_ID: u64 = 987_654_321;

impl Books {
    /// Wallet, balances and redeemed points together.
    pub fn total(&self) -> Decimal {
        let held: Decimal = self.users.values().map(|user| user.balance).sum();
        self.wallet + held + self.redeemed
    }

    /// The user with this address, in whatever case.
    pub fn user(&self, email: &str) -> Option<&User> {
        self.users.get(&email.to_lowercase())
    }

    pub(crate) fn user_by_phone(&self, phone: &str) -> Option<&User> {
        let digits = |text: &str| text.replace(['-', ' '], "");
        self.users.values().find(|user| {
            user.phone
                .as_deref()
                .is_some_and(|own| digits(own) == digits(phone))
        })
    }

    /// Whether the wallet can pay for all of these.
    pub(crate) fn covers<'a>(&self, grants: impl IntoIterator<Item = &'a Grant>) -> bool {
        let sum: Decimal = grants.into_iter().map(|grant| grant.points).sum();
        sum <= self.wallet
    }

    /// Sends points; the caller has seen that the wallet covers them.
    pub(crate) fn issue(&mut self, sender: &str, expiry_months: Option<u32>, grant: &Grant) -> u64 {
        let id = self
            .issuances
            .last_key_value()
            .map_or(FIRST_ID, |(last, _)| last + 1);
        let recipient = grant.to_email.to_lowercase();
        let user = self.users.entry(recipient.clone()).or_default();
        if user.name.is_none() {
            user.name.clone_from(&grant.to_name);
        }
        user.balance += grant.points;
        self.wallet -= grant.points;
        self.issuances.insert(
            id,
            Issuance {
                sender: sender.to_lowercase(),
                recipient,
                points: grant.points,
                citation: grant.citation.clone(),
                expiry_months,
                cancelled: false,
            },
        );
        id
    }

    /// Takes an issuance back. A second time is a failure that changes nothing.
    pub(crate) fn cancel(&mut self, id: u64) -> Result<(), &'static str> {
        let issuance = self
            .issuances
            .get_mut(&id)
            .ok_or("no issuance has this unique_id")?;
        if issuance.cancelled {
            return Err("already cancelled");
        }
        let user = self.users.entry(issuance.recipient.clone()).or_default();
        if user.balance < issuance.points {
            return Err("the points have been redeemed");
        }
        user.balance -= issuance.points;
        self.wallet += issuance.points;
        issuance.cancelled = true;
        Ok(())
    }

    /// Spends a user's points, as in a shop. `false`, and nothing happens, if
    /// there are not so many.
    pub(crate) fn redeem(&mut self, email: &str, points: Decimal) -> bool {
        match self.users.get_mut(&email.to_lowercase()) {
            Some(user) if user.balance >= points => {
                user.balance -= points;
                self.redeemed += points;
                true
            }
            _ => false,
        }
    }
}

/// Exact on the wire, too.
fn as_text<S: Serializer>(points: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(points)
}

/// Addresses, compared without regard to case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses(BTreeSet<String>);

impl Addresses {
    pub(crate) fn insert(&mut self, email: &str) {
        self.0.insert(email.to_lowercase());
    }

    pub(crate) fn contains(&self, email: &str) -> bool {
        self.0.contains(&email.to_lowercase())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// What looks like an address: something, an at sign, a domain.
pub(crate) fn looks_like_an_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
    }) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
