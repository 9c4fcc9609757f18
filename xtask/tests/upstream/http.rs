//! The pages over HTTP, and what a server can do to them.

use crate::pages::new_operation;
use crate::project::{Checked, Project};
use crate::pull::said;
use crate::server::{Reply, Server};

const MARKDOWN: &str = "200 OK\r\nContent-Type: text/markdown; charset=utf-8";
const PAGES: [&str; 6] = [
    "validate-token",
    "refresh-token",
    "create-user-token",
    "fetch-points",
    "send-points",
    "cancel-points",
];

struct Published {
    project: Project,
    server: Server,
}

impl Published {
    fn new() -> Self {
        let (project, server) = (Project::new(), Server::start());
        for name in PAGES {
            let page = project.read(&format!("published/{name}.md"));
            server.page(&format!("/api/{name}.md"), MARKDOWN, page);
        }
        let published = Self { project, server };
        published.index(&PAGES.map(|name| format!("/api/{name}.md")));
        published
    }

    fn index(&self, paths: &[String]) {
        let links: String = paths
            .iter()
            .map(|path| format!("- [A page]({path}): of the API\n"))
            .collect();
        self.server.page(
            "/llms.txt",
            MARKDOWN,
            format!("# Index\n\n{links}- [Guide](/guides/start.md)\n"),
        );
    }

    fn page(&self, name: &str, head: &str, body: impl Into<Vec<u8>>) {
        self.server.page(&format!("/api/{name}.md"), head, body);
    }

    fn text(&self, name: &str) -> String {
        self.project.read(&format!("published/{name}.md"))
    }

    fn url(&self) -> String {
        format!("{}/llms.txt", self.server.origin)
    }

    fn check(&self) -> Checked {
        self.check_within("20s")
    }

    fn check_within(&self, timeout: &str) -> Checked {
        self.project
            .check_at(&["--url", &self.url(), "--timeout", timeout])
    }

    fn asked_for(&self, name: &str) -> usize {
        let asked = self.server.asked();
        asked
            .iter()
            .filter(|it| it.contains(&format!("/{name}.md ")))
            .count()
    }
}

/// Whoever could not read a page says which and why, and compares the others.
#[track_caller]
fn unreadable(checked: &Checked, name: &str, why: &str) {
    let findings = checked.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with(&format!("page-unreadable {name}")),
        "{findings:?}"
    );
    assert!(checked.what().contains(why), "{}", checked.what());
    assert_eq!(checked.changes(), [""; 0]);
    assert_eq!(checked.code, 1);
}

#[test]
fn all_pages_are_read_once_by_a_client_that_says_who_it_is() {
    let published = Published::new();
    let checked = published.check();
    checked.is_clean();
    let asked = published.server.asked();
    assert_eq!(asked.len(), 7);
    for request in asked {
        let request = request.to_lowercase();
        assert!(request.contains("user-agent: xoxoday-xtask/"), "{request}");
        assert!(!request.contains("accept-encoding"), "{request}");
    }
    assert!(
        checked.said.contains("Reading http://127.0.0.1:"),
        "{}",
        checked.said
    );
}

#[test]
fn a_changed_page_is_found_at_its_address() {
    let published = Published::new();
    let changed = published.text("send-points").replace(
        "type: integer\n                        description: Transaction",
        "type: string\n                        description: Transaction",
    );
    published.page("send-points", MARKDOWN, changed);
    let checked = published.check();
    let old = "type: integer\n                        description: Transaction";
    let at = published.project.at("send-points.md", old);
    assert_eq!(checked.changes(), [format!("response-type-changed {at}")]);
    let file = checked.json["drift"]["changes"][0]["revision"]["file"]
        .as_str()
        .unwrap();
    assert_eq!(
        file,
        format!("{}/api/send-points.md", published.server.origin)
    );
    assert_eq!(checked.code, 4);
}

