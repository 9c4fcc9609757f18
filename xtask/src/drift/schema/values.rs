//! `enum`, `default`, `pattern`, `multipleOf`, `uniqueItems`, `not`, `xml` and
//! `deprecated`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::node::{Node, canonical, shown};
use super::super::rule;
use super::{Pair, Schema, types};

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
pub(super) fn listed<'v>(schema: &Schema<'v>) -> Option<BTreeMap<String, Node<'v>>> {
    let enums = schema.all("enum").map(|list| list.items().collect());
    let unions = schema.unions.iter().filter_map(|it| it.values.clone());
    // One that lists nothing says nothing.
    let lists = enums.chain(unions).filter(|list: &Vec<_>| !list.is_empty());
    let lists = lists.map(|list| {
        let values = list.into_iter().map(|item| (canonical(item.value), item));
        values.collect::<BTreeMap<_, _>>()
    });
    let mut values = lists.reduce(|mut one, other| {
        one.retain(|value, _| other.contains_key(value));
        one
    })?;
    values.retain(|_, node| types::allows(schema, node.value));
    // There are no other booleans.
    let is_all = !types::can_be(schema, "string")
        && types::can_be(schema, "boolean")
        && ["true", "false"].iter().all(|it| values.contains_key(*it));
    (!is_all).then_some(values)
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
    let rule = match pair.base.is_given && pair.revision.is_given {
        true => &rule::DEFAULT_IDLE,
        false => rule,
    };
    pair.note(rule, "default", what);
}

fn compare_patterns(pair: &mut Pair<'_, '_>) {
    let (base, revision) = (patterns(pair.base), patterns(pair.revision));
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

/// The patterns that not every text matches.
fn patterns(schema: &Schema<'_>) -> BTreeSet<String> {
    let mut patterns = match types::can_be(schema, "string") {
        true => texts(schema, "pattern"),
        false => BTreeSet::new(),
    };
    let is_idle = |text: &str| {
        // `^$` is the empty text alone.
        ["", "^", "$", ".*", "^.*", ".*$", "^.*$"].contains(&text.trim_matches('"'))
    };
    patterns.retain(|text| !is_idle(text));
    patterns
}

fn compare_multiples(pair: &mut Pair<'_, '_>) {
    let key = "multipleOf";
    let multiples = |schema: &Schema<'_>| {
        let mut texts = match types::can_be(schema, "number") {
            true => texts(schema, key),
            false => BTreeSet::new(),
        };
        // Every integer is.
        texts.retain(|it| !(it == "1" && types::is_integer(schema)));
        texts
    };
    let (base, revision) = (multiples(pair.base), multiples(pair.revision));
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
            1 => texts.first()?.parse::<f64>().ok(),
            _ => None,
        };
        let times = single(of).zip(single(number)).map(|(of, it)| it / of);
        times.is_some_and(|times| times.is_finite() && (times - times.round()).abs() < 1e-9)
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
    let flag = |schema: &Schema<'_>| schema.flag(key) && types::can_be(schema, "array");
    match (flag(pair.base), flag(pair.revision)) {
        (false, true) => pair.note(&rule::UNIQUE_REQUIRED, key, ""),
        (true, false) => pair.note(&rule::UNIQUE_LIFTED, key, ""),
        _ => {}
    }
}

fn compare_negations<'v>(pair: &mut Pair<'_, 'v>) {
    let nodes = |schema: &Schema<'v>| schema.all("not").collect::<Vec<_>>();
    let (mut gone, mut new) = (nodes(pair.base), nodes(pair.revision));
    gone.retain(|one| {
        let one = Schema::new(&mut pair.walk.base, "", [one.clone()]);
        let same = new.iter().position(|other| {
            let other = Schema::new(&mut pair.walk.revision, "", [other.clone()]);
            pair.walk.are_same(&one, &other)
        });
        same.map(|index| new.remove(index)).is_none()
    });
    let rule = match (gone.is_empty(), new.is_empty()) {
        (true, true) => return,
        (true, false) => &rule::NEGATION_ADDED,
        (false, true) => &rule::NEGATION_REMOVED,
        (false, false) => &rule::NEGATION_CHANGED,
    };
    pair.note(rule, "not", "");
}
