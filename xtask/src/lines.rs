//! The line of every node of a document.
//!
//! A tree as the document itself is one: with a pointer for each node, the lines of
//! a large document would take more room than all that it says.

use crate::pointer;

/// A node's line, and those of what is in it.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) line: usize,
    /// Sorted.
    within: Within,
}

/// What is in a node: by name, or by index in a list.
pub(crate) type Within = Vec<(Box<str>, Lines)>;

impl Lines {
    pub(crate) fn at(line: usize) -> Self {
        Self {
            line,
            within: Within::new(),
        }
    }

    /// A node with members or items, in any order. Of two with one name the first
    /// counts.
    pub(crate) fn around(line: usize, mut within: Within) -> Self {
        within.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { line, within }
    }

    /// The first name that stands twice among the members, with both lines.
    pub(crate) fn repeated(&self) -> Option<(&str, [usize; 2])> {
        let pairs = self.within.windows(2).filter_map(|pair| match pair {
            [(one, first), (other, second)] if one == other => {
                Some((&**one, [first.line, second.line]))
            }
            _ => None,
        });
        pairs.min_by_key(|(_, [_, second])| *second)
    }

    /// The line of a node, or of its nearest ancestor that is here.
    pub(crate) fn of(&self, pointer: &str) -> usize {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            let step = pointer::unescape(step);
            let first = node.within.partition_point(|(name, _)| **name < *step);
            match node.within.get(first).filter(|(name, _)| **name == *step) {
                Some((_, within)) => node = within,
                None => break,
            }
        }
        node.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, yaml};

    fn lines() -> Lines {
        let within = [("b/~", 3), ("a", 2), ("~1", 5)];
        let within = within.map(|(name, line)| (name.into(), Lines::at(line)));
        let within = within.into();
        let odd = Lines::around(4, within);
        Lines::around(1, vec![("x".into(), odd), ("a".into(), Lines::at(7))])
    }

    #[test]
    fn a_node_is_where_it_stands_and_what_is_not_there_where_its_ancestor_is() {
        let lines = lines();
        for (pointer, line) in [
            ("", 1),
            ("/a", 7),
            ("/x", 4),
            ("/x/a", 2),
            ("/x/b~1~0", 3),
            ("/x/~01", 5),
            ("/x/c", 4),
            ("/c/a", 1),
            ("/a/x/a", 7),
        ] {
            assert_eq!(lines.of(pointer), line, "{pointer}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_told_with_both_lines() {
        assert_eq!(lines().repeated(), None);
        let within = [("c", 1), ("b", 2), ("a", 3), ("b", 4), ("a", 5), ("c", 6)];
        let within = within.map(|(name, line)| (name.into(), Lines::at(line)));
        let lines = Lines::around(1, within.into());
        assert_eq!(lines.repeated(), Some(("b", [2, 4])));
        assert_eq!(lines.of("/b"), 2);
    }

    #[test]
    fn items_are_where_they_stand_however_many_there_are() {
        let items: Vec<_> = (1..=12).map(|item| item.to_string()).collect();
        let yaml = format!("a:\n  - {}\n", items.join("\n  - "));
        let json = format!("{{\"a\": [\n{}\n]}}", items.join(",\n"));
        for parsed in [yaml::parse(&yaml), json::parse(&json)] {
            let lines = parsed.unwrap().lines;
            for (index, line) in (2..=13).enumerate() {
                assert_eq!(lines.of(&format!("/a/{index}")), line);
            }
        }
    }

    #[test]
    fn what_is_merged_or_repeated_in_yaml_is_where_that_was_asked_for() {
        let text =
            "p: &p\n  a: 1\n  b: {c: 1}\nq: &q {a: 2, d: 2}\nx:\n  <<: [*p, *q]\n  a: 3\ny: *p\n";
        let parsed = yaml::parse(text).unwrap();
        let merged = serde_json::json!({ "a": 3, "b": { "c": 1 }, "d": 2 });
        assert_eq!(parsed.value["x"], merged);
        for (pointer, line) in [
            ("/p/b/c", 3),
            ("/x", 5),
            ("/x/a", 7),
            ("/x/b/c", 6),
            ("/x/d", 6),
            ("/y/b", 8),
        ] {
            assert_eq!(parsed.lines.of(pointer), line, "{pointer}");
        }
    }
}
