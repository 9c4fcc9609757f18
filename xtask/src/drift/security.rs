//! What an operation asks of a caller, and how credentials are got and sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::members::Members;
use super::node::{Node, canonical};
use super::rule;
use super::walk::{Side, Walk};
use crate::pointer;

const SCHEME: Members = Members(&[
    ("type", Value::is_string),
    ("name", Value::is_string),
    ("in", Value::is_string),
    ("scheme", Value::is_string),
    ("openIdConnectUrl", Value::is_string),
    ("flows", Value::is_object),
]);
const FLOW: Members = Members(&[
    ("authorizationUrl", Value::is_string),
    ("tokenUrl", Value::is_string),
    ("refreshUrl", Value::is_string),
    ("scopes", Value::is_object),
]);

/// Schemes that are needed together, each with its scopes.
type Alternative = BTreeMap<String, BTreeSet<String>>;

pub(super) fn compare<'v>(walk: &mut Walk<'v>, base: &Node<'v>, revision: &Node<'v>) {
    let one = list(&walk.base, base);
    let other = list(&walk.revision, revision);
    walk.once(&one, &other, None, |walk| {
        let (was, mut is) = (alternatives(&one), alternatives(&other));
        let odd = (odd(&one), odd(&other));
        if odd.0 != odd.1 {
            let what = "a requirement is no object of lists";
            walk.note(&rule::NOT_UNDERSTOOD, &one.pointer, &other.pointer, what);
        }
        let names = rename(walk, &was, &mut is);
        compare_alternatives(walk, (&one, &was), (&other, &is));
        for (base, revision) in names {
            compare_schemes(walk, &base, &revision);
        }
    });
}

/// The operation's own list, or the document's.
fn list<'v>(side: &Side<'v>, operation: &Node<'v>) -> Node<'v> {
    let root = side.root();
    let lists = [operation.get("security"), root.get("security")];
    // Nothing is said by a null.
    let mut lists = lists.into_iter().flatten();
    lists.find(|it| !it.value.is_null()).unwrap_or(root)
}

/// What of a list is no requirement.
fn odd(list: &Node<'_>) -> Vec<String> {
    let is_requirement = |needed: &Value| {
        let schemes = needed.as_object();
        schemes.is_some_and(|schemes| {
            let mut scopes = schemes.values().map(Value::as_array);
            scopes.all(|scopes| scopes.is_some_and(|it| it.iter().all(Value::is_string)))
        })
    };
    let odd = list.items().filter(|needed| !is_requirement(needed.value));
    odd.map(|needed| canonical(needed.value)).collect()
}

fn alternatives(list: &Node<'_>) -> Vec<Alternative> {
    let alternatives: Vec<_> = list
        .items()
        .map(|needed| {
            let schemes = needed.members().map(|(name, scopes)| {
                let scopes = scopes.value.as_array().into_iter().flatten();
                let scopes = scopes.filter_map(Value::as_str).map(str::to_owned);
                (name.to_owned(), scopes.collect())
            });
            schemes.collect()
        })
        .collect();
    match alternatives.is_empty() {
        // Nothing is needed.
        true => vec![Alternative::new()],
        false => alternatives,
    }
}

/// Calls schemes of the revision by the names that they have in the base: of
/// one name, or else of one definition. Returns the pairs.
fn rename<'v>(
    walk: &mut Walk<'v>,
    base: &[Alternative],
    revision: &mut Vec<Alternative>,
) -> BTreeMap<String, String> {
    let of = |side: &mut Side<'v>, name: &str| {
        let scheme = scheme(side, name)?;
        let members = side.follow(scheme).object()?.clone();
        let said = members.into_iter().filter(|(key, _)| key != "description");
        Some(canonical(&Value::Object(said.collect())))
    };
    let known: BTreeSet<_> = base.iter().flat_map(Alternative::keys).cloned().collect();
    let new: BTreeSet<_> = revision
        .iter()
        .flat_map(Alternative::keys)
        .cloned()
        .collect();
    let mut names: BTreeMap<_, _> = known
        .intersection(&new)
        .map(|name| (name.clone(), name.clone()))
        .collect();
    for name in known.difference(&new) {
        let wanted = of(&mut walk.base, name);
        let same = new
            .iter()
            .filter(|it| !known.contains(*it))
            .find(|it| wanted.is_some() && of(&mut walk.revision, it) == wanted);
        if let Some(same) = same {
            names.insert(name.clone(), same.clone());
        }
    }
    let back: BTreeMap<_, _> = names.iter().map(|(base, it)| (it, base)).collect();
    for alternative in revision {
        let renamed = std::mem::take(alternative)
            .into_iter()
            .map(|(name, scopes)| {
                let name = back.get(&name).map_or(name, |it| (*it).clone());
                (name, scopes)
            });
        *alternative = renamed.collect();
    }
    names
}

