//! What a document and the v1alpha1 document must not both say (contract os.md 1.5). The table of kinds says
//! which fields those are; what only one of the two sets has its effect from there.

use super::{Context, at};
use crate::documents::{Kind, Superseded, V1ALPHA1};
use crate::schema::{Object, Type};
use crate::yaml::{Node, Path, Segment, Value};

pub(super) fn validate(cx: &mut Context<'_>) {
    let config = cx.config;
    let Some(root) = config.v1alpha1_root() else { return };
    for document in config.documents() {
        let Some(kind) = document.kind else { continue };
        for row in kind.supersedes {
            let section = Path::dotted(row.section);
            let ty = type_at(V1ALPHA1.object, &section);
            let Some(set) = section.find(root).filter(|node| is_set(node, &ty)) else { continue };
            let Some(field) = own(&document.root, kind, row) else { continue };
            cx.enter(document);
            conflict(&section, set, field, cx);
        }
        encryption(document, root, cx);
    }
}

/// The path of the document's own field, if the document says anything there.
fn own(document: &Node, kind: &Kind, row: &Superseded) -> Option<Path> {
    if row.field.is_empty() {
        return Some(Path::root());
    }
    let path = Path::dotted(row.field);
    let node = path.find(document)?;
    // A document that says "no" says something; the v1alpha1 document has that for nothing (see below).
    (matches!(node.value, Value::Bool(_)) || is_set(node, &type_at(kind.object, &path))).then_some(path)
}

/// The type of what is at a path of known keys.
fn type_at(object: &'static Object, path: &Path) -> Type {
    path.0.iter().fold(Type::Object(object), |ty, segment| match (ty, segment) {
        (Type::Object(rows), Segment::Key(key)) => rows.field(key).map_or(Type::Free, |field| field.ty),
        _ => Type::Free,
    })
}

fn conflict(section: &Path, set: &Node, field: Path, cx: &mut Context<'_>) {
    let message = format!(
        "{section} of the v1alpha1 document is set too (line {}); keep one of the two",
        set.position().line
    );
    cx.error("v1alpha1-conflict", field, message);
}

/// Encryption of STATE and EPHEMERAL has a section of its own each.
fn encryption<'a>(document: &'a crate::Document, root: &Node, cx: &mut Context<'a>) {
    if document.id.kind != "VolumeConfig"
        || document.root.get("encryption").is_none_or(|node| !is_set(node, &Type::Free))
    {
        return;
    }
    let section = match document.id.name.as_str() {
        "STATE" => "state",
        "EPHEMERAL" => "ephemeral",
        _ => return,
    };
    let section = at!["machine", "systemDiskEncryption", section];
    if let Some(set) = section.find(root).filter(|node| is_set(node, &Type::Free)) {
        cx.enter(document);
        conflict(&section, set, at!["encryption"], cx);
    }
}

/// Whether a field counts as set: `false` and what is empty say nothing, and neither does a section that holds
/// nothing else. A label without a value is one.
fn is_set(node: &Node, ty: &Type) -> bool {
    match (&node.value, ty) {
        (Value::Null | Value::Bool(false), _) => false,
        (Value::Str(text), _) => !text.is_empty(),
        (Value::Seq(items), _) => !items.is_empty(),
        (Value::Map(map), Type::Object(rows)) => map.iter().any(|(key, node)| {
            let ty = rows.field(key).map_or(Type::Free, |field| field.ty);
            matches!(node.value, Value::Bool(_)) || is_set(node, &ty)
        }),
        (Value::Map(map), _) => !map.is_empty(),
        _ => true,
    }
}