#[test]
fn a_page_that_is_gone_is_missing() {
    let published = Published::new();
    published.page("send-points", "404 Not Found", "");
    let checked = published.check();
    assert_eq!(checked.findings(), ["page-missing upstream.toml:34"]);
    assert!(
        checked.what().contains("nothing is at http"),
        "{}",
        checked.what()
    );
    assert_eq!(checked.code, 4);
    assert_eq!(published.asked_for("send-points"), 1);
}

#[test]
fn a_page_that_the_index_does_not_list_is_missing() {
    let published = Published::new();
    published.index(
        &PAGES[1..]
            .iter()
            .map(|name| format!("/api/{name}.md"))
            .collect::<Vec<_>>(),
    );
    let checked = published.check();
    assert_eq!(checked.findings(), ["page-missing upstream.toml:14"]);
}

#[test]
fn a_slow_page_is_waited_for_twice_and_not_for_ever() {
    let published = Published::new();
    published
        .server
        .route("/api/send-points.md", vec![Reply::Waits]);
    let checked = published.check_within("2s");
    unreadable(&checked, "send-points.md", "no answer within 2s");
    assert_eq!(published.asked_for("send-points"), 2);
}

#[test]
fn a_server_that_stumbles_is_asked_once_more() {
    let published = Published::new();
    let page = Reply::Says(MARKDOWN.to_owned(), published.text("send-points").into());
    let stumbles = Reply::Says("503 Service Unavailable".to_owned(), Vec::new());
    published
        .server
        .route("/api/send-points.md", vec![stumbles.clone(), page]);
    published.check().is_clean();
    published
        .server
        .route("/api/send-points.md", vec![stumbles]);
    unreadable(&published.check(), "send-points.md", "503");
}

#[test]
fn a_page_that_lies_about_its_encoding_is_not_believed() {
    let published = Published::new();
    let text = published.text("send-points");
    for (head, why) in [
        (
            "200 OK\r\nContent-Type: text/markdown; charset=\"ISO-8859-1\"",
            "in \"iso-8859-1\"",
        ),
        (
            "200 OK\r\nContent-Type: text/markdown\r\nContent-Encoding: gzip",
            "encoded as \"gzip\"",
        ),
        ("200 OK\r\nContent-Type: text/html; charset=utf-8", "HTML"),
        ("429 Too Many Requests", "429"),
    ] {
        published.page("send-points", head, text.clone());
        unreadable(&published.check(), "send-points.md", why);
    }
    // It says that it is UTF-8.
    let latin: Vec<u8> = text
        .chars()
        .map(|it| u8::try_from(u32::from(it)).unwrap_or(0xe4))
        .collect();
    published.page("send-points", MARKDOWN, latin);
    unreadable(&published.check(), "send-points.md:", "not UTF-8");
}

#[test]
fn an_endless_page_is_not_read_to_its_end() {
    let published = Published::new();
    published.page("send-points", MARKDOWN, vec![b' '; (4 << 20) + 1]);
    unreadable(&published.check(), "send-points.md", "longer than");
}

#[test]
fn an_answer_that_breaks_off_is_not_a_page() {
    let published = Published::new();
    let text = published.text("send-points").into_bytes();
    let breaks = Reply::Breaks(MARKDOWN.to_owned(), text);
    published.server.route("/api/send-points.md", vec![breaks]);
    unreadable(&published.check(), "send-points.md", "breaks off");
}

#[test]
fn redirects_are_followed_on_the_host_alone() {
    let published = Published::new();
    let elsewhere = Server::start();
    elsewhere.page("/send-points.md", MARKDOWN, published.text("send-points"));
    let head = format!("302 Found\r\nLocation: {}/send-points.md", elsewhere.origin);
    published.page("send-points", &head, "");
    unreadable(&published.check(), "send-points.md", "redirects elsewhere");
    assert_eq!(elsewhere.asked(), [""; 0]);

    published.page(
        "send-points",
        "302 Found\r\nLocation: /new/send-points.md",
        "",
    );
    published.server.page(
        "/new/send-points.md",
        MARKDOWN,
        published.text("send-points"),
    );
    published.check().is_clean();
}

#[test]
fn without_an_index_nothing_is_known() {
    let published = Published::new();
    published
        .server
        .page("/llms.txt", "500 Internal Server Error", "");
    unreadable(&published.check(), "llms.txt", "500");
}

