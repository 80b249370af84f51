//! Keywords that bound a number: of a value, or of its characters, elements or members.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use crate::config::compat::{Break, Rule};

/// Which way a bound may move.
#[derive(Clone, Copy)]
enum Side {
    /// It holds from above: it may rise.
    Most,
    /// It holds from below: it may fall.
    Least,
}

/// Every bound, its side, and what a new one may be that bounds nothing.
const BOUNDS: [(&str, Side, Option<u64>); 10] = [
    ("maximum", Side::Most, None),
    ("exclusiveMaximum", Side::Most, None),
    ("maxLength", Side::Most, None),
    ("maxItems", Side::Most, None),
    ("maxProperties", Side::Most, None),
    ("minimum", Side::Least, None),
    ("exclusiveMinimum", Side::Least, None),
    ("minLength", Side::Least, Some(0)),
    ("minItems", Side::Least, Some(0)),
    ("minProperties", Side::Least, Some(0)),
];

/// The names of these keywords.
pub(super) fn is_bound(keyword: &str) -> bool {
    BOUNDS.iter().any(|(name, ..)| *name == keyword) || keyword == "multipleOf"
}

/// Breaks of all bounds.
pub(super) fn compare(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    at: &str,
    breaks: &mut Vec<Break>,
) {
    for (name, side, nothing) in BOUNDS {
        let Some(after) = new.get(name) else { continue };
        let at = format!("{at}/{name}");
        let Some(before) = old.get(name) else {
            if nothing.is_none_or(|nothing| after.as_u64() != Some(nothing)) {
                let told = format!("`{name}` {after} is new: what lies outside was taken before");
                breaks.push(Break::new(Rule::SchemaRange, at, told));
            }
            continue;
        };
        if before == after {
            continue;
        }
        let order = match (before, after) {
            (Value::Number(before), Value::Number(after)) => order(after, before),
            _ => None,
        };
        let wider = match side {
            Side::Most => Ordering::Greater,
            Side::Least => Ordering::Less,
        };
        match order {
            Some(order) if order == wider || order == Ordering::Equal => {}
            Some(_) => {
                let told = format!("`{name}` was {before}, is {after}: a narrower bound");
                breaks.push(Break::new(Rule::SchemaRange, at, told));
            }
            None => {
                let told = format!("`{name}` was {before}, is {after}: cannot tell which is wider");
                breaks.push(Break::new(Rule::SchemaUnclear, at, told));
            }
        }
    }
    multiple(old, new, at, breaks);
}

/// What is a multiple of 10 is one of 5.
fn multiple(old: &Map<String, Value>, new: &Map<String, Value>, at: &str, breaks: &mut Vec<Break>) {
    let Some(after) = new.get("multipleOf") else { return };
    let before = old.get("multipleOf");
    let divides = |before: &Value| {
        before == after
            || matches!((before.as_u64(), after.as_u64()), (Some(b), Some(a)) if a > 0 && b % a == 0)
    };
    if !before.is_some_and(divides) {
        let was = before.map_or_else(|| "absent".to_owned(), ToString::to_string);
        let told = format!("`multipleOf` was {was}, is {after}: numbers between were taken before");
        breaks.push(Break::new(Rule::SchemaRange, format!("{at}/multipleOf"), told));
    }
}

/// How two numbers compare, where a double tells it exactly.
fn order(one: &Number, other: &Number) -> Option<Ordering> {
    if let (Some(one), Some(other)) = (one.as_i128(), other.as_i128()) {
        return Some(one.cmp(&other));
    }
    let exact = |number: &Number| {
        let whole = number.as_i128();
        number.as_f64().filter(|_| whole.is_none_or(|whole| whole.unsigned_abs() <= 1 << 53))
    };
    exact(one)?.partial_cmp(&exact(other)?)
}
