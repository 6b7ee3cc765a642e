//! Follows the steps through a value.

use serde_json::Value;

use super::{Comparison, Filter, Operand, Part, Path, Step};

/// A path that a value does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// A field.
    #[error("{0} is not found")]
    Field(String),
    /// An item of a list.
    #[error("array index out of bounds: index {index}, length {length}")]
    Index {
        /// The item that was asked for, counted from the end if it is negative and there are too few.
        index: i64,
        /// How many there are.
        length: usize,
    },
    /// Items of what has none.
    #[error("{0} is not array or slice")]
    NoList(&'static str),
}

/// What happens to a path that a value does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is an error.
    Refused,
    /// There is nothing to show.
    Nothing,
}

pub(super) fn parts(
    parts: &[Part],
    value: &Value,
    missing: Missing,
    compound: &dyn Fn(&Value) -> String,
    text: &mut String,
) -> Result<(), NotFound> {
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Path(path) => {
                let found = follow(path, value, missing)?;
                let found: Vec<String> = found.into_iter().map(|v| show(v, compound)).collect();
                text.push_str(&found.join(" "));
            }
            Part::Range(path, body) => {
                for item in follow(path, value, missing)? {
                    // Ranging over a list means over its items.
                    for item in item.as_array().map_or(std::slice::from_ref(item), Vec::as_slice) {
                        self::parts(body, item, missing, compound, text)?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn show(value: &Value, compound: &dyn Fn(&Value) -> String) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => compound(value),
    }
}

fn follow<'a>(path: &Path, value: &'a Value, missing: Missing) -> Result<Vec<&'a Value>, NotFound> {
    let mut current = vec![value];
    for step in &path.0 {
        current = match advance(step, &current) {
            Ok(found) => found,
            Err(_) if missing == Missing::Nothing => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
    }
    Ok(current)
}

/// One step from all values that were reached; as kubectl does it, a field is there if any of them has it.
fn advance<'a>(step: &Step, from: &[&'a Value]) -> Result<Vec<&'a Value>, NotFound> {
    match step {
        Step::Key(key) => field(key, from),
        Step::Keys(keys) => {
            keys.iter().try_for_each(|key| field(key, from).map(drop))?;
            // Item by item, in the order in which the fields are named.
            Ok(from.iter().flat_map(|value| keys.iter().filter_map(|key| value.get(key))).collect())
        }
        Step::Wildcard => Ok(from.iter().flat_map(|value| children(value)).collect()),
        Step::Descend => Ok(from.iter().flat_map(|value| descend(value)).collect()),
        Step::Indices(indices) => {
            let lists = from.iter().filter(|value| !value.is_null());
            let pick = |value: &&'a Value| {
                let items = items(value)?;
                indices.iter().map(|index| item(items, *index)).collect::<Result<Vec<_>, _>>()
            };
            Ok(lists.map(pick).collect::<Result<Vec<_>, _>>()?.concat())
        }
        Step::Slice { start, end, step } => {
            let mut found = Vec::new();
            for value in from.iter().filter(|value| !value.is_null()) {
                let step = step.and_then(|step| usize::try_from(step).ok()).unwrap_or(1).max(1);
                found.extend(slice(items(value)?, *start, *end)?.iter().step_by(step));
            }
            Ok(found)
        }
        Step::Filter(filter) => {
            let all = from.iter().flat_map(|value| children(value));
            Ok(all.filter(|item| passes(filter, item)).collect())
        }
    }
}

fn field<'a>(key: &str, from: &[&'a Value]) -> Result<Vec<&'a Value>, NotFound> {
    // Where nothing was selected there is nothing to miss: kubectl prints nothing then.
    if from.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<&Value> = from.iter().filter_map(|value| value.get(key)).collect();
    if found.is_empty() { Err(NotFound::Field(key.to_owned())) } else { Ok(found) }
}

fn items(value: &Value) -> Result<&[Value], NotFound> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Object(_) => Err(NotFound::NoList("map")),
        Value::String(_) => Err(NotFound::NoList("string")),
        Value::Bool(_) => Err(NotFound::NoList("bool")),
        Value::Number(_) | Value::Null => Err(NotFound::NoList("number")),
    }
}

/// A place in a list, counted from its end if negative.
fn place(at: i64, length: usize) -> i64 {
    if at < 0 { at.saturating_add(i64::try_from(length).unwrap_or(i64::MAX)) } else { at }
}

fn item(items: &[Value], index: i64) -> Result<&Value, NotFound> {
    let index = place(index, items.len());
    let found = usize::try_from(index).ok().and_then(|at| items.get(at));
    found.ok_or(NotFound::Index { index, length: items.len() })
}

fn slice(items: &[Value], start: Option<i64>, end: Option<i64>) -> Result<&[Value], NotFound> {
    let length = items.len();
    let start = place(start.unwrap_or(0), length);
    let end = end.map_or(i64::try_from(length).unwrap_or(i64::MAX), |end| place(end, length));
    if start == end {
        return Ok(&[]);
    }
    let outside = |index| NotFound::Index { index, length };
    let at = |bound: i64| usize::try_from(bound).ok();
    let from = at(start).filter(|start| *start < length).ok_or_else(|| outside(start))?;
    let to = at(end).filter(|end| *end <= length).ok_or_else(|| outside(end.saturating_sub(1)))?;
    items.get(from..to).ok_or_else(|| outside(start))
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

/// The value and everything below it. Not recursive: its depth is the sender's choice.
fn descend(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        found.push(value);
        waiting.extend(children(value).into_iter().rev());
    }
    found
}

fn passes(filter: &Filter, item: &Value) -> bool {
    let left = values(&filter.left, item);
    let Some((comparison, right)) = &filter.right else {
        return left.iter().any(|value| !value.is_null());
    };
    let right = values(right, item);
    left.iter().any(|l| right.iter().any(|r| compare(l, *comparison, r)))
}

fn values<'a>(operand: &'a Operand, item: &'a Value) -> Vec<&'a Value> {
    match operand {
        // An item without the field is none of those that are meant.
        Operand::Path(path) => follow(path, item, Missing::Nothing).unwrap_or_default(),
        Operand::Literal(value) => vec![value],
    }
}

fn compare(left: &Value, comparison: Comparison, right: &Value) -> bool {
    use std::cmp::Ordering;
    let order = match (left, right) {
        (Value::Number(l), Value::Number(r)) => match (l.as_i64(), r.as_i64()) {
            (Some(l), Some(r)) => Some(l.cmp(&r)),
            _ => l.as_f64().zip(r.as_f64()).and_then(|(l, r)| l.partial_cmp(&r)),
        },
        (Value::String(l), Value::String(r)) => Some(l.cmp(r)),
        (l, r) => (l == r).then_some(Ordering::Equal),
    };
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}
