//! The durable ledger: which rows there are, and what became of each.
//!
//! One file, kept by redb: a transaction is in it whole or not at all, however
//! the process ends. Every commit is in two phases, so that a damaged one is an
//! error and never quietly the one before it. The file comes into being with all
//! its rows, under another name; under its own it is always complete, so that an
//! empty file is a damaged one and no fresh start.

mod about;
mod guard;
#[cfg(test)]
mod tests;
mod trouble;

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction,
};
use xoxoday_api::{Points, types};

pub(crate) use about::About;
#[cfg(feature = "cli")]
pub(crate) use guard::{fresh, sibling};

use super::input::InvalidRow;
use super::order::Order;
use super::row::{Fate, Row};
use super::totals::{Count, Totals};
use crate::error::Error;
use crate::points::Recipient;

/// One entry, in JSON: what the ledger says of itself.
const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("about");
/// Rows by their number, in the JSON that is sent. Written once.
const ROWS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rows");
/// What became of rows, in JSON. Those that are pending have no entry.
const FATES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("fates");

/// How much of the file is kept in memory, in bytes.
const CACHE: usize = 8 * 1024 * 1024;

/// What becomes of a row.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) row: u64,
    /// As it was last seen.
    pub(crate) from: Fate,
    pub(crate) to: Fate,
}

pub(crate) struct Ledger {
    // First: the store is closed before others may open it.
    database: Database,
    path: PathBuf,
    about: About,
    _lock: File,
}

type Stored<T> = Result<T, redb::Error>;