fn compare_alternatives(
    walk: &mut Walk<'_>,
    (one, was): (&Node<'_>, &[Alternative]),
    (other, is): (&Node<'_>, &[Alternative]),
) {
    let places = (&one.pointer, &other.pointer);
    let told = walk.found.len();
    let nothing = |list: &[Alternative]| list.iter().any(Alternative::is_empty);
    if nothing(was) && !nothing(is) {
        let what = format!("nothing → {}", words(is));
        walk.note(&rule::SECURITY_REQUIRED, places.0, places.1, what);
    }
    if nothing(is) && !nothing(was) {
        let rule = match is.iter().all(Alternative::is_empty) {
            true => &rule::SECURITY_REMOVED,
            false => &rule::SECURITY_LIFTED,
        };
        let what = format!("{} → nothing", words(was));
        walk.note(rule, places.0, places.1, what);
        return;
    }
    for known in was.iter().filter(|it| !it.is_empty()) {
        if is.iter().any(|new| suffices(known, new)) {
            continue;
        }
        let same_schemes = is.iter().find(|new| new.keys().eq(known.keys()));
        let (rule, what) = match same_schemes {
            Some(new) => {
                let wanted = new.values().flatten().collect::<BTreeSet<_>>();
                let had = known.values().flatten().collect::<BTreeSet<_>>();
                let more: Vec<_> = wanted.difference(&had).map(|it| it.as_str()).collect();
                (&rule::SECURITY_SCOPE_REQUIRED, more.join(", "))
            }
            None => {
                let what = format!("{} → {}", word(known), words(is));
                (&rule::SECURITY_ALTERNATIVE_REMOVED, what)
            }
        };
        walk.note(rule, places.0, places.1, what);
    }
    for new in is.iter().filter(|it| !it.is_empty()) {
        let known = was.iter().find(|known| known.keys().eq(new.keys()));
        match known {
            None if nothing(was) && !nothing(is) => {}
            None => walk.note(
                &rule::SECURITY_ALTERNATIVE_ADDED,
                places.0,
                places.1,
                word(new),
            ),
            Some(known) if known != new && suffices(known, new) => {
                walk.note(
                    &rule::SECURITY_SCOPE_NOT_REQUIRED,
                    places.0,
                    places.1,
                    word(new),
                );
            }
            Some(_) => {}
        }
    }
    let set = |list: &[Alternative]| list.iter().cloned().collect::<BTreeSet<_>>();
    if walk.found.len() == told && set(was) != set(is) {
        let what = format!("{} → {}", words(was), words(is));
        walk.note(&rule::SECURITY_LISTED_OTHERWISE, places.0, places.1, what);
    }
}

/// Whether who has what one alternative asks for has what the other asks for.
fn suffices(has: &Alternative, needs: &Alternative) -> bool {
    needs.iter().all(|(scheme, scopes)| {
        let had = has.get(scheme);
        had.is_some_and(|had| scopes.is_subset(had))
    })
}

fn word(alternative: &Alternative) -> String {
    let schemes = alternative
        .iter()
        .map(|(name, scopes)| match scopes.is_empty() {
            true => name.clone(),
            false => {
                let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
                format!("{name} ({})", scopes.join(", "))
            }
        });
    let schemes: Vec<_> = schemes.collect();
    match schemes.is_empty() {
        true => "nothing".into(),
        false => schemes.join(" and "),
    }
}

fn words(alternatives: &[Alternative]) -> String {
    let words: Vec<_> = alternatives.iter().map(word).collect();
    words.join(" or ")
}

fn scheme<'v>(side: &Side<'v>, name: &str) -> Option<Node<'v>> {
    let pointer = pointer::join("/components/securitySchemes", name);
    let value = side.document.get(&pointer)?;
    Some(Node { value, pointer })
}