#[test]
fn slices_that_disagree_are_named_with_their_addresses() {
    let published = Published::new();
    let changed = published
        .text("send-points")
        .replace("version: '1.2'", "version: '1.3'");
    published.page("send-points", MARKDOWN, changed);
    let checked = published.check();
    let at = |page| published.project.at(page, "version: '1.2'");
    assert_eq!(
        checked.findings(),
        [format!("slices-disagree {}", at("send-points.md"))]
    );
    let elsewhere = format!(
        "{}/api/{}",
        published.server.origin,
        at("validate-token.md")
    );
    assert!(checked.what().contains(&elsewhere), "{}", checked.what());
}

#[test]
fn a_new_operation_beside_the_others_is_found() {
    let published = Published::new();
    let mut paths = PAGES.map(|name| format!("/api/{name}.md")).to_vec();
    paths.push("/api/list-points.md".to_owned());
    published.index(&paths);
    published.page("list-points", MARKDOWN, new_operation(&published.project));
    let checked = published.check();
    let at = published
        .project
        .at("fetch-points.md", "post:")
        .replace("fetch", "list");
    assert_eq!(checked.findings()[0], format!("operation-new {at}"));
}

#[test]
fn a_page_without_its_slice_is_found() {
    let published = Published::new();
    published.page("send-points", MARKDOWN, "# Send Points API\n");
    let checked = published.check();
    assert_eq!(
        checked.findings(),
        ["page-without-slice send-points.md:null"]
    );
    assert_eq!(checked.code, 4);
}

#[test]
fn recorded_addresses_are_read_and_a_new_one_has_moved() {
    let published = Published::new();
    let origin = &published.server.origin;
    published.project.replace(
        "openapi/upstream.toml",
        "https://help-plum.xoxoday.com",
        origin,
    );
    let (code, told) = said(published.project.upstream(&["pull"]));
    assert_eq!(code, 0, "{told}");
    let record = format!("url = \"{origin}/api/send-points.md\"");
    let upstream = published.project.read("openapi/upstream.toml");
    assert!(upstream.contains(&record), "{upstream}");
    published.project.check_at(&[]).is_clean();
    let (code, told) = said(published.project.upstream(&["pull"]));
    assert!(code == 0 && told.contains("Fresh openapi"), "{told}");

    published.page("send-points", "404 Not Found", "");
    published.server.page(
        "/new/send-points.md",
        MARKDOWN,
        published.text("send-points"),
    );
    let mut paths = PAGES.map(|name| format!("/api/{name}.md")).to_vec();
    paths.push("/new/send-points.md".to_owned());
    published.index(&paths);
    let checked = published.project.check_at(&[]);
    assert_eq!(checked.findings(), ["page-moved send-points.md:null"]);
    assert_eq!(checked.code, 4);
}

#[test]
fn pages_that_could_not_be_read_are_not_pulled() {
    let published = Published::new();
    published.page("send-points", "403 Forbidden", "");
    let before = published.project.read("openapi/upstream.toml");
    let (code, told) = said(
        published
            .project
            .upstream(&["pull", "--url", &published.url()]),
    );
    assert_eq!(code, 1, "{told}");
    assert_eq!(published.project.read("openapi/upstream.toml"), before);
}

#[test]
fn only_https_or_this_machine_is_an_index() {
    let project = Project::new();
    for (url, code) in [
        ("http://example.com/llms.txt", 2),
        ("ftp://localhost/", 2),
        ("x", 2),
    ] {
        let output = project.upstream(&["check", "--url", url]);
        assert_eq!(output.status.code(), Some(code), "{url}");
    }
    let file = "file = \"send-points.md\"\n";
    let url = format!("{file}url = \"http://example.com/send-points.md\"\n");
    project.replace("openapi/upstream.toml", file, &url);
    let (code, told) = said(project.upstream(&["check", "--pages", "published"]));
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("upstream.toml:35") && told.contains("only https"),
        "{told}"
    );
}
