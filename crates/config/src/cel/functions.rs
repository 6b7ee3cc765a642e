//! Operators, functions and methods on values. None where there is none for these values; an error
//! where there is one and it has no result.

use std::cmp::Ordering;

use super::value::Value;

type Outcome = Option<Result<Value, String>>;

fn ok(value: Value) -> Outcome {
    Some(Ok(value))
}

fn too_large() -> String {
    "the result is too large, or divided by zero".to_owned()
}

pub(super) fn operator(name: &str, values: &[Value]) -> Outcome {
    use Value::{Bool, Bytes, Double, Duration, Int, List, Text};
    let (left, right) = match values {
        [value] => {
            return match (name, value) {
                ("!_", Bool(value)) => ok(Bool(!value)),
                ("-_", Int(value)) => Some(value.checked_neg().map(Int).ok_or_else(too_large)),
                ("-_", Duration(value)) => Some(value.checked_neg().map(Duration).ok_or_else(too_large)),
                ("-_", Double(value)) => ok(Double(-value)),
                _ => None,
            };
        }
        [left, right] => (left, right),
        _ => return None,
    };
    let ordered = |holds: fn(Ordering) -> bool| left.order(right).map(|order| Ok(Bool(holds(order))));
    match (name, left, right) {
        ("_==_", ..) => return ok(Bool(left.same(right))),
        ("_!=_", ..) => return ok(Bool(!left.same(right))),
        ("_<_", ..) => return ordered(Ordering::is_lt),
        ("_<=_", ..) => return ordered(Ordering::is_le),
        ("_>_", ..) => return ordered(Ordering::is_gt),
        ("_>=_", ..) => return ordered(Ordering::is_ge),
        ("_in_", item, List(items)) => return ok(Bool(items.iter().any(|known| known.same(item)))),
        ("_in_", key, map @ Value::Map(_)) => return ok(Bool(map.get(key).is_some())),
        ("_+_", Text(left), Text(right)) => return ok(Text(format!("{left}{right}"))),
        ("_+_", Bytes(left), Bytes(right)) => return ok(Bytes([left.as_slice(), right].concat())),
        ("_+_", List(left), List(right)) => return ok(List([left.as_slice(), right].concat())),
        _ => {}
    }
    arithmetic(name, left, right)
}

fn arithmetic(name: &str, left: &Value, right: &Value) -> Outcome {
    use Value::{Double, Duration, Int, Uint};
    let checked = match (left, right) {
        (Int(left), Int(right)) => match name {
            "_+_" => left.checked_add(*right),
            "_-_" => left.checked_sub(*right),
            "_*_" => left.checked_mul(*right),
            "_/_" => left.checked_div(*right),
            "_%_" => left.checked_rem(*right),
            _ => return None,
        }
        .map(Int),
        (Uint(left), Uint(right)) => match name {
            "_+_" => left.checked_add(*right),
            "_-_" => left.checked_sub(*right),
            "_*_" => left.checked_mul(*right),
            "_/_" => left.checked_div(*right),
            "_%_" => left.checked_rem(*right),
            _ => return None,
        }
        .map(Uint),
        (Duration(left), Duration(right)) => match name {
            "_+_" => left.checked_add(*right),
            "_-_" => left.checked_sub(*right),
            _ => return None,
        }
        .map(Duration),
        (Double(left), Double(right)) => Some(Double(match name {
            "_+_" => left + right,
            "_-_" => left - right,
            "_*_" => left * right,
            "_/_" => left / right,
            _ => return None,
        })),
        _ => return None,
    };
    Some(checked.ok_or_else(too_large))
}

