//! YAML 1.2 to JSON values, with the line of every node.
//!
//! Only what has a counterpart in JSON gets through: string keys (numbers are taken as they are
//! written, so that `200:` is `"200"`), the core schema's scalars, one document.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};

use crate::lines::{Lines, Within};

/// A value and where its parts are.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    pub(crate) lines: Lines,
}

/// Why a text is no document.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) remedy: &'static str,
}

/// Deeper than any document written by a person, and far from exhausting the stack.
pub(crate) const DEEPEST: usize = 100;

/// How many nodes aliases may add up to: a document of nested aliases doubles with every line.
const MOST_ALIASED_NODES: usize = 100_000;

pub(crate) fn parse(text: &str) -> Result<Parsed, Fault> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        aliased: 0,
    };
    loop {
        match reader.next()? {
            (Event::StreamEnd, span) => {
                return Err(fault(
                    span.start.line(),
                    "there is no document in this file",
                    "",
                ));
            }
            (Event::DocumentStart(_), _) => break,
            _ => {}
        }
    }
    let first = reader.next()?;
    let (value, lines) = reader.node(first, 0)?;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => break,
            (Event::DocumentStart(_), span) => {
                return Err(fault(
                    span.start.line(),
                    "a second YAML document begins here",
                    "keep one document in a file",
                ));
            }
            _ => {}
        }
    }
    Ok(Parsed { value, lines })
}

fn fault(line: usize, what: impl Into<String>, remedy: &'static str) -> Fault {
    Fault {
        line,
        what: what.into(),
        remedy,
    }
}

/// A key that stands twice, in an object or a mapping, with both lines.
pub(crate) fn twice(key: &str, what: &str, [first, second]: [usize; 2]) -> Fault {
    fault(
        second,
        format!("the key `{key}` stands twice in one {what}, first in line {first}"),
        "remove one of the two",
    )
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Value>,
    aliased: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(
        &mut self,
        (event, span): (Event<'t>, Span),
        depth: usize,
    ) -> Result<(Value, Lines), Fault> {
        let line = span.start.line();
        if depth > DEEPEST {
            return Err(fault(
                line,
                format!("nested deeper than {DEEPEST} levels"),
                "",
            ));
        }
        let mut lines = Lines::at(line);
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(&text, style, tag.as_deref(), line)?)
            }
            Event::SequenceStart(anchor, tag) => {
                no_tag(tag.as_deref(), "seq", line)?;
                let (value, items) = self.sequence(depth)?;
                lines = Lines::around(line, items);
                (anchor, value)
            }
            Event::MappingStart(anchor, tag) => {
                no_tag(tag.as_deref(), "map", line)?;
                let (value, members) = self.mapping(depth)?;
                lines = Lines::around(line, members);
                (anchor, value)
            }
            Event::Alias(id) => {
                let Some(value) = self.anchors.get(&id).cloned() else {
                    return Err(fault(
                        line,
                        "an alias stands inside its own anchor",
                        "write the node out",
                    ));
                };
                self.aliased += size(&value);
                if depth + depth_of(&value) > DEEPEST {
                    return Err(fault(
                        line,
                        format!("nested deeper than {DEEPEST} levels"),
                        "",
                    ));
                }
                if self.aliased > MOST_ALIASED_NODES {
                    return Err(fault(
                        line,
                        format!("the aliases add up to more than {MOST_ALIASED_NODES} nodes"),
                        "use `$ref` instead of YAML aliases",
                    ));
                }
                (0, value)
            }
            other => return Err(fault(line, format!("unexpected YAML event {other:?}"), "")),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok((value, lines))
    }

    fn sequence(&mut self, depth: usize) -> Result<(Value, Within), Fault> {
        let (mut items, mut within) = (Vec::new(), Within::new());
        loop {
            let event = self.next()?;
            if event.0 == Event::SequenceEnd {
                return Ok((Value::Array(items), within));
            }
            let (item, lines) = self.node(event, depth + 1)?;
            within.push((items.len().to_string().into(), lines));
            items.push(item);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<(Value, Within), Fault> {
        let (mut members, mut within) = (Map::new(), Within::new());
        let mut merged = None;
        loop {
            let (event, span) = self.next()?;
            let line = span.start.line();
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<" => {
                    if let Some((first, _)) = merged {
                        return Err(twice("<<", "mapping", [first, line]));
                    }
                    let event = self.next()?;
                    let (value, _) = self.node(event, depth + 1)?;
                    merged = Some((line, value));
                    continue;
                }
                Event::Scalar(text, style, _, tag) => key(&text, style, tag.as_deref(), line)?,
                _ => {
                    return Err(fault(
                        line,
                        "this key is not a string",
                        "write the key as plain text",
                    ));
                }
            };
            if members.contains_key(&key) {
                let first = within.iter().find(|(name, _)| **name == key);
                let first = first.map_or(line, |(_, lines)| lines.line);
                return Err(twice(&key, "mapping", [first, line]));
            }
            let event = self.next()?;
            let (value, mut lines) = self.node(event, depth + 1)?;
            lines.line = line;
            within.push((key.as_str().into(), lines));
            members.insert(key, value);
        }
        if let Some((line, value)) = merged {
            merge(&mut members, &mut within, value, line)?;
        }
        Ok((Value::Object(members), within))
    }
}

