//! The reference page of all rules.

use std::fmt::Write as _;

use super::super::rule::rules;

/// Every rule in a row, as markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# What drift finds\n\n\
         Written by `cargo xtask drift --rules`; do not edit.\n\n\
         The level says what a change means to a client that was built from the base and talks to \
         a server of the revision.\n\n\
         | rule | level | meaning |\n| --- | --- | --- |\n",
    );
    for rule in rules() {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            rule.id, rule.level, rule.meaning
        );
    }
    text
}
