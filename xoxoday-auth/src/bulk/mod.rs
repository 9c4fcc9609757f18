//! Points to many, with a ledger beside the send.
//!
//! Sending moves points and has no idempotency key: who sends ten thousand rows
//! and is cut off in the middle needs to know what had left. A [`Bulk`] keeps that
//! in a ledger, one file on disk:
//!
//! ```no_run
//! # async fn run(xoxoday: xoxoday_auth::Xoxoday) -> Result<(), Box<dyn std::error::Error>> {
//! use std::{fs::File, io::BufReader};
//! use xoxoday_auth::bulk::{Bulk, Input, Order, Pace};
//!
//! let order = Order::new(&xoxoday, "superadmin@yourcompany.com")?;
//! let rows = Input::of_either(BufReader::new(File::open("friday.csv")?))?;
//! let mut bulk = Bulk::load("friday.ledger", &order, rows)?;
//! let summary = bulk
//!     .run(&xoxoday, &Pace::default(), std::future::pending(), |_| {})
//!     .await?;
//! println!("{} rows are unknown", summary.totals.unknown.rows);
//! bulk.report(File::create("friday.report.csv")?)?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - **Nothing twice.** Before a batch leaves, the ledger says so, durably; what
//!   cannot be written down does not leave. A row that had left when the process
//!   was killed is [unknown](Fate::Unknown), and no run sends it again.
//! - **Nothing lost.** Run it again with the same input: what is done is skipped,
//!   and what never left is sent.
//! - **A person decides.** What is unknown is listed, until
//!   [someone has looked](Bulk::resolve).
//! - **The same input.** A ledger belongs to one account, sender, expiry and list of
//!   rows, and takes no other. One run holds it at a time.
//! - **No row twice by mistake.** Rows that say the same are an error, unless
//!   [they are allowed](Order::allow_duplicates).
//! - **Patience.** Rate limits and outages slow a run down and do not end it.
//!
//! The ledger must lie on a disk of its own machine, must not be copied back from
//! an older copy, and holds names and addresses: only its owner can read it.

mod cancel;
mod digest;
mod input;
mod ledger;
mod order;
mod pace;
mod progress;
mod report;
mod row;
mod run;
mod stop;
mod totals;
mod verdict;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub use input::{Input, InvalidRow};
pub use order::Order;
pub use pace::Pace;
pub use progress::{Ended, Progress, Summary, Waiting};
pub use row::{Fate, Resolution, Row};
pub use totals::{Count, Totals};

#[cfg(feature = "cli")]
pub(crate) use ledger::{fresh, sibling};

use crate::client::Xoxoday;
use crate::error::{Error, ErrorKind};
use crate::points::Recipient;
use ledger::{Change, Ledger};
use report::{Report, Word};

/// Points to many: rows, and a ledger of what became of them.
pub struct Bulk {
    ledger: Arc<Ledger>,
    totals: Totals,
}

impl Bulk {
    /// Begins a ledger with these rows, or opens the one that was begun with them.
    /// All rows are read before anything is sent. Blocks while it reads and writes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for rows that are wrong or repeat others, and for a
    /// ledger of another send, of a newer version of this crate or that is damaged;
    /// [`ErrorKind::Unavailable`] for one that another run holds or that cannot be
    /// read or written.
    pub fn load(
        ledger: impl AsRef<Path>,
        order: &Order,
        rows: impl IntoIterator<Item = Result<Recipient, InvalidRow>>,
    ) -> Result<Self, Error> {
        Self::of(Ledger::load(ledger.as_ref(), order, rows)?)
    }

    /// Opens a ledger that is there: to look, to resolve, to cancel, or to go on
    /// without the rows at hand.
    ///
    /// # Errors
    ///
    /// Those of [`load`](Self::load), and [`ErrorKind::Unavailable`] where there is
    /// none.
    pub fn open(ledger: impl AsRef<Path>) -> Result<Self, Error> {
        Self::of(Ledger::open(ledger.as_ref())?)
    }

    fn of(ledger: Ledger) -> Result<Self, Error> {
        let totals = ledger.totals()?;
        let ledger = Arc::new(ledger);
        Ok(Self { ledger, totals })
    }

    /// How many rows, by what became of them.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The Super Admin who sends.
    pub fn sender(&self) -> &str {
        &self.ledger.about().sender
    }

    /// Sends what is pending, until nothing is or `stop` is ready: then it finishes
    /// the batch under way and leaves the rest pending. `progress` is told after
    /// each request and before each wait.
    ///
    /// Rate limits and outages are waited for. Where Xoxoday's answer to a batch
    /// is lost, its rows are unknown, and a harmless question is asked until that
    /// is answered, before the next batch leaves. To drop the future leaves the rows
    /// under way unknown.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for an account that is not the ledger's, and
    /// those of the ledger: nothing leaves whose leaving it has not taken. What
    /// Xoxoday says is no error: see [`Summary::ended`] and [`Bulk::rows`].
    pub async fn run(
        &mut self,
        xoxoday: &Xoxoday,
        pace: &Pace,
        stop: impl Future<Output = ()>,
        progress: impl FnMut(&Progress),
    ) -> Result<Summary, Error> {
        self.check_account(xoxoday)?;
        // Of a run that was dropped.
        self.totals = on_disk(&self.ledger, |ledger| {
            ledger.give_up_on_what_left()?;
            ledger.totals()
        })
        .await?;
        run::run(self, xoxoday, pace, stop, progress).await
    }

