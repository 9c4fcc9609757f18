//! Takes secrets out of text, however they are written in it: a server may
//! quote what it was sent, and its words end in errors.
//!
//! A secret is compared character by character with what the text *means*
//! there: itself, a JSON escape (`\/`, `\u003d`), a percent-encoded byte (`%3D`)
//! or an entity of HTML (`&#61;`), also where these are nested (`%255C`, `\\u`).

use std::collections::BTreeSet;
use std::ops::Range;

use smallvec::SmallVec;

/// A shorter secret is left alone: its letters stand in every answer by chance,
/// and without them the answer would say something else.
const SHORTEST: usize = 8;

/// What stands in a secret's place.
const GAP: &[u8] = "…".as_bytes();

/// How often an encoding is looked for inside itself.
const DEEPEST: usize = 6;

/// Secrets to take out of texts.
pub(crate) struct Secrets<'a> {
    secrets: SmallVec<[&'a [u8]; 8]>,
    /// The bytes that one may begin with: nearly always a byte tells that none does.
    begins: [bool; 256],
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets = secrets.into_iter().map(str::as_bytes);
        let mut each = SmallVec::<[&[u8]; 8]>::new();
        for secret in secrets.filter(|secret| secret.len() >= SHORTEST) {
            // The token that was sent is nearly always the newest.
            if !each.contains(&secret) {
                each.push(secret);
            }
        }
        let mut begins = [false; 256];
        let first = each.iter().map(|secret| secret[0]);
        for byte in first.chain(*b"\\%&") {
            begins[usize::from(byte)] = true;
        }
        Self {
            secrets: each,
            begins,
        }
    }

    /// A text without the secrets; `None` where none stands there.
    pub(crate) fn taken_out_of(&self, text: &[u8]) -> Option<Vec<u8>> {
        let begins = |byte: &u8| self.begins[usize::from(*byte)];
        let mut clean: Option<Vec<u8>> = None;
        let (mut kept, mut at) = (0, 0);
        while let Some(passed) = text[at..].iter().position(begins) {
            at += passed;
            // A secret that begins with another is taken out whole.
            let found = self.secrets.iter();
            let found = found.filter_map(|secret| quoted(text, at, secret));
            match found.max_by_key(|found| found.end) {
                Some(found) => {
                    let clean = clean.get_or_insert_default();
                    clean.extend_from_slice(&text[kept..found.start]);
                    clean.extend_from_slice(GAP);
                    (kept, at) = (found.end, found.end);
                }
                None => at += 1,
            }
        }
        let mut clean = clean?;
        clean.extend_from_slice(&text[kept..]);
        Some(clean)
    }
}

/// Where a secret is quoted from `start` on, if it is.
fn quoted(text: &[u8], start: usize, secret: &[u8]) -> Option<Range<usize>> {
    // Up to the first escape there is but one way to read it.
    let is_plain = |(one, other): &(&u8, &u8)| one == other && !matches!(one, b'\\' | b'%' | b'&');
    let plain = text[start..]
        .iter()
        .zip(secret)
        .take_while(is_plain)
        .count();
    match text.get(start + plain) {
        _ if plain == secret.len() => return Some(start..start + plain),
        Some(b'\\' | b'%' | b'&') => {}
        _ => return None,
    }
    // How far it can have been read: up to where in the text, and how much of
    // the secret. Each is followed once, so that no text takes long.
    let mut ways = BTreeSet::from([(start + plain, plain)]);
    while let Some((at, read)) = ways.pop_first() {
        let rest = &secret[read..];
        if rest.is_empty() {
            return Some(start..at);
        }
        if text.get(at) == rest.first() {
            ways.insert((at + 1, read + 1));
        }
        if let Some((length, meant)) = escaped(text.get(at..)?) {
            let mut buffer = [0; 4];
            let meant = meant.bytes(&mut buffer);
            if rest.starts_with(meant) {
                ways.insert((at + length, read + meant.len()));
            }
        }
    }
    None
}

/// What an escape means.
enum Meant {
    Byte(u8),
    Char(char),
}

impl Meant {
    fn bytes<'a>(&self, buffer: &'a mut [u8; 4]) -> &'a [u8] {
        match self {
            Self::Byte(byte) => {
                buffer[0] = *byte;
                &buffer[..1]
            }
            Self::Char(char) => char.encode_utf8(buffer).as_bytes(),
        }
    }
}

/// The escape that a text begins with: its length and its meaning.
fn escaped(text: &[u8]) -> Option<(usize, Meant)> {
    match text.first()? {
        b'\\' => by_backslash(text),
        b'%' => by_percent(text),
        b'&' => by_entity(text),
        _ => None,
    }
}

