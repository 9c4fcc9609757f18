//! Virtual paths: suffixes that exist only because OpenAPI allows one operation per path and
//! method, and that the server never sees.
//!
//! Two things tell: `x-virtual-path: true` on the operation, which says that the whole path is
//! virtual, or a **Real URL** in its description that ends before the suffix does.

use serde_json::Value;

use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::pointer;
use crate::servers::Server;

/// The part of `path` that is sent.
pub(crate) fn wire_path(
    document: &Corrected,
    here: &str,
    path: &str,
    servers: &[Server],
    all: &[Server],
    findings: &mut Vec<Finding>,
) -> String {
    let operation = document.value.pointer(here);
    let marked = operation.and_then(|it| it.get("x-virtual-path"));
    let marked_place = || document.place(&pointer::join(here, "x-virtual-path"));
    let marked = match marked {
        None => None,
        Some(Value::Bool(marked)) => Some(*marked),
        Some(_) => {
            findings.push(Finding::refusal(
                marked_place(),
                "`x-virtual-path` is neither true nor false",
                "write `x-virtual-path: true` where the server never sees the path",
            ));
            return path.to_owned();
        }
    };
    let told = operation
        .and_then(|it| it.get("description"))
        .and_then(Value::as_str)
        .and_then(real_url)
        .map(|url| (wire_path_of(url, path, servers), url));
    match (marked, told) {
        (Some(true), Some((Some(wire), url))) if !wire.is_empty() => {
            findings.push(Finding::refusal(
                marked_place(),
                format!("`x-virtual-path` says that nothing of `{path}` is sent, and the description's Real URL, {url}, that `{wire}` is"),
                "correct one of the two with an overlay",
            ));
            String::new()
        }
        (Some(false), Some((Some(wire), url))) if wire != path => {
            findings.push(Finding::refusal(
                marked_place(),
                format!("`x-virtual-path: false` says that `{path}` is sent, and the description's Real URL, {url}, that it is not"),
                "correct one of the two with an overlay",
            ));
            path.to_owned()
        }
        (Some(true), _) => String::new(),
        (_, Some((Some(wire), _))) => wire,
        (None, Some((None, url))) => {
            let reason = if all.iter().any(|server| starts_with(url, &server.url)) {
                "does not lead along the operation's path on any of its servers"
            } else {
                "is on no server of the document"
            };
            findings.push(Finding::warning(
                document.place(&pointer::join(here, "description")),
                format!("the Real URL {url} {reason}; `{path}` is taken as it stands"),
                "if the path is virtual, say so with `x-virtual-path: true` in an overlay",
            ));
            path.to_owned()
        }
        (_, None) | (Some(false), Some((None, _))) => path.to_owned(),
    }
}

/// The URL after a description's **Real URL:**.
pub(crate) fn real_url(description: &str) -> Option<&str> {
    let (_, after) = description.split_once("**Real URL:**")?;
    let line = after.trim_start().lines().next()?;
    let start = line.find("https://").or_else(|| line.find("http://"))?;
    let url = &line[start..];
    let end = url
        .find(|c: char| c.is_whitespace() || "`'\"<>)],".contains(c))
        .unwrap_or(url.len());
    Some(url[..end].trim_end_matches(['.', '/']))
}

/// What of `path` the URL holds beyond one of the servers: all of it, or less of it, but only
/// whole segments.
fn wire_path_of(url: &str, path: &str, servers: &[Server]) -> Option<String> {
    servers.iter().find_map(|server| {
        let beyond = url.strip_prefix(&server.url)?;
        if beyond == path.trim_end_matches('/') {
            return Some(path.to_owned());
        }
        path.strip_prefix(beyond)?
            .starts_with('/')
            .then(|| beyond.to_owned())
    })
}

fn starts_with(url: &str, server: &str) -> bool {
    url.strip_prefix(server)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers() -> Vec<Server> {
        vec![Server {
            name: "One".into(),
            url: "https://one.test/v1".into(),
        }]
    }

    #[test]
    fn a_real_url_that_ends_early_tells_what_is_virtual() {
        let wire = |url| wire_path_of(url, "/jobs/run", &servers());
        assert_eq!(wire("https://one.test/v1").as_deref(), Some(""));
        assert_eq!(wire("https://one.test/v1/jobs").as_deref(), Some("/jobs"));
        assert_eq!(
            wire("https://one.test/v1/jobs/run").as_deref(),
            Some("/jobs/run")
        );
    }

    #[test]
    fn half_a_segment_and_another_server_tell_nothing() {
        let wire = |url| wire_path_of(url, "/jobs/run", &servers());
        assert_eq!(wire("https://one.test/v1/jo"), None);
        assert_eq!(wire("https://one.test/v"), None);
        assert_eq!(wire("https://two.test/v1"), None);
    }

    #[test]
    fn the_real_url_is_found_within_its_markup() {
        let description = "Read it.\n\n**Real URL:** `POST https://one.test/v1`. More.";
        assert_eq!(real_url(description), Some("https://one.test/v1"));
        assert_eq!(real_url("See https://one.test/v1"), None);
    }
}
