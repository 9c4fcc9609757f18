//! A published page: its words, and the fenced blocks between them.

use std::path::Path;

use super::found::Found;
use crate::document::Source;
use crate::finding::Error;

/// A page as it was read.
#[derive(Debug, Clone)]
pub struct Page {
    /// The last part of its name, by which `upstream.toml` knows it.
    pub file: String,
    /// Where it was read, if not from a directory.
    pub url: Option<String>,
    /// Its bytes.
    pub source: Source,
}

/// All pages that could be read, and what became of the others.
#[derive(Debug, Default)]
pub struct Reading {
    /// The pages.
    pub pages: Vec<Page>,
    /// The files of those that could not be read.
    pub unread: Vec<String>,
    /// The files and addresses of those that are no longer there.
    pub gone: Vec<(String, String)>,
    /// What there is to say about it.
    pub found: Vec<Found>,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Fence<'p> {
    /// The words after the opening fence.
    pub(crate) info: &'p str,
    /// The line of the opening fence.
    pub(crate) line: usize,
    /// What is inside.
    pub(crate) lines: Vec<&'p str>,
    /// Whether a closing fence was found.
    pub(crate) closed: bool,
}

/// What a page consists of.
#[derive(Debug, Default)]
pub(crate) struct Parts<'p> {
    /// The lines outside of all fences, with their numbers.
    pub(crate) prose: Vec<(usize, &'p str)>,
    pub(crate) fences: Vec<Fence<'p>>,
}

/// Reads all pages (`*.md`) of a directory, which is shown to people as `shown`, in the order of
/// their names.
///
/// # Errors
///
/// [`Error::Io`].
pub fn read_pages(dir: &Path, shown: &str) -> Result<Reading, Error> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io("read", dir))? {
        let path = entry.map_err(Error::io("read", dir))?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            pages.push(Page {
                source: Source::read(&path, format!("{shown}/{file}"))?,
                file: file.into_owned(),
                url: None,
            });
        }
    }
    pages.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(Reading {
        pages,
        ..Reading::default()
    })
}

/// Takes a page apart, by CommonMark's rules for fences.
pub(crate) fn parts(text: &str) -> Parts<'_> {
    let mut parts = Parts::default();
    let mut open: Option<(Fence<'_>, &str)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match (open.take(), fence(line)) {
            (Some((mut block, mark)), Some((this, ""))) if this.starts_with(mark) => {
                block.closed = true;
                parts.fences.push(block);
            }
            (Some((mut block, mark)), _) => {
                block.lines.push(line);
                open = Some((block, mark));
            }
            (None, Some((mark, info))) => {
                let block = Fence {
                    info,
                    line: number,
                    lines: Vec::new(),
                    closed: false,
                };
                open = Some((block, mark));
            }
            (None, None) => parts.prose.push((number, line)),
        }
    }
    parts.fences.extend(open.map(|(block, _)| block));
    parts
}

/// A fence's marks, and the words behind them.
fn fence(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start_matches(' ');
    let mark = rest.chars().next().filter(|it| matches!(it, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let marks = &rest[..rest.len() - info.len()];
    let is_fence = line.len() - rest.len() < 4 && marks.len() >= 3;
    (is_fence && !(mark == '`' && info.contains('`'))).then(|| (marks, info.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_at_a_fence_as_long_as_its_own() {
        let parts = parts("a\n````yaml x\n```\nb\n~~~~\n`````\nc\n~~~\nd");
        let fences = &parts.fences;
        assert_eq!(fences[0].info, "yaml x");
        assert_eq!((fences[0].line, fences[0].closed), (2, true));
        assert_eq!(fences[0].lines, ["```", "b", "~~~~"]);
        assert_eq!(fences[1].lines, ["d"]);
        assert!(!fences[1].closed);
        assert_eq!(parts.prose, [(1, "a"), (7, "c")]);
    }
}
