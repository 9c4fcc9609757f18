//! How many rows, and how many points.

use serde::Serialize;
use xoxoday_api::{Amount, Points};

use super::row::Fate;
use crate::error::{Error, ErrorKind};

/// So many rows with so many points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// How many rows.
    pub rows: u64,
    /// Their points together.
    pub points: Points,
}

/// The rows of a bulk send by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Still to be sent.
    pub pending: Count,
    /// Credited.
    pub credited: Count,
    /// Refused by Xoxoday.
    pub failed: Count,
    /// Credited or not: nobody knows.
    pub unknown: Count,
    /// Credited, and taken back.
    pub cancelled: Count,
}

impl Count {
    /// One row more.
    pub(super) fn add(&mut self, amount: Amount) -> Result<(), Error> {
        let sum = self.points.checked_add(amount.into());
        self.points = sum.ok_or_else(|| {
            let message = "the points of all rows together have more digits than can be held";
            Error::new(ErrorKind::InvalidInput, message)
        })?;
        self.rows += 1;
        Ok(())
    }

    /// One row less of those that were added.
    fn remove(&mut self, amount: Amount) {
        self.points = Points::new(self.points.get() - amount.get());
        self.rows = self.rows.saturating_sub(1);
    }
}

impl Totals {
    /// All rows together.
    pub fn all(&self) -> Count {
        let counts = [
            self.pending,
            self.credited,
            self.failed,
            self.unknown,
            self.cancelled,
        ];
        let mut all = Count::default();
        for count in counts {
            all.rows += count.rows;
            // Their sum was held when the rows were read.
            let sum = all.points.checked_add(count.points);
            all.points = sum.unwrap_or(all.points);
        }
        all
    }

    pub(super) fn add(&mut self, fate: &Fate, amount: Amount) -> Result<(), Error> {
        self.of(fate).add(amount)
    }

    pub(super) fn shift(&mut self, from: &Fate, to: &Fate, amount: Amount) -> Result<(), Error> {
        self.of(from).remove(amount);
        self.of(to).add(amount)
    }

    fn of(&mut self, fate: &Fate) -> &mut Count {
        match fate {
            Fate::Pending => &mut self.pending,
            Fate::Credited { .. } => &mut self.credited,
            Fate::Failed { .. } => &mut self.failed,
            Fate::Leaving { .. } | Fate::Unknown { .. } => &mut self.unknown,
            Fate::Cancelled { .. } => &mut self.cancelled,
        }
    }
}
