//! JSON values as `google.protobuf.Struct`, the form in which resources carry Kubernetes objects.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Proto};
use serde_json::{Map, Number, Value};

/// The message for an object; anything else is an empty one.
pub fn to_struct(value: &Value) -> Struct {
    match value {
        Value::Object(map) => Struct { fields: map.iter().map(|(k, v)| (k.clone(), to_value(v))).collect() },
        _ => Struct::default(),
    }
}

/// The object in a message.
pub fn from_struct(object: &Struct) -> Value {
    Value::Object(object.fields.iter().map(|(k, v)| (k.clone(), from_value(v))).collect())
}

fn to_value(value: &Value) -> Proto {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(b) => Kind::BoolValue(*b),
        Value::Number(n) => Kind::NumberValue(n.as_f64().unwrap_or(0.0)),
        Value::String(s) => Kind::StringValue(s.clone()),
        Value::Array(items) => Kind::ListValue(ListValue { values: items.iter().map(to_value).collect() }),
        Value::Object(_) => Kind::StructValue(to_struct(value)),
    };
    Proto { kind: Some(kind) }
}

fn from_value(value: &Proto) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(b)) => Value::Bool(*b),
        Some(Kind::NumberValue(n)) => number(*n),
        Some(Kind::StringValue(s)) => Value::String(s.clone()),
        Some(Kind::ListValue(list)) => Value::Array(list.values.iter().map(from_value).collect()),
        Some(Kind::StructValue(object)) => from_struct(object),
    }
}

/// The message knows one kind of number; Kubernetes insists on integers where it means them.
fn number(n: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if n.fract() == 0.0 && n.abs() <= EXACT {
        return Value::Number(Number::from(n as i64));
    }
    Number::from_f64(n).map_or(Value::Null, Value::Number)
}

/// Lays `from` over `into`, in depth: its values count whatever was there.
pub fn force(into: &mut Value, from: Value) {
    merge(into, from, true);
}

/// Adds to `into`, in depth, what it does not have; a null is as good as nothing.
pub fn fill(into: &mut Value, from: Value) {
    merge(into, from, false);
}

fn merge(into: &mut Value, from: Value, wins: bool) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(known) => merge(known, value, wins),
                    None => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (into, from) if wins || into.is_null() => *into = from,
        _ => {}
    }
}

/// The object in a message, or an empty one.
pub fn object(message: Option<&Struct>) -> Value {
    message.map_or_else(|| Value::Object(Map::new()), from_struct)
}

/// An object without the fields whose value says nothing (null, empty list, empty object, empty string).
pub fn pruned(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(k, v)| (k, pruned(v))).filter(|(_, v)| !is_empty(v));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(pruned).collect()),
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_absent_or_null_is_filled_in_and_what_is_forced_replaces_anything() {
        let users = json!({"a": {"b": 1}, "n": null, "text": "x"});
        let ours = json!({"a": {"b": 2, "c": 3}, "n": {"d": 4}, "text": {"e": 5}});
        let mut filled = users.clone();
        fill(&mut filled, ours.clone());
        assert_eq!(filled, json!({"a": {"b": 1, "c": 3}, "n": {"d": 4}, "text": "x"}));
        let mut forced = users;
        force(&mut forced, ours.clone());
        assert_eq!(forced, ours);
    }

    #[test]
    fn an_object_survives_the_message_with_its_integers() {
        let object = json!({"a": [1, 2.5, "x", null, true], "b": {"port": 6443, "big": -3}});
        assert_eq!(from_struct(&to_struct(&object)), object);
    }
}
