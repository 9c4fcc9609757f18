use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::http::request::Parts;

/// Longest body that is read; what is beyond is refused.
const LONGEST_BODY: usize = 4 << 20;

/// A request that has arrived.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// Why the body is not whole, if it is not.
    pub(crate) broken: Option<&'static str>,
}

impl Request {
    pub(crate) async fn read(request: hyper::Request<Incoming>) -> Self {
        let (parts, mut incoming) = request.into_parts();
        let mut body = BytesMut::new();
        let mut broken = None;
        while let Some(frame) = incoming.frame().await {
            match frame.map(|frame| frame.into_data()) {
                Ok(Ok(data)) if body.len() + data.len() <= LONGEST_BODY => body.extend(data),
                Ok(Ok(_)) => {
                    broken = Some("the body is too large");
                    break;
                }
                Ok(Err(_trailers)) => {}
                Err(_) => {
                    broken = Some("the body is not complete");
                    break;
                }
            }
        }
        Self {
            headers: headers(&parts),
            method: parts.method.to_string(),
            target: parts
                .uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            body: body.freeze(),
            broken,
        }
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn is_json(&self) -> bool {
        let mut types = self.values("content-type");
        let media_type = types.next().and_then(|value| value.split(';').next());
        media_type
            .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
            && types.next().is_none()
    }

    /// The token of the `Authorization` header; `None` if it is no bearer.
    pub(crate) fn authorization(&self) -> Authorization<'_> {
        let mut values = self.values("authorization");
        let (value, more) = (values.next(), values.next());
        match (value, more) {
            (None, _) => Authorization::Absent,
            (Some(value), None) => match value.split_once(' ') {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    match token.trim() {
                        "" => Authorization::Malformed,
                        token => Authorization::Bearer(token),
                    }
                }
                _ => Authorization::Malformed,
            },
            (Some(_), Some(_)) => Authorization::Malformed,
        }
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authorization<'a> {
    Absent,
    Malformed,
    Bearer(&'a str),
}

fn headers(parts: &Parts) -> Vec<(String, String)> {
    parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}
