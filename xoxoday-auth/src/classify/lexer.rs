//! Splits what may be JSON into tokens, whatever it is.
//!
//! 1. It never fails and never recurses: any bytes give some tokens.
//! 2. Of JSON it gives the tokens of JSON. Of almost-JSON it gives what a
//!    reader would take it for: bare words and single quotes are texts, and
//!    what was cut ends where it ends.
//! 3. It holds no more than one short text at a time.

use std::borrow::Cow;

use crate::members::lossy;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`, or `[` for a list.
    Open {
        list: bool,
    },
    Close,
    Colon,
    Comma,
    /// A string, a number, or a bare word.
    Text {
        text: Cow<'a, str>,
        /// Whether the bytes end before the text does.
        cut: bool,
    },
}

/// The longest text that is given; of a longer one nothing is. What is sought
/// has 30 letters, and each may be written `\u0061`.
const LONGEST: usize = 256;

pub(super) struct Lexer<'a> {
    rest: &'a [u8],
}

impl<'a> Lexer<'a> {
    /// Starts at the first brace or bracket; what stands before it is no JSON.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let start = bytes.iter().position(|b| matches!(b, b'{' | b'['));
        Self {
            rest: &bytes[start.unwrap_or(bytes.len())..],
        }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// The text up to the quote that ends it.
    fn quoted(&mut self, quote: u8) -> Token<'a> {
        let mut escaped = false;
        let end = self.rest.iter().position(|&b| {
            let ends = b == quote && !escaped;
            escaped = b == b'\\' && !escaped;
            ends
        });
        let text = self.take(end.unwrap_or(self.rest.len()));
        self.take(1);
        Token::Text {
            text: unescaped(text),
            cut: end.is_none(),
        }
    }

    fn bare(&mut self) -> Token<'a> {
        let end = self.rest.iter().position(|&b| {
            b.is_ascii_whitespace() || matches!(b, b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"')
        });
        let text = self.take(end.unwrap_or(self.rest.len()));
        Token::Text {
            text: short(text).map_or(Cow::Borrowed(""), lossy),
            cut: end.is_none(),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.trim_ascii_start();
        let token = match *self.rest.first()? {
            b'{' => Token::Open { list: false },
            b'[' => Token::Open { list: true },
            b'}' | b']' => Token::Close,
            b':' => Token::Colon,
            b',' => Token::Comma,
            quote @ (b'"' | b'\'') => {
                self.take(1);
                return Some(self.quoted(quote));
            }
            _ => return Some(self.bare()),
        };
        self.take(1);
        Some(token)
    }
}

fn short(text: &[u8]) -> Option<&[u8]> {
    (text.len() <= LONGEST).then_some(text)
}

fn unescaped(text: &[u8]) -> Cow<'_, str> {
    let Some(text) = short(text) else {
        return Cow::Borrowed("");
    };
    let text = lossy(text);
    if !text.contains('\\') {
        return text;
    }
    serde_json::from_str(&format!("\"{text}\"")).map_or(text, Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens as one line: a text in `‹›`, or `‹…` where it is cut.
    fn tokens(bytes: impl AsRef<[u8]>) -> String {
        Lexer::new(bytes.as_ref())
            .map(|token| match token {
                Token::Open { list: false } => "{".into(),
                Token::Open { list: true } => "[".into(),
                Token::Close => ")".into(),
                Token::Colon => ":".into(),
                Token::Comma => ",".into(),
                Token::Text { text, cut: false } => format!("‹{text}›"),
                Token::Text { text, cut: true } => format!("‹{text}…"),
            })
            .collect()
    }

    #[test]
    fn json_gives_its_own_tokens() {
        let json = r#" {"a":["b\"c",-1.5e3,null],"\u0064":{}} "#;
        assert_eq!(tokens(json), r#"{‹a›:[‹b"c›,‹-1.5e3›,‹null›),‹d›:{))"#);
        assert_eq!(tokens(r#"{"a\\":"b"}"#), r"{‹a\›:‹b›)");
    }

    #[test]
    fn almost_json_gives_what_a_reader_takes_it_for() {
        for (text, expected) in [
            ("{a:'b'}", "{‹a›:‹b›)"),
            ("{ a : it's , b:c}", "{‹a›:‹it's›,‹b›:‹c›)"),
            ("\u{feff}{a:1}", "{‹a›:‹1›)"),
            ("callback({a:1});", "{‹a›:‹1›)‹);…"),
            (r#"{"a":"b"#, "{‹a›:‹b…"),
            (r#"{"a":12"#, "{‹a›:‹12…"),
            (r#"{"a":"b\"#, r"{‹a›:‹b\…"),
            ("no json", ""),
            ("", ""),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
        assert_eq!(tokens(b"{\"\xff\":\xfe}"), "{‹\u{fffd}›:‹\u{fffd}›)");
    }

    #[test]
    fn a_long_text_is_passed_over_and_what_follows_is_not() {
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(tokens(format!("{{'{long}':'b',c:d}}")), "{‹›:‹b›,‹c›:‹d›)");
    }
}
