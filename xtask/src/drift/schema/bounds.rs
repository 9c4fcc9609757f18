//! The least and the most: of numbers, lengths and counts.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::super::rule;
use super::{Pair, Schema, types, values};

/// A keyword, the flag that excludes the bound itself, and the type that has it.
type Keyword = (&'static str, &'static str, &'static str);

const LEAST: [Keyword; 4] = [
    ("minimum", "exclusiveMinimum", "number"),
    ("minLength", "", "string"),
    ("minItems", "", "array"),
    ("minProperties", "", "object"),
];
const MOST: [Keyword; 4] = [
    ("maximum", "exclusiveMaximum", "number"),
    ("maxLength", "", "string"),
    ("maxItems", "", "array"),
    ("maxProperties", "", "object"),
];

#[derive(Debug, Clone, PartialEq)]
struct Bound {
    number: Number,
    excluded: bool,
}

impl Bound {
    /// The least integer above 1 is 2.
    fn of_integers(self, tighter: Ordering) -> Self {
        let step = match tighter {
            Ordering::Greater => 1,
            _ => -1,
        };
        let next = self.number.as_i64().and_then(|it| it.checked_add(step));
        match next.filter(|_| self.excluded) {
            Some(next) => Self {
                number: next.into(),
                excluded: false,
            },
            None => self,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let excluded = if self.excluded { " (excluded)" } else { "" };
        write!(f, "{}{excluded}", self.number)
    }
}

pub(super) fn compare(pair: &mut Pair<'_, '_>) {
    for keyword in LEAST {
        compare_bound(pair, keyword, Ordering::Greater);
    }
    for keyword in MOST {
        compare_bound(pair, keyword, Ordering::Less);
    }
}

/// `tighter` is how the tighter of two bounds compares to the other.
fn compare_bound(pair: &mut Pair<'_, '_>, keyword: Keyword, tighter: Ordering) {
    let base = tightest(pair.base, keyword, tighter);
    let revision = tightest(pair.revision, keyword, tighter);
    let order = match (&base, &revision) {
        (None, None) => return,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(base), Some(revision)) => tightness(revision, base, tighter),
    };
    let words = |bound: &Option<Bound>| match bound {
        Some(bound) => bound.to_string(),
        None => "none".into(),
    };
    let (key, _, _) = keyword;
    let what = format!("{key}: {} → {}", words(&base), words(&revision));
    match order {
        // What is listed anyway is within both.
        Ordering::Greater if are_within(pair.base, revision.as_ref(), tighter) => {}
        Ordering::Less if are_within(pair.revision, base.as_ref(), tighter) => {}
        Ordering::Greater => pair.note(&rule::BOUND_TIGHTENED, key, what),
        Ordering::Less => pair.note(&rule::BOUND_LOOSENED, key, what),
        Ordering::Equal => {}
    }
}

/// Whether a schema lists values, and all of them are within a bound.
fn are_within(schema: &Schema<'_>, bound: Option<&Bound>, tighter: Ordering) -> bool {
    let (Some(values), Some(bound)) = (values::listed(schema), bound) else {
        return false;
    };
    let size = |value: &Value| match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => Some(text.chars().count().into()),
        Value::Array(items) => Some(items.len().into()),
        Value::Object(members) => Some(members.len().into()),
        Value::Null | Value::Bool(_) => None,
    };
    let mut sizes = values.values().filter_map(|node| size(node.value));
    sizes.all(|number| {
        let own = Bound {
            number,
            excluded: false,
        };
        tightness(&own, bound, tighter).is_ge()
    })
}

fn tightest(
    schema: &Schema<'_>,
    (key, exclusive, kind): Keyword,
    tighter: Ordering,
) -> Option<Bound> {
    // Most schemas have none.
    let has_one = schema
        .parts
        .iter()
        .any(|part| part.value.get(key).is_some());
    if !has_one || !types::can_be(schema, kind) {
        return None;
    }
    let bounds = schema.parts.iter().filter_map(|part| {
        let Some(Value::Number(number)) = part.value.get(key) else {
            return None;
        };
        let bound = Bound {
            number: number.clone(),
            excluded: part.flag(exclusive),
        };
        let bound = match types::is_integer(schema) {
            true => bound.of_integers(tighter),
            false => bound,
        };
        // Nothing is shorter than nothing.
        let idle = key.starts_with("min") && key != "minimum" && number.as_f64() == Some(0.0);
        (!idle).then_some(bound)
    });
    bounds.reduce(|one, other| match tightness(&one, &other, tighter) {
        Ordering::Less => other,
        _ => one,
    })
}

/// Greater if the first is the tighter one.
fn tightness(one: &Bound, other: &Bound, tighter: Ordering) -> Ordering {
    let order = compare_numbers(&one.number, &other.number);
    let order = match tighter {
        Ordering::Less => order.reverse(),
        _ => order,
    };
    order.then(one.excluded.cmp(&other.excluded))
}

fn compare_numbers(one: &Number, other: &Number) -> Ordering {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => {
            let float = |number: &Number| number.as_f64().unwrap_or_default();
            let order = float(one).partial_cmp(&float(other));
            order.unwrap_or(Ordering::Equal)
        }
    }
}
