//! A run: batches out, outcomes down.
//!
//! Before a batch leaves, the ledger says so, durably; after its answer it says
//! what became of each row. What is killed in between is unknown, and no run
//! sends it again.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;

use super::Bulk;
use super::ledger::{Change, Ledger};
use super::pace::Pace;
use super::progress::{Ended, Progress, Summary, Waiting};
use super::row::Fate;
use super::stop::Stop;
use super::totals::Totals;
use super::verdict::{Next, Verdict};
use crate::client::Xoxoday;
use crate::error::{Error, ErrorKind};
use crate::points::Recipient;
use crate::random;

pub(super) async fn run(
    bulk: &mut Bulk,
    xoxoday: &Xoxoday,
    pace: &Pace,
    stop: impl Future<Output = ()>,
    progress: impl FnMut(&Progress),
) -> Result<Summary, Error> {
    let stop = pin!(stop);
    let mut run = Run {
        ledger: Arc::clone(&bulk.ledger),
        xoxoday,
        pace,
        stop: Stop::new(stop),
        told: progress,
        totals: &mut bulk.totals,
        started: Instant::now(),
        settled: 0,
        row: 0,
        together: pace.batch,
        alone_up_to: 0,
        in_vain: 0,
        waits: 0,
    };
    let ended = run.proceed().await?;
    let totals = *run.totals;
    Ok(Summary { totals, ended })
}

struct Run<'a, F, P> {
    ledger: Arc<Ledger>,
    xoxoday: &'a Xoxoday,
    pace: &'a Pace,
    stop: Stop<'a, F>,
    told: P,
    totals: &'a mut Totals,
    started: Instant,
    settled: u64,
    /// The last row that was looked at.
    row: u64,
    /// How many rows leave together.
    together: usize,
    /// Up to here rows leave one at a time.
    alone_up_to: u64,
    /// Requests in a row that credited nobody.
    in_vain: u32,
    /// Waits in a row.
    waits: u32,
}

