//! Lines of a name and a text, aligned, in 80 columns.

const WIDTH: usize = 80;
const NAMES: usize = 15;

/// Lines for people.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Adds a text under a name. One that is too long goes on below; a word is
    /// never broken, so that a path can be copied.
    pub(super) fn line(&mut self, name: &str, text: &str) {
        let mut begun = format!("{name:<NAMES$}");
        for word in text.split_whitespace() {
            let taken = begun.chars().count();
            if taken > NAMES && taken + 1 + word.chars().count() > WIDTH {
                self.end(&begun);
                begun = " ".repeat(NAMES);
            } else if taken > NAMES {
                begun.push(' ');
            }
            begun.push_str(word);
        }
        self.end(&begun);
    }

    fn end(&mut self, line: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(line.trim_end());
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// How much of a life is left, at a glance: `[######--------------]`.
pub(super) fn bar(left: u128, whole: u128) -> String {
    const CELLS: u128 = 20;
    let full = match whole {
        0 => 0,
        _ => (left.min(whole) * CELLS).div_ceil(whole) as usize,
    };
    let empty = CELLS as usize - full;
    format!("[{}{}]", "#".repeat(full), "-".repeat(empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_goes_on_below_its_beginning() {
        let mut page = Page::default();
        page.line("why", &"word ".repeat(40));
        page.line("store", "file:/a");
        let text = page.into_text();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.len() > 2 && lines.iter().all(|line| line.len() <= WIDTH));
        assert!(lines[1].starts_with(&format!("{:NAMES$}word", "")));
        assert_eq!(lines[lines.len() - 1], "store          file:/a");
    }

    #[test]
    fn a_bar_is_empty_at_the_end_alone() {
        assert_eq!(bar(0, 10), format!("[{}]", "-".repeat(20)));
        assert_eq!(bar(1, 1000), format!("[#{}]", "-".repeat(19)));
        assert_eq!(bar(20, 10), format!("[{}]", "#".repeat(20)));
        assert_eq!(bar(0, 0), format!("[{}]", "-".repeat(20)));
    }
}
