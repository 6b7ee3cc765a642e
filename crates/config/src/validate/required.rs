//! Fields that must be set, from the table: every document of a kind, at every depth.

use super::Context;
use crate::Document;
use crate::schema::{Need, Object, Type};
use crate::yaml::{Node, Path, Value};

pub(super) fn validate(document: &Document, cx: &mut Context<'_>) {
    if let Some(kind) = document.kind {
        object(&document.root, kind.object, &mut Path::root(), cx);
    }
}

fn object(node: &Node, rows: &'static Object, path: &mut Path, cx: &mut Context<'_>) {
    for field in rows.fields() {
        path.push(field.key);
        let value = node.get(field.key).filter(|value| !is_empty(value));
        match value {
            Some(value) => inside(value, &field.ty, path, cx),
            None if matches!(field.need, Need::Required | Need::Enforced) => {
                cx.error("required", path.clone(), "this is required");
            }
            None => {}
        }
        path.pop();
    }
}

fn inside(node: &Node, ty: &Type, path: &mut Path, cx: &mut Context<'_>) {
    match ty {
        Type::Object(rows) => object(node, rows, path, cx),
        Type::List(item) => {
            for (index, node) in node.as_seq().into_iter().flatten().enumerate() {
                path.push(index);
                inside(node, item, path, cx);
                path.pop();
            }
        }
        Type::Map(value) => {
            for (key, node) in node.as_map().into_iter().flatten() {
                path.push(key.as_str());
                inside(node, value, path, cx);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whether a value is the same as none. A mapping is not, because its presence may matter.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Str(text) => text.is_empty(),
        Value::Seq(items) => items.is_empty(),
        _ => false,
    }
}
