//! Writes generated files, or compares them with what is there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::finding::Error;
use crate::header;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was as it should be.
    Fresh,
    /// It was written.
    Wrote,
    /// It was generated once and is no longer.
    Removed,
    /// It is not generated, and was left alone.
    Left,
}

/// Writes the files that differ, and removes those that an earlier run generated and this one
/// does not. Nothing that was not generated is touched.
///
/// # Errors
///
/// [`Error::Io`].
pub fn write(
    dir: &Path,
    files: &BTreeMap<String, String>,
) -> Result<Vec<(PathBuf, Outcome)>, Error> {
    fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
    let mut outcomes = Vec::new();
    for (name, code) in files {
        let path = dir.join(name);
        let outcome = if read(&path)?.as_deref() == Some(code.as_bytes()) {
            Outcome::Fresh
        } else {
            fs::write(&path, code).map_err(Error::io("write", &path))?;
            Outcome::Wrote
        };
        outcomes.push((path, outcome));
    }
    for (path, bytes) in extra(dir, files)? {
        let outcome = if header::is_generated(&bytes) {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            Outcome::Removed
        } else {
            Outcome::Left
        };
        outcomes.push((path, outcome));
    }
    Ok(outcomes)
}

/// A unified diff for each file that is not what would be generated, missing or too many.
/// `shown` is how the directory is called in them.
///
/// # Errors
///
/// [`Error::Io`].
pub fn diffs(
    dir: &Path,
    shown: &str,
    files: &BTreeMap<String, String>,
) -> Result<Vec<String>, Error> {
    let mut diffs = Vec::new();
    for (name, code) in files {
        let shown = format!("{shown}/{name}");
        match read(&dir.join(name))? {
            None => diffs.push(diff("/dev/null", "", &shown, code)),
            Some(bytes) if bytes != code.as_bytes() => {
                diffs.push(diff(&shown, &String::from_utf8_lossy(&bytes), &shown, code));
            }
            Some(_) => {}
        }
    }
    for (path, bytes) in extra(dir, files)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        diffs.push(diff(
            &format!("{shown}/{name}"),
            &String::from_utf8_lossy(&bytes),
            "/dev/null",
            "",
        ));
    }
    Ok(diffs)
}

/// A unified diff for each generated file whose header is not this one.
///
/// # Errors
///
/// [`Error::Io`].
pub fn header_diffs(dir: &Path, shown: &str, header: &str) -> Result<Vec<String>, Error> {
    let mut diffs = Vec::new();
    for (path, bytes) in extra(dir, &BTreeMap::new())? {
        let text = String::from_utf8_lossy(&bytes);
        if header::is_generated(&bytes) && !text.starts_with(header) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let shown = format!("{shown}/{name}");
            let code = text.split_once("\n\n").map_or("", |(_, code)| code);
            diffs.push(diff(&shown, &text, &shown, &format!("{header}\n{code}")));
        }
    }
    Ok(diffs)
}

fn diff(from: &str, old: &str, to: &str, new: &str) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(from, to)
        .to_string()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// The Rust files in the directory that are not among the generated ones, in the order of their
/// names.
fn extra(
    dir: &Path,
    files: &BTreeMap<String, String>,
) -> Result<BTreeMap<PathBuf, Vec<u8>>, Error> {
    let mut extra = BTreeMap::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(extra),
        Err(error) => return Err(Error::io("read", dir)(error)),
    };
    for entry in entries {
        let path = entry.map_err(Error::io("read", dir))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        if is_rust && path.is_file() && !files.contains_key(&name) {
            let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
            extra.insert(path, bytes);
        }
    }
    Ok(extra)
}
