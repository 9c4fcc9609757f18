//! The members of a JSON object, each kept as the text it is.
//!
//! Nothing is built that the answer's decoder would build again: a megabyte of
//! `[{},{},…]` costs no more than itself here. Of a member that is named twice
//! the last counts.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The members of one object.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Members<'a> {
    #[serde(borrow)]
    by_name: HashMap<String, &'a RawValue>,
}

impl<'a> Members<'a> {
    /// The members, if the text is one whole JSON object.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        // First, because a list would be read to its end before it is refused.
        json.trim_start()
            .starts_with('{')
            .then(|| serde_json::from_str(json).ok())
            .flatten()
    }

    /// A member as it stands; `null` is as good as absent.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        let text = self.by_name.get(name)?.get();
        (text != "null").then_some(text)
    }

    /// A member that is a string with something in it.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(self.raw(name)?)
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::of(self.raw(name)?)
    }

    /// The first entry of a member that is a list.
    pub(super) fn first(&self, name: &str) -> Option<&'a str> {
        let text = self.raw(name).filter(|text| text.starts_with('['))?;
        let list: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        list.first().map(|entry| entry.get())
    }
}

/// A JSON string with something in it.
pub(super) fn text(json: &str) -> Option<String> {
    serde_json::from_str(json)
        .ok()
        .filter(|text: &String| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_as_they_stand() {
        let members =
            Members::of(r#" {"a":"x","b":null,"c":{"d":1.50},"e":[{"f":2},3],"g":"","a":"y"} "#)
                .unwrap();
        assert_eq!(members.text("a").as_deref(), Some("y"));
        assert_eq!(members.raw("b"), None);
        assert_eq!(members.object("c").unwrap().raw("d"), Some("1.50"));
        assert_eq!(members.first("e"), Some(r#"{"f":2}"#));
        assert_eq!(members.text("g"), None);
        assert!(members.object("a").is_none() && members.first("c").is_none());
    }

    #[test]
    fn what_is_not_one_whole_object_has_no_members() {
        for text in [
            "",
            "[]",
            "\"{}\"",
            "{",
            "{}{}",
            "{'a':1}",
            "{\"a\":1}x",
            "null",
        ] {
            assert!(Members::of(text).is_none(), "{text}");
        }
    }
}
