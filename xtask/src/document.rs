//! A source file: its bytes, its value, and the line of every node.

use std::path::Path;

use hmac_sha256::Hash;
use serde_json::Value;

use crate::finding::{Error, Finding, Place};
use crate::lines::Lines;
use crate::yaml::{Fault, Parsed};
use crate::{json, yaml};

/// A file that was read, not yet looked at.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name to show to a person.
    pub name: String,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

impl Source {
    /// Reads a file, which is shown to people as `name`.
    pub fn read(path: &Path, name: impl Into<String>) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Ok(Self {
            name: name.into(),
            bytes,
        })
    }

    /// The last part of the name: what a header may show on any machine.
    pub fn file_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }

    /// SHA-256 of the bytes, in hexadecimal.
    pub fn digest(&self) -> String {
        Hash::hash(&self.bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The text, or the line where it stops being UTF-8.
    pub(crate) fn text(&self) -> Result<&str, Finding> {
        let text = std::str::from_utf8(&self.bytes).map_err(|error| {
            let good = &self.bytes[..error.valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            Finding::refusal(
                Place::line(&self.name, line),
                "the file is not UTF-8",
                "save it as UTF-8",
            )
        })?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}

/// A parsed source.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) value: Value,
    lines: Lines,
}

impl Document {
    /// Parses YAML or JSON whose top level is an object.
    pub(crate) fn parse(source: &Source) -> Result<Self, Finding> {
        let text = source.text()?;
        let Parsed { value, lines } = parse(&source.name, text).map_err(|fault| {
            Finding::refusal(
                Place::line(&source.name, fault.line),
                fault.what,
                fault.remedy,
            )
        })?;
        if !value.is_object() {
            return Err(Finding::refusal(
                Place::line(&source.name, 1),
                "the top level is not an object",
                "a document begins with `openapi:`, an overlay with `overlay:`",
            ));
        }
        Ok(Self {
            name: source.name.clone(),
            value,
            lines,
        })
    }

    /// The place of a node, or of its nearest ancestor that is in the file.
    pub(crate) fn place(&self, pointer: &str) -> Place {
        Place {
            file: self.name.clone(),
            line: Some(self.line(pointer)),
            pointer: Some(pointer.to_owned()),
        }
    }

    /// The line of a node, or of its nearest ancestor that is in the file.
    pub(crate) fn line(&self, pointer: &str) -> usize {
        self.lines.of(pointer)
    }
}

fn parse(name: &str, text: &str) -> Result<Parsed, Fault> {
    let is_json = name.ends_with(".json");
    if is_json || text.trim_start().starts_with('{') {
        let parsed = json::parse(text);
        // YAML's flow style begins with a brace too.
        if is_json || parsed.is_ok() {
            return parsed;
        }
    }
    yaml::parse(text)
}