impl Ledger {
    /// Opens a ledger that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let lock = guard::lock(path)?;
        Self::open_locked(path, lock)
    }

    /// Opens a ledger of just these rows, or begins it if there is none.
    pub(crate) fn load(
        path: &Path,
        order: &Order,
        rows: impl IntoIterator<Item = Result<Recipient, InvalidRow>>,
    ) -> Result<Self, Error> {
        let lock = guard::lock(path)?;
        let is_there = path.try_exists();
        if !is_there.map_err(|error| trouble::of_io(path, &error))? {
            return Self::begin(path, order, rows, lock);
        }
        let ledger = Self::open_locked(path, lock)?;
        let surveyed = order.survey(rows, |_, _| Ok(()))?;
        ledger.about.check(path, &About::new(order, &surveyed))?;
        Ok(ledger)
    }

    fn open_locked(path: &Path, lock: File) -> Result<Self, Error> {
        let io = |error: std::io::Error| trouble::of_io(path, &error);
        // Whoever named it may have ended before its name was durable.
        guard::sync_directory(path).map_err(io)?;
        let mut file = File::open(path).map_err(io)?;
        if !guard::is_whole(&mut file).map_err(io)? {
            return Err(trouble::damaged(path, "it was cut short"));
        }
        drop(file);
        let database = catch_unwind(|| checked(path))
            .map_err(|_| trouble::contradictory(path))?
            .map_err(|error| trouble::of_store(path, &error))?;
        let about = read(&database, |transaction| {
            let about = transaction.open_table(ABOUT)?;
            Ok(about.get("about")?.map(|json| json.value().to_vec()))
        });
        let about = about.map_err(|error| trouble::of_store(path, &error))?;
        let about = about.ok_or_else(|| trouble::damaged(path, "it does not say whose it is"))?;
        let ledger = Self {
            database,
            path: path.to_owned(),
            about: About::read(path, &about)?,
            _lock: lock,
        };
        ledger.give_up_on_what_left()?;
        Ok(ledger)
    }

    fn begin(
        path: &Path,
        order: &Order,
        rows: impl IntoIterator<Item = Result<Recipient, InvalidRow>>,
        lock: File,
    ) -> Result<Self, Error> {
        let unfinished = guard::sibling(path, "new");
        let begun = Self::begin_at(&unfinished, order, rows);
        let (database, about) = begun.inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
        let named = fs::rename(&unfinished, path).and_then(|()| guard::sync_directory(path));
        named.map_err(|error| trouble::of_io(path, &error))?;
        Ok(Self {
            database,
            path: path.to_owned(),
            about,
            _lock: lock,
        })
    }

    fn begin_at(
        path: &Path,
        order: &Order,
        rows: impl IntoIterator<Item = Result<Recipient, InvalidRow>>,
    ) -> Result<(Database, About), Error> {
        let failed = |error: redb::Error| trouble::of_store(path, &error);
        let file = guard::fresh(path).map_err(|error| trouble::of_io(path, &error))?;
        let database = redb::Builder::new()
            .set_cache_size(CACHE)
            .create_file(file)
            .map_err(|error| failed(error.into()))?;
        let transaction = begin(&database).map_err(failed)?;
        let about = {
            let table = transaction.open_table(ROWS);
            let mut table = table.map_err(|error| failed(error.into()))?;
            let surveyed = order.survey(rows, |number, recipient| {
                let json = encoded(&recipient.to_wire());
                let inserted = table.insert(number, &*json);
                inserted.map(drop).map_err(|error| failed(error.into()))
            })?;
            About::new(order, &surveyed)
        };
        let ended = || -> Stored<()> {
            transaction
                .open_table(ABOUT)?
                .insert("about", &*encoded(&about))?;
            transaction.open_table(FATES)?;
            Ok(transaction.commit()?)
        };
        ended().map_err(failed)?;
        Ok((database, about))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    /// What was leaving when its process ended is unknown.
    pub(crate) fn give_up_on_what_left(&self) -> Result<(), Error> {
        let mut leaving = Vec::new();
        self.each_fate(|row, from| {
            if let Fate::Leaving { request_id, .. } = &from {
                let to = Fate::Unknown {
                    why: Fate::CUT_OFF.to_owned(),
                    request_id: Some(request_id.clone()),
                };
                leaving.push(Change { row, from, to });
            }
            Ok(())
        })?;
        match leaving.is_empty() {
            true => Ok(()),
            false => self.change(&leaving),
        }
    }

    /// Counts all rows.
    pub(crate) fn totals(&self) -> Result<Totals, Error> {
        let mut totals = Totals::default();
        let rows = self.stored(read(&self.database, |transaction| {
            Ok(transaction.open_table(ROWS)?)
        }))?;
        self.each_fate(|number, fate| {
            let row = rows.get(number).map_err(|error| self.failed(error))?;
            let row = row.ok_or_else(|| self.damaged(number))?;
            let recipient = self.recipient(number, row.value())?;
            totals.add(&fate, recipient.amount())
        })?;
        let (all, others) = (self.about.count(), totals.all());
        totals.pending = Count {
            rows: all.rows.saturating_sub(others.rows),
            points: Points::new(all.points.get() - others.points.get()),
        };
        Ok(totals)
    }

    /// Up to so many pending rows behind a row. A recipient who is there twice
    /// ends them: an answer could not be told apart.
    pub(crate) fn pending_after(
        &self,
        row: u64,
        most: usize,
    ) -> Result<Vec<(u64, Recipient)>, Error> {
        let mut pending: Vec<(u64, Recipient)> = Vec::new();
        self.each_from(row.saturating_add(1), |row| {
            if row.fate != Fate::Pending {
                return Ok(ControlFlow::Continue(()));
            }
            let address = row.recipient.email().as_str();
            let twice = |other: &Recipient| other.email().as_str().eq_ignore_ascii_case(address);
            if pending.iter().any(|(_, other)| twice(other)) {
                return Ok(ControlFlow::Break(()));
            }
            pending.push((row.number, row.recipient));
            Ok(match pending.len() < most {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        })?;
        Ok(pending)
    }

    /// One row.
    pub(crate) fn row(&self, number: u64) -> Result<Option<Row>, Error> {
        let mut found = None;
        self.each_from(number, |row| {
            found = Some(row).filter(|row| row.number == number);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Hands on the rows from one on, until told to stop.
    pub(crate) fn each_from(
        &self,
        row: u64,
        mut each: impl FnMut(Row) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let tables = self.stored(read(&self.database, |transaction| {
            let rows = transaction.open_table(ROWS)?;
            Ok((rows, transaction.open_table(FATES)?))
        }))?;
        let (rows, fates) = tables;
        let range = rows.range(row..).map_err(|error| self.failed(error))?;
        for entry in range {
            let (number, json) = entry.map_err(|error| self.failed(error))?;
            let number = number.value();
            let fate = fates.get(number).map_err(|error| self.failed(error))?;
            let fate = match fate {
                Some(fate) => self.fate(number, fate.value())?,
                None => Fate::Pending,
            };
            let recipient = self.recipient(number, json.value())?;
            let row = Row {
                number,
                recipient,
                fate,
            };
            if each(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn each_fate(&self, mut each: impl FnMut(u64, Fate) -> Result<(), Error>) -> Result<(), Error> {
        let fates = self.stored(read(&self.database, |transaction| {
            Ok(transaction.open_table(FATES)?)
        }))?;
        for entry in fates.iter().map_err(|error| self.failed(error))? {
            let (number, fate) = entry.map_err(|error| self.failed(error))?;
            let number = number.value();
            each(number, self.fate(number, fate.value())?)?;
        }
        Ok(())
    }

    /// Writes down what becomes of rows: of all or, where one is not as it was
    /// last seen, of none. Work that was begun before and not waited for may have
    /// been faster.
    pub(crate) fn change(&self, changes: &[Change]) -> Result<(), Error> {
        let transaction = self.stored(begin(&self.database))?;
        {
            let table = transaction.open_table(FATES);
            let mut table = self.stored(table.map_err(redb::Error::from))?;
            for Change { row, from, to } in changes {
                let known = match table.get(row).map_err(|error| self.failed(error))? {
                    Some(json) => self.fate(*row, json.value())?,
                    None => Fate::Pending,
                };
                if known != *from {
                    return Err(trouble::changed(&self.path, *row));
                }
                let changed = match to {
                    Fate::Pending => table.remove(row).map(drop),
                    fate => table.insert(row, &*encoded(fate)).map(drop),
                };
                changed.map_err(|error| self.failed(error))?;
            }
        }
        self.stored(transaction.commit().map_err(redb::Error::from))
    }

    fn fate(&self, row: u64, json: &[u8]) -> Result<Fate, Error> {
        serde_json::from_slice(json).map_err(|_| self.damaged(row))
    }

    fn recipient(&self, row: u64, json: &[u8]) -> Result<Recipient, Error> {
        let wire: types::Recipient = serde_json::from_slice(json).map_err(|_| self.damaged(row))?;
        Recipient::from_wire(wire).map_err(|_| self.damaged(row))
    }

    pub(crate) fn contradicts_itself(&self) -> Error {
        trouble::contradictory(&self.path)
    }

    fn damaged(&self, row: u64) -> Error {
        trouble::damaged(&self.path, &format!("row {row} cannot be read"))
    }

    fn failed(&self, error: redb::StorageError) -> Error {
        trouble::of_store(&self.path, &error.into())
    }

    fn stored<T>(&self, done: Stored<T>) -> Result<T, Error> {
        done.map_err(|error| trouble::of_store(&self.path, &error))
    }
}

/// Opens a store and looks at all its pages. At some damage the store panics.
fn checked(path: &Path) -> Stored<Database> {
    let mut database = redb::Builder::new().set_cache_size(CACHE).open(path)?;
    // Whether it had to find out anew which pages are free does not matter.
    database.check_integrity()?;
    Ok(database)
}

fn begin(database: &Database) -> Stored<WriteTransaction> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

fn read<T>(
    database: &Database,
    work: impl FnOnce(&redb::ReadTransaction) -> Stored<T>,
) -> Stored<T> {
    work(&database.begin_read()?)
}

/// These types have no member that JSON could not hold.
fn encoded(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
