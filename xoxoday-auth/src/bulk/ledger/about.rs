//! Whose ledger it is, and of what.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::trouble;
use crate::bulk::order::{Order, Surveyed};
use crate::bulk::totals::Count;
use crate::error::Error;
use xoxoday_api::Points;

/// The format of a ledger. A newer one is not touched.
pub(super) const FORMAT: u64 = 1;

/// What a ledger says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    format: u64,
    pub(crate) environment: String,
    pub(crate) client_id: String,
    pub(crate) sender: String,
    pub(crate) expiry_months: Option<u32>,
    digest: String,
    rows: u64,
    points: Points,
}

#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl About {
    pub(super) fn new(order: &Order, surveyed: &Surveyed) -> Self {
        Self {
            format: FORMAT,
            environment: order.account.environment.clone(),
            client_id: order.account.client_id.clone(),
            sender: order.sender.to_string(),
            expiry_months: order.expiry_months,
            digest: surveyed.digest.clone(),
            rows: surveyed.count.rows,
            points: surveyed.count.points,
        }
    }

    pub(super) fn read(path: &Path, json: &[u8]) -> Result<Self, Error> {
        let damaged = |error: serde_json::Error| trouble::damaged(path, &error.to_string());
        let Format { format } = serde_json::from_slice(json).map_err(damaged)?;
        match format {
            FORMAT => serde_json::from_slice(json).map_err(damaged),
            newer => Err(trouble::newer(path, newer)),
        }
    }

    /// All rows.
    pub(super) fn count(&self) -> Count {
        let (rows, points) = (self.rows, self.points);
        Count { rows, points }
    }

    /// Refuses what another send's ledger is given to go on with.
    pub(super) fn check(&self, path: &Path, ours: &Self) -> Result<(), Error> {
        let another =
            |what, theirs: &str, ours: &str| Err(trouble::another(path, what, theirs, ours));
        if self.environment != ours.environment {
            return another("the environment", &self.environment, &ours.environment);
        }
        if self.client_id != ours.client_id {
            return another("the client id", &self.client_id, &ours.client_id);
        }
        if self.sender != ours.sender {
            return another("the sender", &self.sender, &ours.sender);
        }
        if self.expiry_months != ours.expiry_months {
            let months = |months: Option<u32>| months.map_or("none".into(), |it| it.to_string());
            let [theirs, ours] = [self.expiry_months, ours.expiry_months].map(months);
            return another("the expiry in months", &theirs, &ours);
        }
        if self.digest != ours.digest {
            let told = |about: &Self| {
                let digest = about.digest.get(..12).unwrap_or_default();
                format!("{} rows (digest {digest}…)", about.rows)
            };
            return another("the input", &told(self), &told(ours));
        }
        Ok(())
    }
}