/// `\u003d`, `\x3d`, `\/`, each after any number of backslashes.
fn by_backslash(text: &[u8]) -> Option<(usize, Meant)> {
    let slashes = text.iter().take(DEEPEST).take_while(|b| **b == b'\\');
    let slashes = slashes.count();
    let unit = |at: usize| {
        let digits = text.get(at..at + 4)?;
        u16::try_from(number(digits, 16)?).ok()
    };
    match *text.get(slashes)? {
        b'u' => {
            let first = unit(slashes + 1)?;
            let end = slashes + 5;
            if let Some(char) = char::from_u32(first.into()) {
                return Some((end, Meant::Char(char)));
            }
            // The other half of a character beyond the first 65536.
            let more = text.get(end..)?.iter().take(DEEPEST);
            let more = more.take_while(|b| **b == b'\\').count();
            text.get(end + more).filter(|b| **b == b'u')?;
            let pair = [first, unit(end + more + 1)?];
            let char = char::decode_utf16(pair).next()?.ok()?;
            Some((end + more + 5, Meant::Char(char)))
        }
        b'x' => {
            let byte = number(text.get(slashes + 1..slashes + 3)?, 16)?;
            Some((slashes + 3, Meant::Byte(u8::try_from(byte).ok()?)))
        }
        itself => Some((slashes + 1, Meant::Byte(itself))),
    }
}

/// `%3D`, and `%253D` where that was encoded again.
fn by_percent(text: &[u8]) -> Option<(usize, Meant)> {
    let mut digits = &text[1..];
    for _ in 0..DEEPEST {
        digits = digits.strip_prefix(b"25").unwrap_or(digits);
    }
    let length = text.len() - digits.len() + 2;
    let byte = number(digits.get(..2)?, 16)?;
    Some((length, Meant::Byte(u8::try_from(byte).ok()?)))
}

/// `&#61;`, `&#x3d;` and the few that have names.
fn by_entity(text: &[u8]) -> Option<(usize, Meant)> {
    const LONGEST: usize = 10;

    let length = text.iter().take(LONGEST).position(|b| *b == b';')? + 1;
    let char = match &text[1..length - 1] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((length, Meant::Char(char)))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &[u8], secrets: &[&str]) -> Option<Vec<u8>> {
        Secrets::new(secrets.iter().copied()).taken_out_of(text)
    }

    const SECRET: &str = "ab/c+d=\"é😀z";

    fn hidden(text: &str) -> Option<String> {
        without(text.as_bytes(), &[SECRET]).map(|clean| String::from_utf8(clean).unwrap())
    }

    /// A secret in which each character is written in one way.
    fn written(write: impl Fn(char) -> String) -> String {
        SECRET.chars().map(write).collect()
    }

    fn utf16(c: char, write: impl Fn(u16) -> String) -> String {
        c.encode_utf16(&mut [0; 2])
            .iter()
            .map(|unit| write(*unit))
            .collect()
    }

    fn percent(c: char, sign: &str) -> String {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).bytes();
        bytes.map(|b| format!("{sign}{b:02x}")).collect()
    }

    #[test]
    fn a_secret_is_taken_out_in_whatever_way_it_is_written() {
        let ways = [
            written(|c| c.into()),
            written(|c| utf16(c, |unit| format!("\\u{unit:04x}"))),
            written(|c| utf16(c, |unit| format!("\\u{unit:04X}"))),
            written(|c| utf16(c, |unit| format!("\\\\\\u{unit:04X}"))),
            written(|c| format!("\\{c}")),
            written(|c| percent(c, "%")),
            written(|c| percent(c, "%").to_uppercase()),
            written(|c| percent(c, "%2525")),
            written(|c| format!("&#{};", u32::from(c))),
            written(|c| format!("&#x{:x};", u32::from(c))),
            written(|c| match c {
                '/' => "\\/".into(),
                '=' => "%3D".into(),
                '+' => "\\u002B".into(),
                '"' => "&quot;".into(),
                c => c.into(),
            }),
        ];
        for way in ways {
            assert_eq!(hidden(&format!("a{way}…{way}")).unwrap(), "a………", "{way}");
        }
    }

    #[test]
    fn what_only_resembles_a_secret_is_left_alone() {
        for text in [
            "",
            "ab/c+d=\"é😀",
            "ab/c+d=\\",
            "%",
            "%2",
            "\\",
            "\\u00",
            "&#",
            "&#x;",
            "&",
        ] {
            assert_eq!(hidden(text), None, "{text}");
        }
        for text in [
            "\\\\".repeat(99),
            "%25".repeat(99),
            "&&&&".repeat(99),
            "ab".repeat(99),
        ] {
            assert_eq!(hidden(&text), None, "{text}");
        }
    }

    #[test]
    fn an_escape_that_is_part_of_the_secret_itself_is_found() {
        for secret in [
            "100%25 sure",
            "a\\u0041bcdef",
            "x&amp;y-and-z",
            "\\\\\\\\\\\\\\\\",
        ] {
            let text = format!("no: {secret}!");
            let clean = without(text.as_bytes(), &[secret]).unwrap();
            assert_eq!(clean, "no: …!".as_bytes(), "{secret}");
        }
    }

    #[test]
    fn a_short_secret_does_not_corrupt_answers() {
        assert_eq!(without(b"1 point for 1234567", &["1", "", "1234567"]), None);
    }

    #[test]
    fn the_longer_of_two_secrets_that_begin_alike_is_taken_out_whole() {
        let clean = without(b"secret-1-and-more", &["secret-1", "secret-1-and-more"]);
        assert_eq!(clean.unwrap(), GAP);
    }
}
