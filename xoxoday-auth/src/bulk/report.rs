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

/// A person's word for a row.
pub(super) struct Word {
    pub(super) row: u64,
    pub(super) resolution: Resolution,
    /// Of the attempt that it is about, where that is said.
    pub(super) request_id: Option<String>,
}

/// Reads what a person says of rows: CSV with the columns `row` and `outcome`,
/// perhaps `request_id`, and whatever else. The other words of a report say
/// nothing.
pub(super) fn words(input: impl Read) -> Result<Vec<Word>, Error> {
    let wrong = |what: String| Error::new(ErrorKind::InvalidInput, what);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(input);
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?;
    let place = |name: &str| header.iter().position(|known| known == name);
    let column = |name: &str| {
        let missing = || wrong(format!("there is no column {name}: expected row,outcome"));
        place(name).ok_or_else(missing)
    };
    let (row, outcome, request_id) = (column("row")?, column("outcome")?, place("request_id"));
    let mut said = Vec::new();
    for line in reader.records() {
        let line = line.map_err(|error| wrong(error.to_string()))?;
        let number = || line.position().map_or(1, csv::Position::line);
        let word = line.get(outcome).unwrap_or_default();
        let resolution = match word.to_ascii_lowercase().as_str() {
            "credited" => Resolution::Credited,
            "not_sent" => Resolution::NotSent,
            "" | "pending" | "failed" | "unknown" | "cancelled" => continue,
            _ => {
                let line = number();
                return Err(wrong(format!(
                    "line {line}: {word:?} is no outcome: expected credited or not_sent"
                )));
            }
        };
        let row = line.get(row).unwrap_or_default();
        let row = row
            .parse()
            .map_err(|_| wrong(format!("line {}: {row:?} is no number of a row", number())))?;
        let request_id = request_id.and_then(|place| line.get(place));
        said.push(Word {
            row,
            resolution,
            request_id: request_id.filter(|id| !id.is_empty()).map(str::to_owned),
        });
    }
    Ok(said)
}
