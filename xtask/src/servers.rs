//! Server lists: which one an operation has, and what its URLs are.
//!
//! OpenAPI gives an operation the list of its own level, else its path's, else the document's.
//! progenitor knows none of them.

use serde_json::Value;
use url::Url;

use crate::corrected::Corrected;
use crate::finding::Finding;
use crate::pointer;

/// One server of a list, its variables at their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    /// The document's `description`, which tells the servers of a list apart.
    pub(crate) name: String,
    /// Absolute, without a slash at its end.
    pub(crate) url: String,
}

impl Server {
    /// The path of the URL, without a slash at its end.
    pub(crate) fn path(&self) -> String {
        Url::parse(&self.url)
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }
}

/// The servers of a list, in its order. What is wrong with them goes into `findings`.
pub(crate) fn read(document: &Corrected, here: &str, findings: &mut Vec<Finding>) -> Vec<Server> {
    let Some(list) = document.value.pointer(here) else {
        return Vec::new();
    };
    let Some(list) = list.as_array() else {
        findings.push(Finding::refusal(
            document.place(here),
            "`servers` is not a list",
            "list servers as `- url: …` with a `description`",
        ));
        return Vec::new();
    };
    let mut servers: Vec<Server> = Vec::new();
    for (index, server) in list.iter().enumerate() {
        let there = pointer::at(here, index);
        let name = description(document, server, &there, findings);
        let url = url(document, server, &there, findings);
        let (Some(name), Some(url)) = (name, url) else {
            continue;
        };
        if servers.iter().any(|other| other.name == name) {
            findings.push(Finding::refusal(
                document.place(&pointer::join(&there, "description")),
                format!("two servers of one list are described as `{name}`"),
                "give each server of a list a description of its own: it is the name by which a caller picks one",
            ));
            continue;
        }
        servers.push(Server { name, url });
    }
    servers
}

fn description(
    document: &Corrected,
    server: &Value,
    here: &str,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let description = server
        .get("description")
        .and_then(Value::as_str)
        .map(str::trim);
    match description {
        Some(description) if !description.is_empty() => Some(description.to_owned()),
        _ => {
            findings.push(Finding::refusal(
                document.place(here),
                "this server has no description",
                "describe it in a word, such as `Production`: it is the name by which a caller picks one",
            ));
            None
        }
    }
}

fn url(
    document: &Corrected,
    server: &Value,
    here: &str,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let there = pointer::join(here, "url");
    let Some(template) = server.get("url").and_then(Value::as_str) else {
        findings.push(Finding::refusal(
            document.place(here),
            "this server has no `url`",
            "give it an absolute URL",
        ));
        return None;
    };
    let written = fill_in(document, server, template, here, findings)?;
    let refuse = |what: String| {
        Finding::refusal(
            document.place(&there),
            what,
            "give an absolute URL such as https://api.example.com/v1; an overlay can do it",
        )
    };
    match Url::parse(&written) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
            findings.push(refuse(format!(
                "the server URL `{written}` is not http or https"
            )));
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            findings.push(refuse(format!("the server URL `{written}` has a query or a fragment, to which no path can be added")));
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            findings.push(refuse(
                "this server URL has a user name or a password in it".into(),
            ));
        }
        Ok(url) => return Some(url.as_str().trim_end_matches('/').to_owned()),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            findings.push(refuse(format!(
                "the server URL `{written}` is relative, and to what is not known here"
            )));
        }
        Err(error) => findings.push(refuse(format!(
            "the server URL `{written}` is no URL: {error}"
        ))),
    }
    None
}

/// The URL template with each `{variable}` at its default.
fn fill_in(
    document: &Corrected,
    server: &Value,
    template: &str,
    here: &str,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            findings.push(Finding::refusal(
                document.place(&pointer::join(here, "url")),
                format!("the server URL `{template}` has a `{{` without a `}}`"),
                "close the variable",
            ));
            return None;
        };
        filled.push_str(&variable(document, server, name, here, findings)?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

fn variable(
    document: &Corrected,
    server: &Value,
    name: &str,
    here: &str,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let there = pointer::join(&pointer::join(here, "variables"), name);
    let Some(variable) = server
        .get("variables")
        .and_then(|variables| variables.get(name))
    else {
        findings.push(Finding::refusal(
            document.place(&pointer::join(here, "url")),
            format!("the server variable `{name}` is not declared"),
            "declare it under the server's `variables`, with a default",
        ));
        return None;
    };
    let Some(default) = variable.get("default").and_then(Value::as_str) else {
        findings.push(Finding::refusal(
            document.place(&there),
            format!("the server variable `{name}` has no default, or one that is not a string"),
            "give it a default: it is the value that is used",
        ));
        return None;
    };
    if let Some(values) = variable.get("enum").and_then(Value::as_array)
        && !values.iter().any(|value| value.as_str() == Some(default))
    {
        findings.push(Finding::refusal(
            document.place(&pointer::join(&there, "default")),
            format!("the default of the server variable `{name}`, `{default}`, is not in its enum"),
            "make the default one of the enum's values",
        ));
        return None;
    }
    Some(default.to_owned())
}
