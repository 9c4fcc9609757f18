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

    /// A name that stands twice among the members, with both lines.
    pub(crate) fn repeated(&self) -> Option<(&str, [usize; 2])> {
        let mut pairs = self.within.windows(2);
        pairs.find_map(|pair| match pair {
            [(one, first), (other, second)] if one == other => {
                Some((&**one, [first.line, second.line]))
            }
            _ => None,
        })
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

    fn lines() -> Lines {
        let within = vec![("b/~".into(), Lines::at(3)), ("a".into(), Lines::at(2))];
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
        let within = [("b", 2), ("a", 3), ("b", 4)];
        let within = within.map(|(name, line)| (name.into(), Lines::at(line)));
        let lines = Lines::around(1, within.into());
        assert_eq!(lines.repeated(), Some(("b", [2, 4])));
        assert_eq!(lines.of("/b"), 2);
    }
}
