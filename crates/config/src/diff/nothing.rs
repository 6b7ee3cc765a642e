//! What is written and says nothing: clients write documents out again with empty sections.

use crate::container::Document;
use crate::schema::{Field, Merge, Object, Type};
use crate::yaml::{Node, Value};

/// Whether a field's value says no more than that the field is left out.
pub(super) fn says_nothing(node: &Node, field: &Field) -> bool {
    // The mere presence of some says something, and what belongs to others is replaced by an empty one.
    let empty_says = field.presence || field.merge == Merge::Replace && matches!(field.ty, Type::Free);
    match &node.value {
        Value::Null => true,
        Value::Str(text) => text.is_empty(),
        _ if empty_says => false,
        Value::Seq(items) => items.is_empty(),
        Value::Map(map) => match field.ty {
            Type::Object(rows) => {
                map.iter().all(|(key, node)| rows.field(key).is_some_and(|field| says_nothing(node, field)))
            }
            _ => map.is_empty(),
        },
        _ => false,
    }
}

/// Takes out of a document what says nothing.
pub(super) fn quiet(document: &mut Document) {
    if let Some(kind) = document.kind {
        object(&mut document.root, kind.object);
    }
}

fn object(node: &mut Node, rows: &'static Object) {
    let Some(map) = node.as_map_mut() else { return };
    map.retain(|key, node| !rows.field(key).is_some_and(|field| says_nothing(node, field)));
    for (key, node) in map.iter_mut() {
        if let Some(field) = rows.field(key) {
            inside(node, &field.ty);
        }
    }
}

fn inside(node: &mut Node, ty: &Type) {
    match ty {
        Type::Object(rows) => object(node, rows),
        Type::List(item) => node.as_seq_mut().into_iter().flatten().for_each(|node| inside(node, item)),
        Type::Map(value) => {
            let entries = node.as_map_mut().into_iter().flatten();
            entries.for_each(|(_, node)| inside(node, value));
        }
        _ => {}
    }
}
