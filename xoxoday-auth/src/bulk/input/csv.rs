//! CSV, as spreadsheets write it.

use std::io::Read;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};

use super::metered::Metered;
use super::{InvalidRow, LONGEST_ROW, recipient};
use crate::points::Recipient;

const COLUMNS: &str = "to_email,to_name,amount,citation";

pub(super) struct Rows<R> {
    reader: Reader<Metered<R>>,
    record: StringRecord,
    columns: Option<Columns>,
    /// What was wrong can not be got over.
    over: bool,
}

/// Where each column stands.
struct Columns {
    email: usize,
    amount: usize,
    name: Option<usize>,
    citation: Option<usize>,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: R) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .trim(Trim::All)
            // How many there should be is told better here.
            .flexible(true)
            .from_reader(Metered::new(input, LONGEST_ROW));
        Self {
            reader,
            record: StringRecord::new(),
            columns: None,
            over: false,
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<Recipient, InvalidRow>> {
        if self.over {
            return None;
        }
        if self.columns.is_none() {
            match self.header() {
                Ok(columns) => self.columns = Some(columns),
                Err(wrong) => {
                    self.over = true;
                    return Some(Err(wrong));
                }
            }
        }
        match self.read() {
            Ok(true) => {
                let columns = self.columns.as_ref()?;
                Some(columns.row(&self.record))
            }
            Ok(false) => None,
            Err(wrong) => Some(Err(wrong)),
        }
    }

    fn header(&mut self) -> Result<Columns, InvalidRow> {
        if !self.read()? {
            let message = format!("no rows: expected the header {COLUMNS} and a line for each row");
            return Err(InvalidRow::new(None, message));
        }
        Columns::of(&self.record)
    }

    /// The next record that is not blank, if there is one.
    fn read(&mut self) -> Result<bool, InvalidRow> {
        loop {
            self.reader.get_mut().refill();
            match self.reader.read_record(&mut self.record) {
                Ok(false) => return Ok(false),
                // A spreadsheet writes a blank line as commas alone.
                Ok(true) if self.record.iter().all(str::is_empty) => {}
                Ok(true) => return Ok(true),
                Err(error) => return Err(self.wrong(&error)),
            }
        }
    }

    fn wrong(&mut self, error: &csv::Error) -> InvalidRow {
        let here = self.reader.position().line();
        match error.kind() {
            ErrorKind::Utf8 { pos, .. } => InvalidRow::at(
                pos.as_ref().map_or(here, csv::Position::line),
                "not UTF-8: save the file as \"CSV UTF-8\"",
            ),
            ErrorKind::Io(error) => {
                self.over = true;
                InvalidRow::at(here, error.to_string())
            }
            _ => {
                self.over = true;
                InvalidRow::at(here, error.to_string())
            }
        }
    }
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, InvalidRow> {
        let line = line_of(header);
        let mut places = [None; 4];
        for (place, name) in header.iter().enumerate() {
            let known = COLUMNS.split(',').position(|known| known == name);
            let Some(slot) = known.and_then(|known| places.get_mut(known)) else {
                return Err(InvalidRow::at(line, unknown(name)));
            };
            if slot.replace(place).is_some() {
                let message = format!("the column {name} is there twice: remove one");
                return Err(InvalidRow::at(line, message));
            }
        }
        let [email, name, amount, citation] = places;
        let needed = |place: Option<usize>, name: &str| {
            place.ok_or_else(|| {
                let message = format!("there is no column {name}: the header is {COLUMNS}");
                InvalidRow::at(line, message)
            })
        };
        Ok(Self {
            email: needed(email, "to_email")?,
            amount: needed(amount, "amount")?,
            name,
            citation,
        })
    }

    fn count(&self) -> usize {
        2 + usize::from(self.name.is_some()) + usize::from(self.citation.is_some())
    }

    fn row(&self, record: &StringRecord) -> Result<Recipient, InvalidRow> {
        let line = line_of(record);
        if record.len() != self.count() {
            let message = format!(
                "{} fields, but the header has {}: a field with a comma in it stands in \"quotes\"",
                record.len(),
                self.count()
            );
            return Err(InvalidRow::at(line, message));
        }
        let field = |place: usize| record.get(place).unwrap_or_default();
        recipient(
            field(self.email),
            field(self.amount),
            self.name.map(field),
            self.citation.map(field),
        )
        .map_err(|error| InvalidRow::at(line, error.to_string()))
    }
}

fn unknown(name: &str) -> String {
    match name.contains([';', '\t']) {
        true => format!("the columns are not separated by commas: expected {COLUMNS}"),
        false => format!("unknown column {name:?}: the header is {COLUMNS}"),
    }
}

fn line_of(record: &StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}
