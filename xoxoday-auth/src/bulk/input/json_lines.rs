//! JSON lines: an object for each row.

use std::io::{self, BufRead, Read as _};

use serde::Deserialize;
use xoxoday_api::Amount;

use super::{BYTE_ORDER_MARK, InvalidRow, LONGEST_ROW, recipient};
use crate::points::Recipient;

pub(super) struct Rows<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    /// What was wrong can not be got over.
    over: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    to_email: String,
    to_name: Option<String>,
    amount: Amount,
    citation: Option<String>,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            number: 0,
            over: false,
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<Recipient, InvalidRow>> {
        while !self.over {
            let read = self.read();
            self.number += 1;
            match read {
                Ok(0) => return None,
                Err(error) => {
                    self.over = true;
                    return Some(Err(InvalidRow::at(self.number, error.to_string())));
                }
                Ok(_) if self.line.len() as u64 > LONGEST_ROW => {
                    self.over = true;
                    let message = "the line is too long: put each object in a line of its own";
                    return Some(Err(InvalidRow::at(self.number, message)));
                }
                Ok(_) if self.text().iter().all(u8::is_ascii_whitespace) => {}
                Ok(_) => return Some(self.row()),
            }
        }
        None
    }

    fn read(&mut self) -> io::Result<usize> {
        self.line.clear();
        let mut input = self.input.by_ref().take(LONGEST_ROW + 1);
        input.read_until(b'\n', &mut self.line)
    }

    fn text(&self) -> &[u8] {
        match self.number {
            1 => self
                .line
                .strip_prefix(BYTE_ORDER_MARK)
                .unwrap_or(&self.line),
            _ => &self.line,
        }
    }

    fn row(&self) -> Result<Recipient, InvalidRow> {
        let wrong = |message: String| InvalidRow::at(self.number, message);
        let line: Line = serde_json::from_slice(self.text()).map_err(|error| {
            let column = error.column();
            let text = error.to_string();
            // It knows of one line alone.
            let what = text.split(" at line ").next().unwrap_or_default();
            wrong(format!("{what} (column {column})"))
        })?;
        recipient(
            &line.to_email,
            line.amount,
            line.to_name.as_deref(),
            line.citation.as_deref(),
        )
        .map_err(|error| wrong(error.to_string()))
    }
}
