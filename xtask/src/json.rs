//! JSON, with the line of every node and no key twice in an object.

use serde_json::Value;

use crate::lines::{Lines, Within};
use crate::yaml::{DEEPEST, Fault, Parsed, twice};

pub(crate) fn parse(text: &str) -> Result<Parsed, Fault> {
    let value: Value = serde_json::from_str(text).map_err(|error| Fault {
        line: error.line(),
        what: format!("not JSON: {error}"),
        remedy: "",
    })?;
    let mut scan = Scan {
        text,
        offset: 0,
        line: 1,
    };
    let lines = scan.value(0)?;
    Ok(Parsed { value, lines })
}

/// Walks a text that is known to be JSON.
struct Scan<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
}

impl Scan<'_> {
    fn value(&mut self, depth: usize) -> Result<Lines, Fault> {
        let first = self.peek();
        let line = self.line;
        if depth > DEEPEST {
            return Err(Fault {
                line,
                what: format!("nested deeper than {DEEPEST} levels"),
                remedy: "",
            });
        }
        match first {
            Some(b'{') => return self.object(depth),
            Some(b'[') => return self.array(depth),
            Some(b'"') => {
                self.string();
            }
            _ => {
                while self.peek_raw().is_some_and(|b| !b",]} \t\r\n".contains(&b)) {
                    self.offset += 1;
                }
            }
        }
        Ok(Lines::at(line))
    }

    fn object(&mut self, depth: usize) -> Result<Lines, Fault> {
        let line = self.line;
        let mut members = Within::new();
        self.offset += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let line = self.line;
                    let key = self.string();
                    self.peek();
                    self.offset += 1; // the colon
                    let mut lines = self.value(depth + 1)?;
                    lines.line = line;
                    members.push((key.into(), lines));
                }
                Some(b',') => self.offset += 1,
                _ => break,
            }
        }
        self.offset += 1;
        let lines = Lines::around(line, members);
        match lines.repeated() {
            Some((key, both)) => Err(twice(key, "object", both)),
            None => Ok(lines),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Lines, Fault> {
        let line = self.line;
        let mut items = Within::new();
        self.offset += 1;
        loop {
            match self.peek() {
                Some(b',') => self.offset += 1,
                Some(b']') | None => {
                    self.offset += 1;
                    return Ok(Lines::around(line, items));
                }
                Some(_) => {
                    let index = items.len().to_string();
                    items.push((index.into(), self.value(depth + 1)?));
                }
            }
        }
    }

    fn string(&mut self) -> String {
        let start = self.offset;
        self.offset += 1;
        while let Some(byte) = self.peek_raw() {
            self.offset += 1;
            match byte {
                b'\\' => self.offset += 1,
                b'"' => break,
                _ => {}
            }
        }
        let raw = self.text.get(start..self.offset).unwrap_or_default();
        serde_json::from_str(raw).unwrap_or_default()
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.peek_raw() {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                other => return Some(other),
            }
            self.offset += 1;
        }
        None
    }

    fn peek_raw(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }
}
