//! Finds secrets in text, however they are written.
//!
//! A secret is looked for piece by piece, so that a part of it is found too,
//! and each piece in all the ways in which programs write bytes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Ways to write bytes, by name. The base64 of a text depends on where in the
/// encoded whole it begins: at the first, second or third byte of a triple.
pub const FORMS: [&str; 13] = [
    "plain",
    "base64 at 0",
    "base64 at 1",
    "base64 at 2",
    "base64url at 0",
    "base64url at 1",
    "base64url at 2",
    "percent-encoded",
    "percent-encoded in lower case",
    "hex",
    "hex in capitals",
    "list of bytes",
    "JSON escapes",
];

/// How many bytes of a secret make a piece.
const PIECE: usize = 12;

/// What is looked for.
pub struct Search {
    secrets: usize,
    /// Form and text.
    needles: Vec<(usize, Vec<u8>)>,
    /// By the first eight bytes.
    by_start: HashMap<u64, Vec<usize>>,
    /// Whether some needle's start falls here: spares the map most look-ups.
    starts: Vec<bool>,
}

/// Where a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// In which form.
    pub form: &'static str,
    /// From which byte on.
    pub at: usize,
}

impl Search {
    /// A search for secrets of at least eight bytes.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets: BTreeSet<_> = secrets.into_iter().collect();
        let mut pieces = BTreeSet::new();
        for secret in &secrets {
            let secret = secret.as_bytes();
            assert!(secret.len() >= 8, "too short to be told from other text");
            pieces.extend(secret.chunks_exact(PIECE));
            pieces.insert(&secret[secret.len().saturating_sub(PIECE)..]);
        }
        let mut search = Self {
            secrets: secrets.len(),
            needles: Vec::new(),
            by_start: HashMap::new(),
            starts: vec![false; 1 << 16],
        };
        let mut known = HashSet::new();
        for piece in pieces {
            for form in 0..FORMS.len() {
                let needle = written(form, piece);
                if known.insert(needle.clone()) {
                    search.add(form, needle);
                }
            }
        }
        search
    }

    fn add(&mut self, form: usize, needle: Vec<u8>) {
        let start = needle[..8].iter().fold(0, shifted);
        self.starts[slot(start)] = true;
        self.by_start
            .entry(start)
            .or_default()
            .push(self.needles.len());
        self.needles.push((form, needle));
    }

    /// How many secrets are looked for.
    pub fn secrets(&self) -> usize {
        self.secrets
    }

    /// How many texts are looked for: all pieces in all forms.
    pub fn needles(&self) -> usize {
        self.needles.len()
    }

    /// Every place at which a piece of a secret stands.
    pub fn find(&self, text: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        let mut last_eight = 0;
        for (end, byte) in text.iter().enumerate() {
            last_eight = shifted(last_eight, byte);
            if !self.starts[slot(last_eight)] || end < 7 {
                continue;
            }
            let at = end - 7;
            let candidates = self.by_start.get(&last_eight).into_iter().flatten();
            for (form, needle) in candidates.map(|index| &self.needles[*index]) {
                if text[at..].starts_with(needle) {
                    let form = FORMS[*form];
                    found.push(Found { form, at });
                }
            }
        }
        found
    }
}

fn shifted(bytes: u64, byte: &u8) -> u64 {
    (bytes << 8) | u64::from(*byte)
}

fn slot(start: u64) -> usize {
    // Fibonacci hashing: the upper bits depend on all eight bytes.
    (start.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize
}

/// The part of a written piece that does not depend on what stands around it.
fn written(form: usize, piece: &[u8]) -> Vec<u8> {
    match form {
        0 => piece.to_vec(),
        1..=3 => base64_part(&STANDARD, form - 1, piece),
        4..=6 => base64_part(&URL_SAFE, form - 4, piece),
        7 => percent_encoded(piece, |byte| format!("%{byte:02X}")),
        8 => percent_encoded(piece, |byte| format!("%{byte:02x}")),
        9 => joined(piece, "", |byte| format!("{byte:02x}")),
        10 => joined(piece, "", |byte| format!("{byte:02X}")),
        11 => joined(piece, ", ", |byte| byte.to_string()),
        _ => joined(piece, "", |byte| format!("\\u{byte:04x}")),
    }
}

fn base64_part(alphabet: &impl Engine, bytes_before: usize, piece: &[u8]) -> Vec<u8> {
    let whole = [&[0; 2][..bytes_before], piece].concat();
    let encoded = alphabet.encode(&whole);
    // A digit holds six bits: cut those that hold bits of a neighbour, or pad.
    let first = (bytes_before * 8).div_ceil(6);
    let last = whole.len() * 8 / 6;
    encoded.as_bytes()[first..last].to_vec()
}

fn percent_encoded(piece: &[u8], escape: impl Fn(u8) -> String) -> Vec<u8> {
    joined(piece, "", |byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => escape(byte),
    })
}

fn joined(piece: &[u8], separator: &str, write: impl Fn(u8) -> String) -> Vec<u8> {
    let mut text = String::new();
    for byte in piece {
        if !text.is_empty() {
            text.push_str(separator);
        }
        // Writing to a string cannot fail.
        let _ = text.write_str(&write(*byte));
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "x+y/8nfUe3qWzK0=rT5vB1nM+/==";

    fn forms_found(text: &str) -> BTreeSet<&'static str> {
        let search = Search::new([SECRET]);
        search
            .find(text.as_bytes())
            .iter()
            .map(|f| f.form)
            .collect()
    }

    #[test]
    fn a_secret_is_found_wherever_it_stands_in_an_encoded_whole() {
        for before in ["", "a", "bc", "def"] {
            for after in ["", "g", "hi"] {
                let whole = format!("{before}{SECRET}{after}");
                let at = before.len() % 3;
                let form = &*format!("base64 at {at}");
                assert!(forms_found(&STANDARD.encode(&whole)).contains(form));
                let found = forms_found(&URL_SAFE.encode(&whole));
                assert!(!found.is_empty(), "{before:?} {after:?}");
            }
        }
    }

    #[test]
    fn half_of_a_secret_is_found() {
        let (first, second) = SECRET.split_at(SECRET.len() / 2);
        assert!(forms_found(first).contains("plain"));
        assert!(forms_found(second).contains("plain"));
    }

    #[test]
    fn a_text_without_secrets_has_none() {
        let text = "no secret here, and none in AAECAwQFBgcICQoLDA0ODw== either";
        assert_eq!(Search::new([SECRET]).find(text.as_bytes()), []);
    }
}
