//! Follows the steps through a value.

use serde_json::Value;

use super::{Comparison, Filter, Operand, Part, Path, Step};

pub(super) fn parts(parts: &[Part], value: &Value, compound: &dyn Fn(&Value) -> String, text: &mut String) {
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Path(path) => {
                let found: Vec<String> = follow(path, value).into_iter().map(|v| show(v, compound)).collect();
                text.push_str(&found.join(" "));
            }
            Part::Range(path, body) => {
                for item in follow(path, value) {
                    // Ranging over a list means over its items.
                    match item {
                        Value::Array(items) => {
                            items.iter().for_each(|i| self::parts(body, i, compound, text))
                        }
                        other => self::parts(body, other, compound, text),
                    }
                }
            }
        }
    }
}

fn show(value: &Value, compound: &dyn Fn(&Value) -> String) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => compound(value),
    }
}

fn follow<'a>(path: &Path, value: &'a Value) -> Vec<&'a Value> {
    let mut current = vec![value];
    for step in &path.0 {
        current = current.into_iter().flat_map(|value| advance(step, value)).collect();
    }
    current
}

fn advance<'a>(step: &Step, value: &'a Value) -> Vec<&'a Value> {
    match step {
        Step::Key(key) => value.get(key).into_iter().collect(),
        Step::Keys(keys) => keys.iter().filter_map(|key| value.get(key)).collect(),
        Step::Wildcard => children(value),
        Step::Descend => descend(value),
        Step::Indices(indices) => {
            let items = items(value);
            indices.iter().filter_map(|index| items.get(position(*index, items.len())?)).collect()
        }
        Step::Slice { start, end, step } => {
            let items = items(value);
            let bound = |at: i64| {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let at = if at < 0 { at.saturating_add(length) } else { at };
                usize::try_from(at.clamp(0, length)).unwrap_or(0)
            };
            let (start, end) = (bound(start.unwrap_or(0)), end.map_or(items.len(), bound));
            let step = step.and_then(|step| usize::try_from(step).ok()).unwrap_or(1).max(1);
            items.get(start..end).unwrap_or_default().iter().step_by(step).collect()
        }
        Step::Filter(filter) => children(value).into_iter().filter(|item| passes(filter, item)).collect(),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
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

fn position(index: i64, length: usize) -> Option<usize> {
    if index >= 0 {
        return usize::try_from(index).ok();
    }
    length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
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
        Operand::Path(path) => follow(path, item),
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