fn compare_schemes(walk: &mut Walk<'_>, base: &str, revision: &str) {
    let found = (scheme(&walk.base, base), scheme(&walk.revision, revision));
    let (Some(one), Some(other)) = found else {
        if found.0.is_some() != found.1.is_some() {
            let at = "/components/securitySchemes";
            walk.note(
                &rule::NOT_UNDERSTOOD,
                at,
                at,
                format!("{base} is not declared"),
            );
        }
        return;
    };
    walk.base.reach(&one.pointer);
    walk.revision.reach(&other.pointer);
    let (one, other) = (walk.base.follow(one), walk.revision.follow(other));
    walk.once(&one, &other, None, |walk| {
        SCHEME.compare_node(walk, &one, &other);
        for key in ["type", "name", "in", "scheme", "openIdConnectUrl"] {
            // Schemes of HTTP are written in any case.
            let text = |node: &Node<'_>| {
                node.text(key).map(|it| match key {
                    "scheme" => it.to_lowercase(),
                    "name" if node.text("in") == Some("header") => it.to_lowercase(),
                    _ => it.to_owned(),
                })
            };
            changed(walk, (&one, &other), key, (text(&one), text(&other)));
        }
        let given = |node: &Node<'_>| {
            let flows = node.get("flows").filter(|it| it.value.is_object());
            flows.map(|_| "given".to_owned())
        };
        changed(walk, (&one, &other), "flows", (given(&one), given(&other)));
        compare_flows(walk, &one, &other);
    });
}

fn changed(
    walk: &mut Walk<'_>,
    (one, other): (&Node<'_>, &Node<'_>),
    key: &str,
    (was, is): (Option<String>, Option<String>),
) {
    if was == is {
        return;
    }
    let rule = match key.to_lowercase().ends_with("url") {
        true if key == "refreshUrl" && was.is_none() => &rule::SECURITY_URL_ADDED,
        true => &rule::SECURITY_URL_CHANGED,
        false => &rule::SECURITY_SCHEME_CHANGED,
    };
    let words = |text: Option<String>| text.unwrap_or_else(|| "none".into());
    let what = format!("{key}: {} → {}", words(was), words(is));
    walk.note(rule, &one.pointer, &other.pointer, what);
}

fn flows_of<'v>(scheme: &Node<'v>) -> BTreeMap<&'v str, Node<'v>> {
    let flows = scheme.members_of("flows").into_iter();
    flows.filter(|(name, _)| !name.starts_with("x-")).collect()
}

fn compare_flows(walk: &mut Walk<'_>, base: &Node<'_>, revision: &Node<'_>) {
    let flows = |node: &Node<'_>| node.get("flows").map(|it| it.pointer);
    let at = (
        flows(base).unwrap_or_else(|| base.pointer.clone()),
        flows(revision).unwrap_or_else(|| revision.pointer.clone()),
    );
    let was: BTreeMap<_, _> = flows_of(base);
    let is: BTreeMap<_, _> = flows_of(revision);
    for (name, flow) in &was {
        let Some(other) = is.get(name) else {
            walk.note(&rule::SECURITY_FLOW_REMOVED, &flow.pointer, &at.1, *name);
            continue;
        };
        FLOW.compare_node(walk, flow, other);
        for key in ["authorizationUrl", "tokenUrl", "refreshUrl"] {
            let text = |node: &Node<'_>| node.text(key).map(str::to_owned);
            changed(walk, (flow, other), key, (text(flow), text(other)));
        }
        let scopes = |flow: &Node<'_>| {
            let scopes = flow.members_of("scopes").into_iter();
            scopes
                .map(|(name, _)| name.to_owned())
                .collect::<BTreeSet<_>>()
        };
        let (was, is) = (scopes(flow), scopes(other));
        for gone in was.difference(&is) {
            walk.note(
                &rule::SECURITY_SCOPE_REMOVED,
                &flow.pointer,
                &other.pointer,
                gone,
            );
        }
        for new in is.difference(&was) {
            walk.note(
                &rule::SECURITY_SCOPE_ADDED,
                &flow.pointer,
                &other.pointer,
                new,
            );
        }
    }
    for (name, flow) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
        walk.note(&rule::SECURITY_FLOW_ADDED, &at.0, &flow.pointer, *name);
    }
}
