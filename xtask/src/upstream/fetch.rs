//! Reads the pages over HTTP: few at a time, no more than once again, nothing from another host,
//! and nothing that is not what it says it is.

use std::io::Read as _;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::found::{Found, Kind};
use super::index::{Target, links, wanted};
use super::page::{Page, Reading};
use crate::document::Source;
use crate::finding::Place;
use crate::sources::Upstream;

/// Larger than any page, and small enough to hold all of them.
const LONGEST: u64 = 4 << 20;
/// More than any folder of one API's pages.
const MOST_PAGES: usize = 100;
const AT_ONCE: usize = 3;
const MOST_REDIRECTS: usize = 5;

const AGENT: &str = concat!(
    "xoxoday-xtask/",
    env!("CARGO_PKG_VERSION"),
    " (+",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

/// An index's address: HTTPS, or this machine's own.
///
/// # Errors
///
/// What is wrong with it.
pub fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_own = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_own => Ok(url),
        _ => Err("code is generated from these pages: only https is read".to_owned()),
    }
}

/// What a GET came to.
enum Answer {
    Read {
        url: Url,
        bytes: Vec<u8>,
    },
    Gone,
    /// Why not.
    Unreadable(String),
}

/// Reads the index and the pages that it lists; `progress` is told of each address.
pub fn fetch(
    index: &Url,
    upstream: &Upstream,
    timeout: Duration,
    progress: &(dyn Fn(&str) + Sync),
) -> Reading {
    let mut reading = Reading::default();
    let client = match client(timeout) {
        Ok(client) => client,
        Err(error) => {
            reading
                .found
                .push(unreadable(index, &reason(&error, timeout)));
            reading.unread = upstream
                .pages
                .iter()
                .map(|page| page.file.clone())
                .collect();
            return reading;
        }
    };
    let get = |url: &Url| {
        progress(url.as_str());
        get(&client, url, timeout)
    };
    let listed = match get(index) {
        Answer::Read { url, bytes } => links(&url, &String::from_utf8_lossy(&bytes)),
        answer => {
            let why = match answer {
                Answer::Unreadable(why) => why,
                _ => "the index is not there".to_owned(),
            };
            reading.found.push(unreadable(index, &why));
            let lost = upstream.pages.iter().filter(|page| page.url.is_none());
            reading.unread = lost.map(|page| page.file.clone()).collect();
            Vec::new()
        }
    };
    let mut targets = wanted(upstream, &listed);
    if targets.len() > MOST_PAGES {
        let why = format!("it lists {} pages, more than {MOST_PAGES}", targets.len());
        reading.found.push(unreadable(index, &why));
        targets.truncate(MOST_PAGES);
    }
    for (target, answer) in targets.iter().zip(all(&targets, &get)) {
        let file = target.file.clone();
        match answer {
            Answer::Read { url, bytes } => {
                let name = url.to_string();
                // Two addresses may lead to one page.
                if reading.pages.iter().any(|page| page.source.name == name) {
                    continue;
                }
                reading.pages.push(Page {
                    file,
                    url: Some(name.clone()),
                    source: Source { name, bytes },
                });
            }
            Answer::Gone => reading.gone.push((file, target.url.to_string())),
            Answer::Unreadable(why) => {
                reading.found.push(unreadable(&target.url, &why));
                reading.unread.push(file);
            }
        }
    }
    reading
}

fn unreadable(url: &Url, why: &str) -> Found {
    let remedy = "try again later; if it stays so, read the page with a browser";
    Kind::PageUnreadable.at(Place::file(url.as_str()), why, remedy)
}

/// All answers in the order of the targets.
fn all(targets: &[Target], get: &(dyn Fn(&Url) -> Answer + Sync)) -> Vec<Answer> {
    let queue = Mutex::new(targets.iter().enumerate());
    let answers = Mutex::new(Vec::new());
    let next = || queue.lock().ok()?.next();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((index, target)) = next() {
                    let answer = get(&target.url);
                    if let Ok(mut answers) = answers.lock() {
                        answers.push((index, answer));
                    }
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_default();
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn client(timeout: Duration) -> reqwest::Result<Client> {
    let policy = Policy::custom(|attempt| {
        let from = attempt.previous().first().map(Url::origin);
        let is_near = from == Some(attempt.url().origin());
        match is_near && attempt.previous().len() <= MOST_REDIRECTS {
            true => attempt.follow(),
            false => attempt.stop(),
        }
    });
    Client::builder()
        .user_agent(AGENT)
        .timeout(timeout)
        .redirect(policy)
        .build()
}

/// Asks once, and once again if there was no answer or the server could not give one.
fn get(client: &Client, url: &Url, timeout: Duration) -> Answer {
    let once = || {
        let accept = "text/markdown, text/plain";
        let sent = client.get(url.clone()).header(ACCEPT, accept).send();
        match sent {
            Ok(response) if response.status().is_server_error() => {
                Err(format!("the server answers with {}", response.status()))
            }
            Ok(response) => read(response),
            Err(error) => Err(reason(&error, timeout)),
        }
    };
    once()
        .or_else(|_| once())
        .unwrap_or_else(Answer::Unreadable)
}

/// Fails with what may be otherwise the next time.
fn read(response: Response) -> Result<Answer, String> {
    let header = |name: HeaderName| {
        let value = response.headers().get(name);
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase())
    };
    let status = response.status();
    let why = if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return Ok(Answer::Gone);
    } else if status.is_redirection() {
        let to = header(LOCATION).unwrap_or_default();
        Some(format!("it redirects elsewhere or too often, to {to:?}"))
    } else if !status.is_success() {
        Some(format!("the server answers with {status}"))
    } else {
        encoding(header(CONTENT_ENCODING)).or_else(|| kind(header(CONTENT_TYPE)))
    };
    if let Some(why) = why {
        return Ok(Answer::Unreadable(why));
    }
    let url = response.url().clone();
    let mut bytes = Vec::new();
    let body = response.take(LONGEST + 1).read_to_end(&mut bytes);
    body.map_err(|error| format!("the answer breaks off: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        let why = format!("it is longer than {LONGEST} bytes");
        return Ok(Answer::Unreadable(why));
    }
    Ok(Answer::Read { url, bytes })
}

/// Nobody asked for a compressed answer.
fn encoding(header: Option<String>) -> Option<String> {
    let header = header.filter(|it| !it.is_empty() && it != "identity")?;
    Some(format!(
        "it says that it is encoded as {header:?}, which nobody asked for"
    ))
}

fn kind(header: Option<String>) -> Option<String> {
    let header = header?;
    if header.starts_with("text/html") {
        return Some("it is HTML, where markdown was asked for".to_owned());
    }
    let charset = header.split_once("charset=")?.1;
    let charset = charset.split(';').next()?.trim().trim_matches('"');
    (!matches!(charset, "utf-8" | "utf8" | "us-ascii"))
        .then(|| format!("it says that it is in {charset:?}, where pages are UTF-8"))
}

/// Why there was no answer, without the address.
fn reason(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        let timeout = humantime::format_duration(timeout);
        return format!("there was no answer within {timeout}");
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("there was no answer: {innermost}")
}
