//! A run: batches out, outcomes down.
//!
//! Before a batch leaves, the ledger says so, durably; after its answer it says
//! what became of each row. What is killed in between is unknown, and no run
//! sends it again. Where the next batch may leave at once, its leaving is written
//! down with the outcome of the one before: a request costs one commit.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

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
use crate::points::{Recipient, SentPoints};
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
        // What the ledger has already as leaving.
        let mut leaving = None;
        loop {
            let stopped = self.stop.is_asked().await;
            let batch = match leaving.take() {
                Some(batch) if stopped => {
                    self.call_back(&batch).await?;
                    return Ok(Ended::Stopped);
                }
                None if stopped => return Ok(Ended::Stopped),
                Some(batch) => batch,
                None => {
                    let rows = self.pending_after(self.row).await?;
                    let Some(batch) = self.batch(rows) else {
                        return Ok(Ended::Done);
                    };
                    let changes = batch.leaves();
                    self.on_disk(move |it| it.change(&changes)).await?;
                    batch
                }
            };
            let (answer, following) = self.request_and_look_ahead(&batch).await;
            let verdict = Verdict::of(answer, batch.rows.len(), &batch.request_id);
            let gives_up = self.weigh(&verdict.next, batch.last());
            leaving = match verdict.next.is_straight_on() && !gives_up {
                true if !self.stop.is_asked().await => self.batch(following),
                _ => None,
            };
            self.keep(batch, verdict.fates, leaving.as_ref()).await?;
            if let Some(ended) = self.go_on(verdict.next, gives_up).await {
                return Ok(ended);
            }
        }
    }

    /// The pending rows behind a row that may leave together.
    async fn pending_after(&self, row: u64) -> Result<Vec<(u64, Recipient)>, Error> {
        let most = match row < self.alone_up_to {
            true => 1,
            false => self.together,
        };
        self.on_disk(move |it| it.pending_after(row, most)).await
    }

    /// Rows that are to leave next, under a name of their own.
    fn batch(&self, mut rows: Vec<(u64, Recipient)>) -> Option<Batch> {
        // They may have been found before it was known that they cannot.
        rows.truncate(self.together);
        let request_id = random::request_id();
        let since = self.xoxoday.transport.clock.now();
        let leaving = Fate::Leaving {
            request_id: request_id.clone(),
            since,
        };
        (!rows.is_empty()).then_some(Batch {
            rows,
            request_id,
            leaving,
        })
    }

    /// What is written down as leaving has not left, and does not any more.
    async fn call_back(&self, batch: &Batch) -> Result<(), Error> {
        let changes = batch.becomes(&vec![Fate::Pending; batch.rows.len()]);
        self.on_disk(move |it| it.change(&changes)).await
    }

    /// Sends a batch, and meanwhile looks for the rows behind it. An answer does not
    /// wait for them: they may be far, or it may turn out that they cannot be read.
    async fn request_and_look_ahead(
        &self,
        batch: &Batch,
    ) -> (Result<SentPoints, Error>, Vec<(u64, Recipient)>) {
        let mut request = pin!(self.request(batch));
        let mut following = pin!(self.pending_after(batch.last()));
        let mut found = None;
        let answer = poll_fn(|context| {
            if found.is_none()
                && let Poll::Ready(rows) = following.as_mut().poll(context)
            {
                found = Some(rows);
            }
            request.as_mut().poll(context)
        });
        let answer = answer.await;
        let rows = found.and_then(Result::ok);
        (answer, rows.unwrap_or_default())
    }

    async fn request(&self, batch: &Batch) -> Result<SentPoints, Error> {
        let about = self.ledger.about();
        let recipients = batch.rows.iter().map(|(_, recipient)| recipient.clone());
        let points = self.xoxoday.points();
        let mut send = points.send_from(&about.sender).to_all(recipients);
        if let Some(months) = about.expiry_months {
            send = send.expiry_months(months);
        }
        send.request_id(&batch.request_id).send().await
    }

    /// Keeps what became of a batch and, with the same stroke, that the next leaves.
    async fn keep(
        &mut self,
        batch: Batch,
        fates: Vec<Fate>,
        next: Option<&Batch>,
    ) -> Result<(), Error> {
        let mut changes = batch.becomes(&fates);
        changes.extend(next.into_iter().flat_map(Batch::leaves));
        let kept = self.on_disk(move |it| it.change(&changes)).await;
        kept.map_err(|error| unkept(&error, &batch, &fates))?;
        for ((_, to), fate) in batch.rows.iter().zip(&fates) {
            self.totals.shift(&Fate::Pending, fate, to.amount())?;
            self.settled += u64::from(*fate != Fate::Pending);
        }
        Ok(())
    }

    /// Learns from a verdict. Whether it was one too many that credited nobody.
    fn weigh(&mut self, next: &Next, last: u64) -> bool {
        // What was not sent comes again.
        if !matches!(next, Next::Divide | Next::Wait(_)) {
            self.row = last;
        }
        let before = self.in_vain;
        match next {
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
        self.in_vain >= self.pace.in_a_row && self.in_vain > before
    }

    /// Does what is to be done before the next batch, or says why there is none.
    async fn go_on(&mut self, next: Next, gives_up: bool) -> Option<Ended> {
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

/// Rows that leave in one request.
struct Batch {
    rows: Vec<(u64, Recipient)>,
    request_id: String,
    /// As what the ledger has them until it knows better.
    leaving: Fate,
}

impl Batch {
    fn last(&self) -> u64 {
        self.rows.last().map_or(0, |(row, _)| *row)
    }

    fn leaves(&self) -> Vec<Change> {
        let change = |(row, _): &(u64, Recipient)| Change {
            row: *row,
            from: Fate::Pending,
            to: self.leaving.clone(),
        };
        self.rows.iter().map(change).collect()
    }

    fn becomes(&self, fates: &[Fate]) -> Vec<Change> {
        let change = |((row, _), to): (&(u64, Recipient), &Fate)| Change {
            row: *row,
            from: self.leaving.clone(),
            to: to.clone(),
        };
        self.rows.iter().zip(fates).map(change).collect()
    }
}

/// The answer came, and the ledger did not take it. A person must hear of it: the
/// next run knows only that the rows had left.
fn unkept(error: &Error, batch: &Batch, fates: &[Fate]) -> Error {
    const TOLD: usize = 10;

    let told = batch.rows.iter().zip(fates).take(TOLD);
    let told = told.map(|((row, _), fate)| {
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
