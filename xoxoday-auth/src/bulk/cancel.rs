//! Taking points back that a bulk send has credited.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;

use xoxoday_api::number::TransactionId;

use super::ledger::{Change, Ledger};
use super::progress::{Ended, Summary};
use super::row::{Fate, Row};
use super::stop::Stop;
use super::{Bulk, on_disk};
use crate::client::Xoxoday;
use crate::error::Error;
use crate::points::{CancelledPoints, MOST_PER_CALL};

impl Bulk {
    /// Cancels every row that is credited and has a transaction id, call by call,
    /// until none is left or `stop` is ready: then it finishes the call under way.
    /// To repeat it does no harm.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an account that
    /// is not the ledger's, and those of the ledger. What Xoxoday says is no error: the
    /// first call that fails, wholly or for some, [ends it](Ended::Halted), and what was
    /// cancelled until then is written down.
    pub async fn cancel(
        &mut self,
        xoxoday: &Xoxoday,
        stop: impl Future<Output = ()>,
    ) -> Result<Summary, Error> {
        self.check_account(xoxoday)?;
        let stop = pin!(stop);
        let mut stop = Stop::new(stop);
        let mut row = 0;
        let ended = loop {
            if stop.is_asked().await {
                break Ended::Stopped;
            }
            let batch = on_disk(&self.ledger, move |it| credited_after(it, row)).await?;
            let Some((last, _)) = batch.last() else {
                break Ended::Done;
            };
            row = last.number;
            let ids = batch.iter().map(|(_, id)| *id);
            let cancelled = xoxoday.points().cancel(ids).await;
            let told = match &cancelled {
                Ok(told) => Some(told),
                Err(error) => error.cancelled(),
            };
            self.take_back(batch, told).await?;
            if let Err(error) = cancelled {
                break Ended::Halted(error);
            }
        };
        let totals = self.totals;
        Ok(Summary { totals, ended })
    }

    /// Writes down which rows were cancelled.
    async fn take_back(
        &mut self,
        batch: Vec<(Row, TransactionId)>,
        told: Option<&CancelledPoints>,
    ) -> Result<(), Error> {
        let is_cancelled = |place: usize| {
            let result = told.and_then(|told| told.results.get(place));
            result.is_some_and(|result| result.cancelled == Some(true))
        };
        let (mut gone, mut totals) = (Vec::new(), self.totals);
        for (place, (row, transaction)) in batch.into_iter().enumerate() {
            if is_cancelled(place) {
                let to = Fate::Cancelled { transaction };
                totals.shift(&row.fate, &to, row.recipient.amount())?;
                gone.push(Change {
                    row: row.number,
                    from: row.fate,
                    to,
                });
            }
        }
        on_disk(&self.ledger, move |ledger| ledger.change(&gone)).await?;
        self.totals = totals;
        Ok(())
    }
}

/// The rows of one call.
fn credited_after(ledger: &Ledger, row: u64) -> Result<Vec<(Row, TransactionId)>, Error> {
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
}
