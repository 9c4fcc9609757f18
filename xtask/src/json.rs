//! JSON, with the line of every node and no key twice in an object.

use serde_json::Value;

use crate::pointer;
use crate::yaml::{DEEPEST, Fault, Lines, Parsed};

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
        lines: Lines::new(),
    };
    scan.value(String::new(), 0)?;
    Ok(Parsed {
        value,
        lines: scan.lines,
    })
}

/// Walks a text that is known to be JSON.
struct Scan<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    lines: Lines,
}

impl Scan<'_> {
    fn value(&mut self, here: String, depth: usize) -> Result<(), Fault> {
        let first = self.peek();
        if depth > DEEPEST {
            return Err(Fault {
                line: self.line,
                what: format!("nested deeper than {DEEPEST} levels"),
                remedy: "",
            });
        }
        self.lines.entry(here.clone()).or_insert(self.line);
        match first {
            Some(b'{') => self.object(&here, depth),
            Some(b'[') => self.array(&here, depth),
            Some(b'"') => {
                self.string();
                Ok(())
            }
            _ => {
                while self.peek_raw().is_some_and(|b| !b",]} \t\r\n".contains(&b)) {
                    self.offset += 1;
                }
                Ok(())
            }
        }
    }

    fn object(&mut self, here: &str, depth: usize) -> Result<(), Fault> {
        self.offset += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let line = self.line;
                    let key = self.string();
                    let there = pointer::join(here, &key);
                    if let Some(first) = self.lines.insert(there.clone(), line) {
                        return Err(Fault {
                            line,
                            what: format!(
                                "the key `{key}` stands twice in one object, first in line {first}"
                            ),
                            remedy: "remove one of the two",
                        });
                    }
                    self.peek();
                    self.offset += 1; // the colon
                    self.value(there, depth + 1)?;
                }
                Some(b',') => self.offset += 1,
                _ => {
                    self.offset += 1;
                    return Ok(());
                }
            }
        }
    }

    fn array(&mut self, here: &str, depth: usize) -> Result<(), Fault> {
        self.offset += 1;
        let mut index = 0;
        loop {
            match self.peek() {
                Some(b',') => self.offset += 1,
                Some(b']') | None => {
                    self.offset += 1;
                    return Ok(());
                }
                Some(_) => {
                    self.value(pointer::at(here, index), depth + 1)?;
                    index += 1;
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
