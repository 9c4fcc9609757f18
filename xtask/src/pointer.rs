//! JSON pointers (RFC 6901), and what `$ref` makes of them.

use std::borrow::Cow;
use std::fmt::Write;

/// `pointer` with one more step.
pub(crate) fn join(pointer: &str, step: impl AsRef<str>) -> String {
    let step = escape(step.as_ref());
    let mut longer = String::with_capacity(pointer.len() + step.len() + 1);
    longer.push_str(pointer);
    longer.push('/');
    longer.push_str(&step);
    longer
}

/// `pointer` with an array index added.
pub(crate) fn at(pointer: &str, index: usize) -> String {
    let mut longer = pointer.to_owned();
    let _ = write!(longer, "/{index}");
    longer
}

/// The pointer without its last step.
pub(crate) fn parent(pointer: &str) -> Option<&str> {
    pointer.rfind('/').map(|slash| &pointer[..slash])
}

fn escape(step: &str) -> Cow<'_, str> {
    match step.contains(['~', '/']) {
        true => step.replace('~', "~0").replace('/', "~1").into(),
        false => step.into(),
    }
}

/// What a step of a pointer stands for.
pub(crate) fn unescape(step: &str) -> Cow<'_, str> {
    match step.contains('~') {
        true => step.replace("~1", "/").replace("~0", "~").into(),
        false => step.into(),
    }
}

/// The pointer in a local `$ref` (`#/components/…`), percent-decoded; `None` for one that leaves
/// the document.
pub(crate) fn of_reference(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    Some(percent_decode(fragment))
}

pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) => {
                decoded.push(code);
                rest = &after[2..];
            }
            None => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_one_step() {
        assert_eq!(join("/paths", "/a/b~c"), "/paths/~1a~1b~0c");
        assert_eq!(at("/servers", 2), "/servers/2");
    }

    #[test]
    fn a_reference_is_decoded_and_a_remote_one_is_none() {
        assert_eq!(
            of_reference("#/paths/~1a%7Bid%7D").as_deref(),
            Some("/paths/~1a{id}")
        );
        assert_eq!(of_reference("#/a%zz").as_deref(), Some("/a%zz"));
        assert_eq!(of_reference("other.yaml#/a"), None);
    }
}