    fn check_account(&self, xoxoday: &Xoxoday) -> Result<(), Error> {
        let (ours, about) = (xoxoday.account(), self.ledger.about());
        if ours.environment == about.environment && ours.client_id == about.client_id {
            return Ok(());
        }
        let message = format!(
            "the ledger {} belongs to client {} in {}, and this is {ours}; nothing was sent",
            self.ledger.path().display(),
            about.client_id,
            about.environment
        );
        Err(Error::new(ErrorKind::InvalidInput, message))
    }

    /// Hands on each row with what became of it, in order, until told to stop.
    ///
    /// # Errors
    ///
    /// Those of the ledger, and what `each` returns.
    pub fn rows(
        &self,
        each: impl FnMut(Row) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        self.ledger.each_from(1, each)
    }

    /// Writes a report as CSV: a line for each row with its outcome, its transaction
    /// id and the `X-Request-Id` that it left with.
    ///
    /// # Errors
    ///
    /// Those of the ledger, and [`ErrorKind::Unavailable`] where `out` takes no more.
    pub fn report(&self, out: impl Write) -> Result<(), Error> {
        let mut report = Report::begin(out)?;
        self.rows(|row| report.line(&row).map(|()| ControlFlow::Continue(())))?;
        report.end()
    }

    /// Takes a person's word for what became of a row that is unknown. One that
    /// failed may be called not sent, too: then it is sent again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a row that is not there or whose fate is
    /// known, and those of the ledger.
    pub fn resolve(&mut self, row: u64, resolution: Resolution) -> Result<(), Error> {
        self.resolve_all([(row, resolution)]).map(drop)
    }

    /// Takes a person's word for many rows: for all of them, or for none. Returns how
    /// many it changed: a row that is as it is said to be stays so.
    ///
    /// # Errors
    ///
    /// Those of [`resolve`](Self::resolve).
    pub fn resolve_all(
        &mut self,
        said: impl IntoIterator<Item = (u64, Resolution)>,
    ) -> Result<u64, Error> {
        let said = said.into_iter().map(|(row, resolution)| Word {
            row,
            resolution,
            request_id: None,
        });
        self.take(said)
    }

    fn take(&mut self, said: impl IntoIterator<Item = Word>) -> Result<u64, Error> {
        let mut words = HashMap::new();
        let mut changes = Vec::new();
        for word in said {
            let number = word.row;
            let wrong = |what: &str| {
                let message = format!("row {number} {what}: nothing was changed");
                Error::new(ErrorKind::InvalidInput, message)
            };
            match words.insert(number, word.resolution) {
                Some(before) if before == word.resolution => continue,
                Some(_) => return Err(wrong("is said to be both credited and not sent")),
                None => {}
            }
            let row = self.ledger.row(number)?;
            let from = row.ok_or_else(|| wrong("is not in the ledger"))?.fate;
            let Some(to) = word.resolution.of(&from) else {
                let what = format!(
                    "is {}, and a person's word does not change that",
                    from.word()
                );
                return Err(wrong(&what));
            };
            if to == from {
                continue;
            }
            let left_as = from.request_id();
            if word
                .request_id
                .as_deref()
                .is_some_and(|id| left_as != Some(id))
            {
                return Err(wrong("has left again since this was written"));
            }
            changes.push(Change {
                row: number,
                from,
                to,
            });
        }
        self.ledger.change(&changes)?;
        self.totals = self.ledger.totals()?;
        Ok(changes.len() as u64)
    }

    /// Takes a person's word by file: a [report](Self::report) in which `unknown` was
    /// replaced by `credited` or `not_sent`, or any CSV with the columns `row` and
    /// `outcome`. Where it has a `request_id`, that must be the one that the row left
    /// with last: a word on an earlier attempt says nothing of a later one. Returns how
    /// many rows it changed.
    ///
    /// # Errors
    ///
    /// Those of [`resolve_all`](Self::resolve_all), and [`ErrorKind::InvalidInput`]
    /// for a file without these columns.
    pub fn resolve_by_file(&mut self, file: impl Read) -> Result<u64, Error> {
        self.take(report::words(file)?)
    }
}

impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("ledger", &self.ledger.path())
            .field("totals", &self.totals)
            .finish_non_exhaustive()
    }
}

/// Disk work, off the threads that drive the program.
async fn on_disk<T: Send + 'static>(
    ledger: &Arc<Ledger>,
    work: impl FnOnce(&Ledger) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let working = Arc::clone(ledger);
    let done = tokio::task::spawn_blocking(move || work(&working)).await;
    done.unwrap_or_else(|error| match error.is_panic() {
        // At some damage the store panics.
        true => Err(ledger.contradicts_itself()),
        false => {
            let why = "work on the ledger was interrupted because the program is shutting down";
            Err(Error::new(ErrorKind::Unavailable, why))
        }
    })
}
