//! What the layer costs, as it was measured: kept as JSON, shown as a table and a
//! picture.

mod picture;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xoxoday_bench::Measure;

pub use picture::picture;
pub use table::table;

/// The figures of each group, by the name that `cargo xtask bench` knows it by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Costs {
    groups: BTreeMap<String, Group>,
}

/// What was measured together, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The machine and the compiler, in words.
    pub on: String,
    /// The figures, in the order they were told.
    pub measures: Vec<Measure>,
}

impl Costs {
    /// Puts what was measured anew in the place of what was measured before.
    pub fn renew(&mut self, name: &str, group: Group) {
        self.groups.insert(name.to_owned(), group);
    }

    /// The same, for all groups of another run.
    pub fn take_over(&mut self, other: Self) {
        self.groups.extend(other.groups);
    }

    /// The groups in the order of these names; others come behind.
    fn in_order(&self, names: &[&str]) -> Vec<(&str, &Group)> {
        let place = |name: &str| names.iter().position(|other| *other == name);
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(name, _)| place(name).unwrap_or(names.len()));
        let named = groups.into_iter();
        named.map(|(name, group)| (name.as_str(), group)).collect()
    }
}
