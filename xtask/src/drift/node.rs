//! A node of a document, and where it is.

use serde_json::{Map, Value};

use crate::pointer;

/// A node of one of the two documents.
#[derive(Debug, Clone)]
pub(super) struct Node<'v> {
    pub(super) value: &'v Value,
    pub(super) pointer: String,
}

impl<'v> Node<'v> {
    pub(super) fn root(value: &'v Value) -> Self {
        Self {
            value,
            pointer: String::new(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Self> {
        Some(Self {
            value: self.value.get(key)?,
            pointer: pointer::join(&self.pointer, key),
        })
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&'v str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(key, value)| {
            let pointer = pointer::join(&self.pointer, key);
            (key.as_str(), Self { value, pointer })
        })
    }

    pub(super) fn items(&self) -> impl Iterator<Item = Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| {
            let pointer = pointer::at(&self.pointer, index);
            Self { value, pointer }
        })
    }

    /// The members of a member that is an object.
    pub(super) fn members_of(&self, key: &str) -> Vec<(&'v str, Self)> {
        self.get(key)
            .map_or_else(Vec::new, |it| it.members().collect())
    }

    /// The items of a member that is an array.
    pub(super) fn items_of(&self, key: &str) -> Vec<Self> {
        self.get(key)
            .map_or_else(Vec::new, |it| it.items().collect())
    }

    pub(super) fn text(&self, key: &str) -> Option<&'v str> {
        self.value.get(key)?.as_str()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool) == Some(true)
    }

    pub(super) fn object(&self) -> Option<&'v Map<String, Value>> {
        self.value.as_object()
    }
}

/// JSON in which equal values are the same text: keys in order, `1.0` as `1`.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(member, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Number(number) => {
            let plain = number.to_string();
            match plain.split_once('.') {
                Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => {
                    text.push_str(whole);
                }
                _ => text.push_str(&plain),
            }
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// A value for a line of text: short, and with its end cut off where it is not.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = canonical(value);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_are_the_same_text() {
        let text = r#"{"b":[1.0,"x"],"a":null}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(canonical(&value), r#"{"a":null,"b":[1,"x"]}"#);
        assert_ne!(canonical(&json!(1.5)), canonical(&json!(1)));
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let text = shown(&json!("ä".repeat(100)));
        assert!(text.ends_with('…') && text.chars().count() == 61, "{text}");
    }
}
