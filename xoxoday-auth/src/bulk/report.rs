//! A report with a line for each row, and what a person says to it.

use std::io::{Read, Write};

use super::row::{Fate, Resolution, Row};
use crate::error::{Error, ErrorKind};

const HEADER: [&str; 9] = [
    "row",
    "to_email",
    "to_name",
    "amount",
    "citation",
    "outcome",
    "transaction_id",
    "request_id",
    "detail",
];

/// Writes a report, as CSV.
pub(super) struct Report<W: Write>(csv::Writer<W>);

impl<W: Write> Report<W> {
    pub(super) fn begin(out: W) -> Result<Self, Error> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(HEADER).map_err(unwritten)?;
        Ok(Self(writer))
    }

    pub(super) fn line(&mut self, row: &Row) -> Result<(), Error> {
        let (recipient, fate) = (&row.recipient, &row.fate);
        let transaction = fate.transaction().map(|id| id.to_string());
        let detail = match fate {
            Fate::Credited {
                points: Some(points),
                ..
            } => format!("the server says that it credited {points}"),
            Fate::Credited { by_hand: true, .. } => "a person said so".to_owned(),
            fate => fate.why().unwrap_or_default().to_owned(),
        };
        let line = [
            &row.number.to_string(),
            recipient.email().as_str(),
            recipient.full_name().unwrap_or_default(),
            &recipient.amount().to_string(),
            recipient.note().unwrap_or_default(),
            fate.word(),
            transaction.as_deref().unwrap_or_default(),
            fate.request_id().unwrap_or_default(),
            &detail,
        ];
        self.0.write_record(line).map_err(unwritten)
    }

    pub(super) fn end(mut self) -> Result<(), Error> {
        let flushed = self.0.flush();
        flushed.map_err(|error| unwritten(error.into()))
    }
}

fn unwritten(error: csv::Error) -> Error {
    let message = format!("the report cannot be written: {error}");
    Error::new(ErrorKind::Unavailable, message)
}

/// Reads what a person says of rows: CSV with the columns `row` and `outcome`, and
/// whatever else. What is neither `credited` nor `not_sent` says nothing.
pub(super) fn resolutions(input: impl Read) -> Result<Vec<(u64, Resolution)>, Error> {
    let wrong = |what: String| Error::new(ErrorKind::InvalidInput, what);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(input);
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?;
    let column = |name: &str| {
        let place = header.iter().position(|known| known == name);
        place.ok_or_else(|| wrong(format!("there is no column {name}: expected row,outcome")))
    };
    let (row, outcome) = (column("row")?, column("outcome")?);
    let mut said = Vec::new();
    for line in reader.records() {
        let line = line.map_err(|error| wrong(error.to_string()))?;
        let resolution = match line.get(outcome).unwrap_or_default() {
            "credited" => Resolution::Credited,
            "not_sent" => Resolution::NotSent,
            _ => continue,
        };
        let number = line.get(row).unwrap_or_default();
        let number = number.parse().map_err(|_| {
            let line = line.position().map_or(1, csv::Position::line);
            wrong(format!("line {line}: {number:?} is no number of a row"))
        })?;
        said.push((number, resolution));
    }
    Ok(said)
}