pub(super) fn function(name: &str, values: &[Value]) -> Outcome {
    use Value::{Bool, Bytes, Double, Int, Text, Uint};
    let convert = |value: Option<Value>| Some(value.ok_or_else(|| format!("{name} cannot convert this")));
    match (name, values) {
        ("size", [value]) => size(value),
        ("dyn", [value]) => ok(value.clone()),
        ("int", [Text(text)]) => convert(text.parse().ok().map(Int)),
        ("int", [Double(value)]) => {
            convert(whole(*value).and_then(|value| i64::try_from(value).ok()).map(Int))
        }
        ("int", [value]) => convert(value.integer().and_then(|value| i64::try_from(value).ok()).map(Int)),
        ("uint", [Text(text)]) => convert(text.parse().ok().map(Uint)),
        ("uint", [Double(value)]) => {
            convert(whole(*value).and_then(|value| u64::try_from(value).ok()).map(Uint))
        }
        ("uint", [value]) => convert(value.integer().and_then(|value| u64::try_from(value).ok()).map(Uint)),
        ("double", [Text(text)]) => convert(text.parse().ok().map(Double)),
        ("double", [value]) => convert(value.number().map(Double)),
        ("bool", [Bool(value)]) => ok(Bool(*value)),
        ("bool", [Text(text)]) => convert(text.parse().ok().map(Bool)),
        ("bytes", [Text(text)]) => ok(Bytes(text.clone().into_bytes())),
        ("bytes", [Bytes(bytes)]) => ok(Bytes(bytes.clone())),
        ("string", [value]) => convert(text(value).map(Text)),
        ("duration", [Text(text)]) => {
            convert(text.parse::<crate::value::Duration>().ok().map(|span| Value::Duration(span.0)))
        }
        ("duration", [Value::Duration(span)]) => ok(Value::Duration(*span)),
        ("glob", [Text(pattern), Text(text)]) => ok(Bool(glob(pattern, text))),
        ("mac", [Bytes(bytes)]) => {
            let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            ok(Text(parts.join(":")))
        }
        ("multiply_qos_vectors", [Value::Map(entries), right]) => {
            let products =
                entries.iter().filter_map(|(key, value)| Some(value.number()? * right.get(key)?.number()?));
            ok(Double(products.sum()))
        }
        _ => None,
    }
}

fn whole(value: f64) -> Option<i128> {
    // Beyond this a double has no fraction, and the casts below no meaning.
    (value.is_finite() && value.abs() < 1e30).then_some(value as i128)
}

fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).ok()?,
        Value::Bool(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        value => value.integer()?.to_string(),
    })
}

fn size(value: &Value) -> Outcome {
    let count = match value {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return None,
    };
    Some(i64::try_from(count).map(Value::Int).map_err(|_| too_large()))
}

pub(super) fn method(target: &Value, name: &str, values: &[Value]) -> Outcome {
    use Value::{Bool, Int, List, Optional, Text};
    match (target, name, values) {
        (Text(text), "contains", [Text(part)]) => ok(Bool(text.contains(part.as_str()))),
        (Text(text), "startsWith", [Text(part)]) => ok(Bool(text.starts_with(part.as_str()))),
        (Text(text), "endsWith", [Text(part)]) => ok(Bool(text.ends_with(part.as_str()))),
        (Text(text), "matches", [Text(pattern)]) => Some(
            regex::Regex::new(pattern)
                .map(|pattern| Bool(pattern.is_match(text)))
                .map_err(|_| format!("{pattern:?} is no regular expression")),
        ),
        (Text(text), "lowerAscii", []) => ok(Text(text.to_ascii_lowercase())),
        (Text(text), "upperAscii", []) => ok(Text(text.to_ascii_uppercase())),
        (Text(text), "trim", []) => ok(Text(text.trim().to_owned())),
        (Text(text), "replace", [Text(from), Text(to)]) => ok(Text(text.replace(from.as_str(), to))),
        (Text(text), "split", [Text(by)]) => {
            ok(List(text.split(by.as_str()).map(|part| Text(part.to_owned())).collect()))
        }
        (Text(text), "substring", [Int(from)]) => Some(substring(text, *from, None)),
        (Text(text), "substring", [Int(from), Int(to)]) => Some(substring(text, *from, Some(*to))),
        (Optional(value), "hasValue", []) => ok(Bool(value.is_some())),
        (Optional(value), "value", []) => {
            Some(value.as_deref().cloned().ok_or_else(|| "it has no value".to_owned()))
        }
        (Optional(value), "orValue", [other]) => ok(value.as_deref().unwrap_or(other).clone()),
        (target, "size", []) => size(target),
        _ => None,
    }
}

fn substring(text: &str, from: i64, to: Option<i64>) -> Result<Value, String> {
    let outside = || "it has no such part".to_owned();
    let chars: Vec<char> = text.chars().collect();
    let from = usize::try_from(from).map_err(|_| outside())?;
    let to = to.map_or(Ok(chars.len()), |to| usize::try_from(to).map_err(|_| outside()))?;
    chars.get(from..to).map(|part| Value::Text(part.iter().collect())).ok_or_else(outside)
}

/// Whether a pattern fits: `*` stands for any text, `?` for one character.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut in_text) = (0, 0);
    // Where the last star was, and what it may swallow up to.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(in_text) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(p) if *p == '?' || p == c => {
                at += 1;
                in_text += 1;
            }
            _ => match star {
                None => return false,
                Some((star_at, swallowed)) => {
                    (at, in_text) = (star_at + 1, swallowed + 1);
                    star = Some((star_at, swallowed + 1));
                }
            },
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}
