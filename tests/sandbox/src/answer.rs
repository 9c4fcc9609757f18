use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::switches::Numbers;

/// What goes back to the caller, before any trouble with it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        // Only a map with keys that are no strings could fail, and there is none.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self::text(status, "application/json; charset=utf-8", body)
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: Some(content_type),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The page that a gateway shows.
    pub(crate) fn html(status: u16) -> Self {
        let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
             <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n\
             </body>\r\n</html>\r\n";
        Self::text(status, "text/html", page)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A number in an answer, with its own digits: points are exact decimals and
/// never pass through a binary floating point.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Numeral {
    Bare(Box<RawValue>),
    Quoted(String),
}

impl Numbers {
    pub(crate) fn write(self, number: impl ToString) -> Numeral {
        let digits = number.to_string();
        match self {
            Self::AsStrings => Numeral::Quoted(digits),
            Self::AsNumbers => {
                RawValue::from_string(digits.clone()).map_or(Numeral::Quoted(digits), Numeral::Bare)
            }
        }
    }
}
