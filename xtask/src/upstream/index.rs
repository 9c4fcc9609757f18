//! The index of all published pages (`llms.txt`): markdown that links to them.

use url::Url;

use crate::sources::Upstream;

/// A page that may hold what we look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) url: Url,
    /// The last part of the address, by which `upstream.toml` knows the page.
    pub(crate) file: String,
}

/// The links of an index that leave neither its host nor what a file may be called.
pub(crate) fn links(index: &Url, text: &str) -> Vec<Target> {
    let ends = text
        .match_indices("](")
        .map(|(at, mark)| &text[at + mark.len()..]);
    let links = ends.filter_map(|rest| rest.split([')', ' ', '\n']).next());
    let urls = links.filter_map(|link| index.join(link).ok());
    let near = urls.filter(|url| url.origin() == index.origin());
    near.filter_map(target).collect()
}

pub(crate) fn target(mut url: Url) -> Option<Target> {
    url.set_fragment(None);
    let name = url.path_segments()?.next_back()?.to_owned();
    let file = match name.strip_suffix(".md") {
        Some(_) => name,
        None => format!("{name}.md"),
    };
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    (!file.starts_with('.') && file.chars().all(is_plain)).then_some(Target { url, file })
}

/// The pages to read: those on record, under their recorded address and wherever the index has a
/// page of that name, and all pages beside these: there a new operation would appear.
pub(crate) fn wanted(upstream: &Upstream, links: &[Target]) -> Vec<Target> {
    let recorded = upstream.pages.iter();
    let recorded = recorded.filter_map(|page| {
        let url = Url::parse(page.url.as_ref()?).ok()?;
        let file = page.file.clone();
        Some(Target { url, file })
    });
    let mut wanted: Vec<Target> = recorded.collect();
    let is_on_record = |target: &Target| upstream.pages.iter().any(|page| page.file == target.file);
    let folder = |url: &Url| {
        url.path()
            .rsplit_once('/')
            .map(|(folder, _)| folder.to_owned())
    };
    let named = links.iter().filter(|link| is_on_record(link));
    let folders: Vec<_> = named.map(|link| folder(&link.url)).collect();
    for link in links {
        let is_beside = folders.contains(&folder(&link.url));
        if is_beside && !wanted.iter().any(|it| it.url == link.url) {
            wanted.push(link.clone());
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_and_stay_on_the_host_and_in_the_folder() {
        let index = Url::parse("https://a.test/docs/llms.txt").unwrap();
        let text = "# A\n- [One](https://a.test/api/one.md): 1\n- [Two](/api/two#x)\n\
                    [Three](../three.md \"3\") [Far](https://b.test/four.md) [Odd](/api/%2e%2e%2fx)";
        let links = links(&index, text);
        let found: Vec<_> = links
            .iter()
            .map(|it| (it.url.as_str(), it.file.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("https://a.test/api/one.md", "one.md"),
                ("https://a.test/api/two", "two.md"),
                ("https://a.test/three.md", "three.md"),
            ]
        );
    }
}
