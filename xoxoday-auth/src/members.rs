//! The members of a JSON object, each kept as the text it is and read for
//! itself: an odd one costs no more than itself.
//!
//! Nothing is built that nobody asks for: a megabyte of `[{},{},…]` costs no
//! more than itself here. Of a member that is named twice the last counts.

mod walk;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use smallvec::SmallVec;
use xoxoday_api::number::Seconds;

/// The members of one object.
pub(crate) struct Members<'a> {
    /// As many as answers have, without an allocation.
    in_order: SmallVec<[(Cow<'a, str>, &'a str); 8]>,
}

impl<'a> Members<'a> {
    /// The members, if the text is one whole JSON object.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        // First, because a list would be read to its end before it is refused.
        let is_object = json.trim_start().starts_with('{');
        let is_json = || serde_json::from_str::<IgnoredAny>(json).is_ok();
        (is_object && is_json()).then(|| Self::of_sound(json))
    }

    /// The same of a text that is known to be an object.
    pub(crate) fn of_sound(json: &'a str) -> Self {
        let in_order = walk::members(json).collect();
        Self { in_order }
    }

    /// A member as it stands; `null` is as good as absent.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        let named = |(other, _): &&(Cow<'_, str>, _)| other == name;
        let (_, text) = self.in_order.iter().rev().find(named)?;
        (*text != "null").then_some(*text)
    }

    /// A member that is what is asked for.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// A member that is a string with something in it.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        text(self.raw(name)?)
    }

    /// A member that is an object.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        let object = self.raw(name).filter(|text| text.starts_with('{'));
        object.map(Self::of_sound)
    }

    /// The entries of a member that is a list, up to the [most](MOST_ENTRIES)
    /// that any answer has.
    pub(crate) fn list(&self, name: &str) -> Vec<&'a str> {
        let list = self.raw(name).filter(|text| text.starts_with('['));
        let list = list.and_then(|text| serde_json::from_str::<Entries<'_>>(text).ok());
        list.map(|entries| entries.0).unwrap_or_default()
    }

    /// A member that says yes or no, in any of the ways of this API.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        flag(self.raw(name)?)
    }

    /// `expires_in`, if it is a lifetime.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        self.read::<Seconds>("expires_in")?.lifetime().ok()
    }

    /// Whether an `error` is told: `true`, or words where a yes or no would
    /// stand. An empty one tells nothing.
    pub(crate) fn error(&self) -> Option<bool> {
        let error = self.raw("error")?;
        let empty = ['{', '}', '[', ']', '"', ' ', '\t', '\r', '\n'];
        let says_something = !error.trim_matches(empty).is_empty();
        flag(error).or(says_something.then_some(true))
    }

    /// Whether `success` and `error` call it done; nothing where neither is
    /// there or they contradict each other.
    pub(crate) fn succeeded(&self) -> Option<bool> {
        match (self.flag("success"), self.error()) {
            (Some(success), Some(error)) if success == error => None,
            (success, error) => success.or(error.map(|error| !error)),
        }
    }
}

/// More entries than this has no list: fifty times what one call may ask for.
pub(crate) const MOST_ENTRIES: usize = 25_000;

/// A JSON string with something in it. What is no Unicode in it costs no more
/// than itself.
pub(crate) fn text(json: &str) -> Option<String> {
    let Lossy(text) = serde_json::from_str(json).ok()?;
    (!text.trim().is_empty()).then(|| text.into_owned())
}

/// Bytes as text: a letter that is no Unicode costs no more than itself.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // Which is told much faster than what is wrong.
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// `true` and `false`, or a number, which is a no if it is zero; as itself or
/// as a string.
pub(crate) fn flag(json: &str) -> Option<bool> {
    let value = json.trim_matches('"').trim();
    match value {
        _ if value.eq_ignore_ascii_case("true") => Some(true),
        _ if value.eq_ignore_ascii_case("false") => Some(false),
        _ => {
            let number: f64 = value.parse().ok()?;
            number.is_finite().then_some(number != 0.0)
        }
    }
}

/// The entries of a list as they stand.
struct Entries<'a>(Vec<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Vec<&'de str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while entries.len() < MOST_ENTRIES {
                    match list.next_element::<&RawValue>()? {
                        Some(entry) => entries.push(entry.get()),
                        None => return Ok(entries),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(entries)
            }
        }

        deserializer.deserialize_seq(List).map(Self)
    }
}

/// A string with U+FFFD for every half of a surrogate pair in it.
struct Lossy<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Lossy<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E>(self, text: &'de [u8]) -> Result<Self::Value, E> {
                Ok(lossy(text))
            }

            fn visit_bytes<E>(self, text: &[u8]) -> Result<Self::Value, E> {
                Ok(lossy(text).into_owned().into())
            }
        }

        deserializer.deserialize_bytes(Text).map(Self)
    }
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
        assert_eq!(members.list("e"), [r#"{"f":2}"#, "3"]);
        assert_eq!(members.text("g"), None);
        assert!(members.object("a").is_none() && members.list("c").is_empty());
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

    #[test]
    fn half_a_surrogate_pair_costs_no_more_than_itself() {
        let members = Members::of(r#"{"\ud800":1,"a":"b\udc00","c":"😀"}"#).unwrap();
        assert_eq!(members.raw("c"), Some("\"😀\""));
        assert!(members.text("a").unwrap().starts_with('b'));
        assert_eq!(text("[97]"), None);
    }

    #[test]
    fn yes_and_no_are_read_in_every_spelling() {
        for yes in ["true", "\"True\"", "1", "\"1\"", "1.0", "-1"] {
            assert_eq!(flag(yes), Some(true), "{yes}");
        }
        for no in ["false", "\"FALSE\"", "0", "\"0\"", "0.0", "\" 0 \""] {
            assert_eq!(flag(no), Some(false), "{no}");
        }
        for neither in ["\"\"", "\"no\"", "{}", "[0]", "1e400", "\"NaN\"", "\"inf\""] {
            assert_eq!(flag(neither), None, "{neither}");
        }
    }

    #[test]
    fn success_and_error_are_read_together_and_a_contradiction_says_nothing() {
        let succeeded = |json: &str| Members::of(json).unwrap().succeeded();
        for done in [
            r#"{"error":false}"#,
            r#"{"success":1,"error":{}}"#,
            r#"{"error":"false","success":"true"}"#,
        ] {
            assert_eq!(succeeded(done), Some(true), "{done}");
        }
        for failed in [r#"{"error":"no points"}"#, r#"{"success":0,"error":""}"#] {
            assert_eq!(succeeded(failed), Some(false), "{failed}");
        }
        for silent in ["{}", r#"{"error":true,"success":true}"#, r#"{"error":""}"#] {
            assert_eq!(succeeded(silent), None, "{silent}");
        }
    }

    #[test]
    fn no_list_is_longer_than_an_answer_s() {
        let list = format!("{{\"a\":[{}0]}}", "0,".repeat(MOST_ENTRIES + 7));
        assert_eq!(Members::of(&list).unwrap().list("a").len(), MOST_ENTRIES);
    }
}
