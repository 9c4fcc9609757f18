//! Taking points back that a bulk send has credited.

use std::ops::ControlFlow;

use super::ledger::Change;
use super::row::Fate;
use super::{Bulk, on_disk};
use crate::client::Xoxoday;
use crate::error::Error;
use crate::points::{CancelledPoints, MOST_PER_CALL};

impl Bulk {
    /// Cancels every row that is credited and has a transaction id, and writes down
    /// which were. Returns how many. To repeat it does no harm.
    ///
    /// # Errors
    ///
    /// Those of [`PointsClient::cancel`](crate::points::PointsClient::cancel), from
    /// the first call that failed, wholly or for some; what was cancelled until then
    /// is written down. And those of the ledger.
    pub async fn cancel(&mut self, xoxoday: &Xoxoday) -> Result<u64, Error> {
        self.check_account(xoxoday)?;
        let mut done = 0;
        let mut row = 0;
        loop {
            let batch = on_disk(&self.ledger, move |ledger| {
                let mut batch = Vec::new();
                ledger.each_from(row + 1, |row| {
                    if let Fate::Credited {
                        transaction: Some(id),
                        ..
                    } = row.fate
                    {
                        batch.push((row, id));
                    }
                    Ok(match batch.len() < MOST_PER_CALL {
                        true => ControlFlow::Continue(()),
                        false => ControlFlow::Break(()),
                    })
                })?;
                Ok(batch)
            })
            .await?;
            let Some((last, _)) = batch.last() else {
                return Ok(done);
            };
            row = last.number;
            let ids = batch.iter().map(|(_, id)| *id);
            let cancelled = xoxoday.points().cancel(ids).await;
            let told = match &cancelled {
                Ok(told) => Some(told),
                Err(error) => error.cancelled(),
            };
            let is_cancelled = |told: &CancelledPoints, place: usize| {
                let result = told.results.get(place);
                result.is_some_and(|result| result.cancelled == Some(true))
            };
            let mut gone = Vec::new();
            let mut totals = self.totals;
            for (place, (row, transaction)) in batch.into_iter().enumerate() {
                if told.is_some_and(|told| is_cancelled(told, place)) {
                    let to = Fate::Cancelled { transaction };
                    totals.shift(&row.fate, &to, row.recipient.amount())?;
                    gone.push(Change {
                        row: row.number,
                        from: row.fate,
                        to,
                    });
                }
            }
            let count = gone.len() as u64;
            on_disk(&self.ledger, move |ledger| ledger.change(&gone)).await?;
            (self.totals, done) = (totals, done + count);
            cancelled?;
        }
    }
}