/// Adds what `<<` names and the mapping does not say itself. YAML 1.2 has dropped it; people
/// go on using it.
fn merge(
    members: &mut Map<String, Value>,
    within: &mut Within,
    value: Value,
    line: usize,
) -> Result<(), Fault> {
    let several = match value {
        Value::Array(several) => several,
        one => vec![one],
    };
    for one in several {
        let Value::Object(more) = one else {
            return Err(fault(
                line,
                "`<<` merges mappings, and this is none",
                "write the members out, or use `$ref`",
            ));
        };
        for (key, value) in more {
            if !members.contains_key(&key) {
                within.push((key.as_str().into(), Lines::at(line)));
                members.insert(key, value);
            }
        }
    }
    Ok(())
}

fn syntax(error: &ScanError) -> Fault {
    let what = format!("not YAML: {}", error.info());
    let remedy = if error.info().contains("tab") {
        "indent with spaces: YAML does not allow tabs there"
    } else {
        ""
    };
    fault(error.marker().line(), what, remedy)
}

fn key(text: &str, style: ScalarStyle, tag: Option<&Tag>, line: usize) -> Result<String, Fault> {
    if style != ScalarStyle::Plain || tag.is_some() {
        return Ok(text.to_owned());
    }
    match plain(text) {
        Some(Value::Null | Value::Bool(_)) => Err(fault(
            line,
            format!("the key `{text}` is not a string"),
            "put it in quotes",
        )),
        _ => Ok(text.to_owned()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, line: usize) -> Result<Value, Fault> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => {
            return Ok(Value::String(text.to_owned()));
        }
        Some(tag) if !tag.is_yaml_core_schema() => {
            return Err(fault(
                line,
                format!("the tag `{tag}` means nothing in JSON"),
                "remove the tag",
            ));
        }
        _ => {}
    }
    if style != ScalarStyle::Plain {
        return Ok(Value::String(text.to_owned()));
    }
    plain(text).ok_or_else(|| {
        fault(
            line,
            format!("the number {text} has no counterpart in JSON"),
            "put it in quotes, or give a finite number",
        )
    })
}

/// A plain scalar by the core schema; `None` for a number that JSON cannot hold.
fn plain(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_special_float(text) => return None,
        _ => match number(text) {
            Some(number) => Value::Number(number?),
            None => Value::String(text.to_owned()),
        },
    })
}

fn is_special_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// `None`: no number. `Some(None)`: a number that JSON cannot hold.
fn number(text: &str) -> Option<Option<Number>> {
    let radix = |digits: &str, radix| {
        (!digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
            .then(|| u64::from_str_radix(digits, radix).ok().map(Number::from))
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut digits = false;
    let mut point = false;
    for (index, character) in unsigned.char_indices() {
        match character {
            '0'..='9' => digits = true,
            '.' if !point => point = true,
            'e' | 'E' if digits => {
                let exponent = &unsigned[index + 1..];
                let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
                if exponent.is_empty() || !exponent.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                return Some(text.parse().ok().and_then(Number::from_f64));
            }
            _ => return None,
        }
    }
    if !digits {
        return None;
    }
    if !point {
        let text = text.strip_prefix('+').unwrap_or(text);
        if let Ok(integer) = text.parse::<i64>() {
            return Some(Some(integer.into()));
        }
        if let Ok(integer) = text.parse::<u64>() {
            return Some(Some(integer.into()));
        }
    }
    Some(text.parse().ok().and_then(Number::from_f64))
}

fn no_tag(tag: Option<&Tag>, expected: &str, line: usize) -> Result<(), Fault> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == expected) => Err(fault(
            line,
            format!("the tag `{tag}` means nothing in JSON"),
            "remove the tag",
        )),
        _ => Ok(()),
    }
}

fn depth_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth_of).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth_of).max().unwrap_or(0),
        _ => 0,
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}
