//! Rows as people have them: CSV as spreadsheets write it, or JSON lines.

mod csv;
mod json_lines;
mod metered;

use std::fmt;
use std::io::{self, BufRead};

use xoxoday_api::types;

use crate::error::Error;
use crate::points::Recipient;

/// Reads recipients, one after another: an input of any length takes the same
/// memory.
///
/// CSV begins with the header `to_email,to_name,amount,citation`, in any order;
/// `to_email` and `amount` must be there. A byte order mark, CRLF, quoted commas
/// and line breaks, and blank lines are understood. JSON lines are objects with
/// the same members, the amount as text or as a number. Both are UTF-8.
pub struct Input<R>(Format<R>);

enum Format<R> {
    Csv(Box<csv::Rows<R>>),
    JsonLines(json_lines::Rows<R>),
}

impl<R: BufRead> Input<R> {
    /// Reads CSV.
    pub fn csv(input: R) -> Self {
        Self(Format::Csv(Box::new(csv::Rows::new(input))))
    }

    /// Reads an object in each line.
    pub fn json_lines(input: R) -> Self {
        Self(Format::JsonLines(json_lines::Rows::new(input)))
    }

    /// Reads JSON lines where the first character is a brace, and CSV otherwise.
    ///
    /// # Errors
    ///
    /// Those of the input.
    pub fn of_either(mut input: R) -> io::Result<Self> {
        let begun = input.fill_buf()?;
        let begun = begun.strip_prefix(BYTE_ORDER_MARK).unwrap_or(begun);
        let first = begun.iter().find(|byte| !byte.is_ascii_whitespace());
        Ok(match first {
            Some(b'{') => Self::json_lines(input),
            _ => Self::csv(input),
        })
    }
}

impl<R: BufRead> Iterator for Input<R> {
    type Item = Result<Recipient, InvalidRow>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Format::Csv(rows) => rows.next(),
            Format::JsonLines(rows) => rows.next(),
        }
    }
}

impl<R> fmt::Debug for Input<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The most bytes in one row: what is longer is a quote that was never closed.
const LONGEST_ROW: u64 = 64 * 1024;

/// What is wrong with a row, and with which line of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRow {
    line: Option<u64>,
    message: String,
}

impl InvalidRow {
    /// Something that is wrong with a line, counted from 1 on, if there are
    /// lines: for inputs of your own.
    pub fn new(line: Option<u64>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { line, message }
    }

    fn at(line: u64, message: impl Into<String>) -> Self {
        Self::new(Some(line), message)
    }

    /// The line of the input, from 1 on; a row that takes several is named by its
    /// first.
    pub fn line(&self) -> Option<u64> {
        self.line
    }
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for InvalidRow {}

/// A recipient out of an input's own words. What is empty was not given.
fn recipient(
    email: &str,
    amount: impl TryInto<xoxoday_api::Amount, Error: std::error::Error + Send + Sync + 'static>,
    name: Option<&str>,
    citation: Option<&str>,
) -> Result<Recipient, Error> {
    let given = |text: Option<&str>| {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let mut recipient = Recipient::new(email, amount)?;
    if let Some(name) = given(name) {
        recipient = recipient.name(name);
    }
    if let Some(citation) = given(citation) {
        recipient = recipient.citation(citation);
    }
    Ok(recipient)
}

impl Recipient {
    /// As it was written down.
    pub(super) fn from_wire(wire: types::Recipient) -> Result<Self, Error> {
        let mut recipient = Self::new(&wire.to_email, wire.amount)?;
        if let Some(name) = wire.to_name {
            recipient = recipient.name(name);
        }
        if let Some(citation) = wire.citation {
            recipient = recipient.citation(citation);
        }
        Ok(recipient)
    }
}

#[cfg(test)]
mod tests;
