//! `enum`, `default`, `pattern`, `multipleOf`, `uniqueItems`, `not`, `xml` and
//! `deprecated`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::node::{Node, canonical, shown};
use super::super::rule;
use super::{Pair, Schema};

pub(super) fn compare(pair: &mut Pair<'_, '_>) {
    compare_enums(pair);
    compare_defaults(pair);
    compare_patterns(pair);
    compare_multiples(pair);
    compare_uniqueness(pair);
    compare_negations(pair);
    if pair.walk.speaks_xml && xml(pair.base) != xml(pair.revision) {
        pair.note(&rule::XML_CHANGED, "xml", "it is written otherwise");
    }
    let (was, is) = (
        pair.base.flag("deprecated"),
        pair.revision.flag("deprecated"),
    );
    match (was, is) {
        (false, true) => pair.note(&rule::SCHEMA_DEPRECATED, "deprecated", ""),
        (true, false) => pair.note(&rule::SCHEMA_UNDEPRECATED, "deprecated", ""),
        _ => {}
    }
}

/// How values are written as XML, without what counts anyway.
fn xml(schema: &Schema<'_>) -> BTreeSet<String> {
    let usual = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
    let said = schema.all("xml").map(|xml| {
        let members = xml.members().filter(|(_, member)| !usual(member.value));
        let members = members.map(|(key, member)| format!("{key}: {}", canonical(member.value)));
        members.collect::<BTreeSet<_>>()
    });
    said.flatten().collect()
}

/// The different values of a keyword.
fn texts(schema: &Schema<'_>, key: &str) -> BTreeSet<String> {
    schema.all(key).map(|it| canonical(it.value)).collect()
}

/// The values that every list has, as text, and where each stands.
fn listed<'v>(schema: &Schema<'v>) -> Option<BTreeMap<String, Node<'v>>> {
    // One that lists nothing says nothing.
    let lists = schema
        .all("enum")
        .filter(|list| list.value.as_array().is_some_and(|it| !it.is_empty()));
    let lists = lists.map(|list| {
        let values = list.items().map(|item| (canonical(item.value), item));
        values.collect::<BTreeMap<_, _>>()
    });
    lists.reduce(|mut one, other| {
        one.retain(|value, _| other.contains_key(value));
        one
    })
}

fn compare_enums(pair: &mut Pair<'_, '_>) {
    match (listed(pair.base), listed(pair.revision)) {
        (None, None) => {}
        (None, Some(_)) => pair.note(&rule::ENUM_INTRODUCED, "enum", "any value → a list"),
        (Some(_), None) => pair.note(&rule::ENUM_LIFTED, "enum", "a list → any value"),
        (Some(base), Some(revision)) => {
            for (value, node) in base.iter().filter(|(it, _)| !revision.contains_key(*it)) {
                let places = (node.pointer.clone(), pair.revision.place("enum"));
                pair.note_at(&rule::ENUM_VALUE_REMOVED, places, value);
            }
            for (value, node) in revision.iter().filter(|(it, _)| !base.contains_key(*it)) {
                let places = (pair.base.place("enum"), node.pointer.clone());
                pair.note_at(&rule::ENUM_VALUE_ADDED, places, value);
            }
        }
    }
}

fn compare_defaults(pair: &mut Pair<'_, '_>) {
    let (base, revision) = (
        pair.base.all("default").next(),
        pair.revision.all("default").next(),
    );
    let (rule, what) = match (base, revision) {
        (None, Some(revision)) => (&rule::DEFAULT_ADDED, shown(revision.value)),
        (Some(base), None) => (&rule::DEFAULT_REMOVED, shown(base.value)),
        (Some(base), Some(revision)) if canonical(base.value) != canonical(revision.value) => {
            let what = format!("{} → {}", shown(base.value), shown(revision.value));
            (&rule::DEFAULT_CHANGED, what)
        }
        _ => return,
    };
    pair.note(rule, "default", what);
}

fn compare_patterns(pair: &mut Pair<'_, '_>) {
    let (base, revision) = (texts(pair.base, "pattern"), texts(pair.revision, "pattern"));
    let gone = base.difference(&revision).next();
    let new = revision.difference(&base).next();
    let (rule, what) = match (gone, new) {
        (None, None) => return,
        (None, Some(new)) => (&rule::PATTERN_ADDED, new.clone()),
        (Some(gone), None) => (&rule::PATTERN_REMOVED, gone.clone()),
        (Some(gone), Some(new)) => (&rule::PATTERN_CHANGED, format!("{gone} → {new}")),
    };
    pair.note(rule, "pattern", what);
}

fn compare_multiples(pair: &mut Pair<'_, '_>) {
    let key = "multipleOf";
    let (base, revision) = (texts(pair.base, key), texts(pair.revision, key));
    if base == revision {
        return;
    }
    let words = |texts: &BTreeSet<String>| {
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        match texts.is_empty() {
            true => "any number".to_owned(),
            false => format!("a multiple of {}", texts.join(" and ")),
        }
    };
    let what = format!("{} → {}", words(&base), words(&revision));
    let multiple = |of: &BTreeSet<String>, number: &BTreeSet<String>| {
        let single = |texts: &BTreeSet<String>| match texts.len() {
            1 => texts.first()?.parse::<i64>().ok(),
            _ => None,
        };
        let pair = single(of).zip(single(number));
        pair.is_some_and(|(of, number)| of != 0 && number % of == 0)
    };
    let rule = match () {
        () if multiple(&base, &revision) => &rule::BOUND_TIGHTENED,
        () if multiple(&revision, &base) => &rule::BOUND_LOOSENED,
        () if base.is_subset(&revision) => &rule::BOUND_TIGHTENED,
        () if revision.is_subset(&base) => &rule::BOUND_LOOSENED,
        () => &rule::MULTIPLE_CHANGED,
    };
    pair.note(rule, key, what);
}

fn compare_uniqueness(pair: &mut Pair<'_, '_>) {
    let key = "uniqueItems";
    match (pair.base.flag(key), pair.revision.flag(key)) {
        (false, true) => pair.note(&rule::UNIQUE_REQUIRED, key, ""),
        (true, false) => pair.note(&rule::UNIQUE_LIFTED, key, ""),
        _ => {}
    }
}

fn compare_negations(pair: &mut Pair<'_, '_>) {
    let nodes = |schema: &Schema<'_>| schema.all("not").count();
    if nodes(pair.base) + nodes(pair.revision) == 0 {
        return;
    }
    let base: Vec<_> = pair.base.all("not").collect();
    let revision: Vec<_> = pair.revision.all("not").collect();
    let same = base.len() == revision.len() && {
        let at = String::new;
        let base = Schema::new(&mut pair.walk.base, at(), base);
        let revision = Schema::new(&mut pair.walk.revision, at(), revision);
        pair.walk.are_same(&base, &revision)
    };
    if !same {
        pair.note(&rule::NEGATION_CHANGED, "not", "");
    }
}
