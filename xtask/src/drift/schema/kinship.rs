//! How much alike two alternatives are that do not say the same: what was changed
//! is more like itself than like another.

use std::collections::BTreeMap;

use super::super::node::{Node, canonical};
use super::Schema;

/// Two with this kinship or more are taken for one that was changed.
pub(super) const CLOSE: usize = 50;

/// From 0 to 100: the share of the properties that both have; all of it where both
/// have the same tag, and none where they have different ones.
pub(super) fn kinship(one: &Schema<'_>, other: &Schema<'_>) -> usize {
    let (was, is) = (properties(one), properties(other));
    let shared: Vec<_> = was.keys().filter(|name| is.contains_key(*name)).collect();
    let tags: Vec<_> = shared
        .iter()
        .filter_map(|name| Some((tag(was.get(**name)?)?, tag(is.get(**name)?)?)))
        .collect();
    match tags.iter().any(|(one, other)| one == other) {
        true => return 100,
        false if !tags.is_empty() => return 0,
        false => {}
    }
    let all = was.len() + is.len() - shared.len();
    (100 * shared.len()).checked_div(all).unwrap_or_default()
}

fn properties<'v>(schema: &Schema<'v>) -> BTreeMap<&'v str, Node<'v>> {
    let lists = schema.all("properties").collect::<Vec<_>>();
    let members = lists.iter().flat_map(|list| list.members());
    members.collect()
}

/// The only value that a property can have.
fn tag(property: &Node<'_>) -> Option<String> {
    match &*property.items_of("enum") {
        [only] => Some(canonical(only.value)),
        _ => None,
    }
}
