//! The canonical form of a document: known keys in the table's order, texts as texts.

use super::{Object, Shape, Type};
use crate::yaml::{Map, Node, Value};

/// Puts known keys into the order of the table, turns numbers and booleans in text fields into
/// texts, and sorts free mappings, as the reference encoder does. Unknown keys keep their place
/// at the end. Values keep their meaning, positions and comments.
pub fn canonicalize(node: &mut Node, object: &'static Object) {
    canonical(node, &Type::Object(object));
}

fn canonical(node: &mut Node, ty: &Type) {
    match ty {
        Type::Text | Type::Formatted(_) | Type::Choice(_) if !node.is_collection() => {
            if let Some(text) = node.as_text() {
                let word = if let Type::Choice(choice) = ty { (choice.canonical)(&text) } else { None };
                node.value = Value::Str(word.map_or_else(|| text.into_owned(), str::to_owned));
                node.forget_text();
            }
        }
        Type::List(item) => {
            for node in node.as_seq_mut().into_iter().flatten() {
                canonical(node, item);
            }
        }
        Type::Map(value) => {
            if let Some(map) = node.as_map_mut() {
                map.sort_by(|left, _, right, _| left.cmp(right));
                map.values_mut().for_each(|node| canonical(node, value));
            }
        }
        Type::Free => sort_deep(node),
        Type::Args => {
            if let Some(map) = node.as_map_mut() {
                map.sort_by(|left, _, right, _| left.cmp(right));
                for value in map.values_mut() {
                    match &mut value.value {
                        Value::Seq(items) => items.iter_mut().for_each(|item| canonical(item, &Type::Text)),
                        _ => canonical(value, &Type::Text),
                    }
                }
            }
        }
        Type::Object(object) => {
            if let Some(map) = node.as_map_mut() {
                let mut ordered = Map::with_capacity(map.len());
                for field in object.fields() {
                    if let Some((key, mut value)) = map.shift_remove_entry(field.key) {
                        canonical(&mut value, &field.ty);
                        ordered.insert(key, value);
                    }
                }
                ordered.append(map);
                *map = ordered;
            }
        }
        Type::Bool => settle_booleans(node, ty),
        Type::Int { .. } | Type::IntOrText | Type::Text | Type::Formatted(_) | Type::Choice(_) => {}
    }
}

/// Turns the older words for booleans into booleans where the table has one: written again as texts
/// they would be something else to other readers.
pub(crate) fn settle_booleans(node: &mut Node, ty: &Type) {
    match (ty, &mut node.value) {
        (Type::Bool, Value::Str(_)) => {
            if let Some(value) = bool::read(node) {
                node.value = Value::Bool(value);
                node.forget_text();
            }
        }
        (Type::List(item), Value::Seq(items)) => {
            items.iter_mut().for_each(|node| settle_booleans(node, item));
        }
        (Type::Map(value), Value::Map(map)) => map.values_mut().for_each(|node| settle_booleans(node, value)),
        (Type::Object(object), Value::Map(map)) => {
            for (key, node) in map.iter_mut() {
                if let Some(field) = object.field(key) {
                    settle_booleans(node, &field.ty);
                }
            }
        }
        _ => {}
    }
}

fn sort_deep(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            map.sort_by(|left, _, right, _| left.cmp(right));
            map.values_mut().for_each(sort_deep);
        }
        Value::Seq(items) => items.iter_mut().for_each(sort_deep),
        _ => {}
    }
}