impl<F: Future<Output = ()>, P: FnMut(&Progress)> Run<'_, F, P> {
    async fn proceed(&mut self) -> Result<Ended, Error> {
        while !self.stop.is_asked().await {
            let most = match self.row < self.alone_up_to {
                true => 1,
                false => self.together,
            };
            let row = self.row;
            let batch = self.on_disk(move |it| it.pending_after(row, most)).await?;
            let Some(&(last, _)) = batch.last() else {
                return Ok(Ended::Done);
            };
            let next = self.send(batch).await?;
            if let Some(ended) = self.go_on(next, last).await {
                return Ok(ended);
            }
        }
        Ok(Ended::Stopped)
    }

    /// Sends a batch, and keeps what became of it.
    async fn send(&mut self, batch: Vec<(u64, Recipient)>) -> Result<Next, Error> {
        let request_id = random::request_id();
        let rows: Vec<_> = batch.iter().map(|(row, _)| *row).collect();
        let amounts: Vec<_> = batch.iter().map(|(_, to)| to.amount()).collect();
        let leaving = Fate::Leaving {
            request_id: request_id.clone(),
            since: self.xoxoday.transport.clock.now(),
        };
        let change = |(row, to): (u64, Fate), from: &Fate| Change {
            row,
            from: from.clone(),
            to,
        };
        let to_leave = rows
            .iter()
            .map(|row| change((*row, leaving.clone()), &Fate::Pending));
        let to_leave: Vec<_> = to_leave.collect();
        self.on_disk(move |it| it.change(&to_leave)).await?;

        let about = self.ledger.about();
        let recipients = batch.into_iter().map(|(_, recipient)| recipient);
        let points = self.xoxoday.points();
        let mut send = points.send_from(&about.sender).to_all(recipients);
        if let Some(months) = about.expiry_months {
            send = send.expiry_months(months);
        }
        let answer = send.request_id(&request_id).send().await;
        let verdict = Verdict::of(answer, rows.len(), &request_id);

        let fates: Vec<_> = rows.iter().copied().zip(verdict.fates).collect();
        let settled: Vec<_> = fates
            .iter()
            .cloned()
            .map(|it| change(it, &leaving))
            .collect();
        let kept = self.on_disk(move |it| it.change(&settled)).await;
        kept.map_err(|error| unkept(&error, &fates))?;
        for ((_, fate), amount) in fates.iter().zip(&amounts) {
            self.totals.shift(&Fate::Pending, fate, *amount)?;
            self.settled += u64::from(*fate != Fate::Pending);
        }
        Ok(verdict.next)
    }

    /// Does what is to be done before the next batch, or says why there is none.
    async fn go_on(&mut self, next: Next, last: u64) -> Option<Ended> {
        // What was not sent comes again.
        if !matches!(next, Next::Divide | Next::Wait(_)) {
            self.row = last;
        }
        let before = self.in_vain;
        match &next {
            Next::On | Next::Alone => (self.in_vain, self.waits) = (0, 0),
            Next::Refused(_) => (self.in_vain, self.waits) = (before + 1, 0),
            Next::Ask(_) => self.in_vain += 1,
            Next::Divide | Next::Wait(_) | Next::Halt(_) => {}
        }
        match next {
            Next::Alone => self.together = 1,
            Next::Divide => self.alone_up_to = last,
            _ => {}
        }
        let gives_up = self.in_vain >= self.pace.in_a_row && self.in_vain > before;
        match next {
            Next::Halt(error) => Some(Ended::Halted(error)),
            Next::Refused(error) | Next::Ask(error) if gives_up => {
                Some(Ended::Halted(in_vain(self.in_vain, error)))
            }
            Next::Wait(error) => self.wait(&error).await,
            Next::Ask(error) => self.ask(error).await,
            Next::On | Next::Alone | Next::Divide | Next::Refused(_) => {
                self.tell(None);
                None
            }
        }
    }

    /// Waits, as long as the server wants or longer each time.
    async fn wait(&mut self, error: &Error) -> Option<Ended> {
        self.waits = self.waits.saturating_add(1);
        let waits = &self.pace.waits;
        let time = waits.wait(self.waits, error.wait(), random::number())?;
        self.tell(Some(Waiting {
            time,
            why: error.to_string(),
        }));
        match self.stop.wait(time).await {
            Some(()) => None,
            None => Some(Ended::Stopped),
        }
    }

    /// Asks Xoxoday something harmless until it answers: in an outage each send
    /// would end with one more row of which nobody knows.
    async fn ask(&mut self, why: Error) -> Option<Ended> {
        self.tell(None);
        // The last of several: it is the send itself that is in trouble.
        if self.in_vain > 1
            && let Some(ended) = self.wait(&why).await
        {
            return Some(ended);
        }
        loop {
            let tokens = self.xoxoday.tokens();
            let Some(answered) = self.stop.during(tokens.validate()).await else {
                return Some(Ended::Stopped);
            };
            match answered {
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    if let Some(ended) = self.wait(&error).await {
                        return Some(ended);
                    }
                }
                // What else is wrong, the next send finds out.
                _ => return None,
            }
        }
    }

    fn tell(&mut self, waiting: Option<Waiting>) {
        (self.told)(&Progress {
            totals: *self.totals,
            settled: self.settled,
            elapsed: self.started.elapsed(),
            waiting,
        });
    }

    /// Disk work, off the threads that drive the program.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        super::on_disk(&self.ledger, work).await
    }
}

/// The answer came, and the ledger did not take it. A person must hear of it: the
/// next run knows only that the rows had left.
fn unkept(error: &Error, fates: &[(u64, Fate)]) -> Error {
    const TOLD: usize = 10;

    let told = fates.iter().take(TOLD).map(|(row, fate)| {
        let id = fate.transaction().map(|id| format!(" as transaction {id}"));
        format!("row {row} {}{}", fate.word(), id.unwrap_or_default())
    });
    let told: Vec<_> = told.collect();
    let more = match fates.len() > TOLD {
        true => ", …",
        false => "",
    };
    Error::new(
        ErrorKind::OutcomeUnknown,
        format!(
            "{error}. The last answer was not kept ({}{more}): the next run lists these rows as unknown",
            told.join(", ")
        ),
    )
}

fn in_vain(requests: u32, last: Error) -> Error {
    let message = format!(
        "{requests} requests in a row credited nobody; the last one: {last}. See what is wrong, then run again"
    );
    let code = last.code().map(str::to_owned);
    Error::new(last.kind(), message).with_code(code).told(last)
}
