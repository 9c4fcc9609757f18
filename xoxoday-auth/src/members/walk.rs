//! Walks through an object that is known to be JSON, and builds nothing.

use std::borrow::Cow;

use super::Lossy;

/// The members of an object, in order: their names, and their values as they stand.
/// Of what is no JSON it gives anything, but comes to an end.
pub(super) fn members<'a>(object: &'a str) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
    let mut rest = object.trim_start().strip_prefix('{').unwrap_or_default();
    std::iter::from_fn(move || {
        let name = next_value(&mut rest, ',')?;
        let value = next_value(&mut rest, ':')?;
        Some((unquoted(name), value))
    })
}

/// Takes the value behind a sign off the text; `None` at the end.
fn next_value<'a>(rest: &mut &'a str, sign: char) -> Option<&'a str> {
    let is_between = |c: char| c == sign || matches!(c, ' ' | '\n' | '\r' | '\t');
    let text = rest.trim_start_matches(is_between);
    let (value, behind) = text.split_at_checked(length(text.as_bytes()))?;
    *rest = behind;
    (!value.is_empty()).then_some(value)
}

/// How long the value is that a text begins with.
fn length(text: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = behind_string(text, at),
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            // Of the object around it.
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => (at, depth) = (at + 1, depth - 1),
            b',' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return at,
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// Where the text goes on behind a string.
fn behind_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    text.len()
}

fn unquoted(name: &str) -> Cow<'_, str> {
    let inside = name.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    match inside {
        Some(inside) if !inside.contains('\\') => inside.into(),
        _ => serde_json::from_str(name).map_or(Cow::Borrowed(name), |Lossy(name)| name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(object: &str) -> Vec<(String, &str)> {
        let owned = members(object).map(|(name, value)| (name.into_owned(), value));
        owned.collect()
    }

    #[test]
    fn members_stand_as_they_are_whatever_is_in_them() {
        let object = r#" { "a" : -1.5e3,"b":{"c":["}",{}],"d":"\\\""} ,
            "e\u0066\n":"x,y:z","":[] ,"a":null,"g":true}"#;
        let members = walked(object);
        let members: Vec<_> = members
            .iter()
            .map(|(name, value)| (&**name, *value))
            .collect();
        let expected = [
            ("a", "-1.5e3"),
            ("b", r#"{"c":["}",{}],"d":"\\\""}"#),
            ("ef\n", r#""x,y:z""#),
            ("", "[]"),
            ("a", "null"),
            ("g", "true"),
        ];
        assert_eq!(members, expected);
        assert_eq!(walked("{}"), []);
        assert_eq!(walked(" {\n} "), []);
    }

    #[test]
    fn what_is_no_json_comes_to_an_end() {
        for text in [
            "",
            "{",
            "{\"",
            "{\"a\":",
            "{\"a\\",
            "[1,2]",
            "{]]]",
            "{\"a\":{\"b\":[",
            "{,,::",
        ] {
            walked(text);
        }
    }
}
