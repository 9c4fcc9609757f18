//! Takes over what the pages say: the pages themselves, the document, and the records.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::check::Checked;
use super::page::{Page, Reading};
use super::records::Records;
use super::slice::Slice;
use crate::document::Source;
use crate::finding::{Error, Finding, Place};
use crate::sources;

/// What `openapi/` becomes; file names are relative to it.
#[derive(Debug, Default)]
pub struct Plan {
    /// Files in the order of writing. The records come last: until they are written, whoever
    /// compares is told that the rest is not what they say.
    writes: Vec<(String, Vec<u8>)>,
    removes: Vec<String>,
}

/// Plans what is to be written; with the pages' addresses, if those are worth keeping.
///
/// # Errors
///
/// A refusal where something on the pages must be settled by a person first.
pub fn plan(
    checked: &Checked,
    reading: &Reading,
    records: &Records,
    with_urls: bool,
) -> Result<Plan, Finding> {
    let stop = checked.found.iter().find(|it| it.kind.stops_pull());
    let Some(assembled) = checked.assembled.as_ref().filter(|_| stop.is_none()) else {
        let finding = stop.map(|it| it.finding.clone()).unwrap_or_else(|| {
            let place = Place::file(&records.upstream_source.name);
            Finding::refusal(place, "there is no document to pull", "")
        });
        return Err(finding);
    };
    let mut files: BTreeMap<&str, &Page> = BTreeMap::new();
    for slice in &checked.collected.slices {
        let mut pages = reading.pages.iter();
        let page = pages.find(|page| page.source.name == slice.name);
        let Some(page) = page else { continue };
        if let Some(other) = files.insert(&page.file, page)
            && other.source.name != page.source.name
        {
            return Err(Finding::refusal(
                Place::file(&page.source.name),
                format!(
                    "another page is called `{}` too: {}",
                    page.file, other.source.name
                ),
                "read the pages into a directory under other names, and pull from there",
            ));
        }
    }
    let before = records.upstream.pages.iter();
    let removes = before
        .filter(|page| !files.contains_key(page.file.as_str()))
        .map(|page| format!("pages/{}", page.file));
    let pages = files
        .values()
        .map(|page| (format!("pages/{}", page.file), page.source.bytes.clone()));
    let mut writes: Vec<_> = pages.collect();
    let document = records.upstream.document.file.clone();
    writes.push((document, assembled.source.bytes.clone()));
    let upstream = amended(checked, &files, records, &assembled.source, with_urls)?;
    writes.push(("upstream.toml".to_owned(), upstream.into_bytes()));
    Ok(Plan {
        removes: removes.collect(),
        writes,
    })
}

/// `upstream.toml`, comments and all, with what is so now.
fn amended(
    checked: &Checked,
    files: &BTreeMap<&str, &Page>,
    records: &Records,
    document: &Source,
    with_urls: bool,
) -> Result<String, Finding> {
    let name = &records.upstream_source.name;
    let broken = |what: &str| Finding::refusal(Place::file(name), what, "");
    let text = records.upstream_source.text()?;
    let mut toml: DocumentMut = text.parse().map_err(|_| broken("this is not TOML"))?;
    set(&mut toml["document"], "sha256", &document.digest());
    let tables = toml["page"].or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let tables = tables
        .as_array_of_tables_mut()
        .ok_or_else(|| broken("the pages are not written as [[page]]"))?;
    let slices = checked.collected.slices.iter();
    for (slice, record) in slices.zip(&checked.collected.recorded) {
        let Some(page) = files.get(slice.file.as_str()) else {
            continue;
        };
        match record {
            Some(index) => {
                if let Some(table) = tables.get_mut(*index) {
                    write_record(table, slice, page, with_urls);
                }
            }
            None => {
                let mut table = Table::new();
                write_record(&mut table, slice, page, with_urls);
                tables.push(table);
            }
        }
    }
    let text = toml.to_string();
    // What is written must be what is read next time.
    sources::Upstream::parse(&Source {
        name: name.clone(),
        bytes: text.clone().into_bytes(),
    })?;
    Ok(text)
}

fn write_record(table: &mut Table, slice: &Slice, page: &Page, with_urls: bool) {
    let digest = page.source.digest();
    let mut members = vec![("operation", &slice.operation), ("file", &page.file)];
    members.extend(
        page.url
            .as_ref()
            .filter(|_| with_urls)
            .map(|url| ("url", url)),
    );
    members.push(("sha256", &digest));
    for (key, text) in members {
        let item = table.entry(key).or_insert(Item::None);
        set_item(item, text);
    }
}

fn set(table: &mut Item, key: &str, text: &str) {
    set_item(&mut table[key], text);
}

/// What stays the same keeps its comment.
fn set_item(item: &mut Item, text: &str) {
    if item.as_str() != Some(text) {
        *item = value(text);
    }
}

impl Plan {
    /// Does it; returns what was written or removed. Each file is replaced at once or not at all,
    /// and one that is as it should be is left alone.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn carry_out(&self, openapi: &Path) -> Result<Vec<String>, Error> {
        let mut done = Vec::new();
        for (name, bytes) in &self.writes {
            let path = openapi.join(name);
            if fs::read(&path).is_ok_and(|there| there == *bytes) {
                continue;
            }
            replace(&path, bytes)?;
            done.push(name.clone());
        }
        for name in &self.removes {
            let path = openapi.join(name);
            if path.exists() {
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
                done.push(name.clone());
            }
        }
        Ok(done)
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(Error::io("write", &beside))?;
    fs::rename(&beside, path).map_err(Error::io("write", path))
}
