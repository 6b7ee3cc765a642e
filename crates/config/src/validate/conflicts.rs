//! What a document and the v1alpha1 document must not both say (contract os.md 1.5). The table of kinds says
//! which fields those are; what only one of the two sets has its effect from there.

use super::{Context, at};
use crate::documents::Superseded;
use crate::yaml::{Node, Path, Value};

pub(super) fn validate(cx: &mut Context<'_>) {
    let config = cx.config;
    let Some(root) = config.v1alpha1_root() else { return };
    for document in config.documents() {
        let Some(kind) = document.kind else { continue };
        for row in kind.supersedes {
            let section = Path::dotted(row.section);
            let Some(set) = section.find(root).filter(|node| is_set(node)) else { continue };
            let Some(field) = own(&document.root, row) else { continue };
            cx.enter(document);
            conflict(&section, set, field, cx);
        }
        encryption(document, root, cx);
    }
}

/// The path of the document's own field, if the document says anything there.
fn own(document: &Node, row: &Superseded) -> Option<Path> {
    if row.field.is_empty() {
        return Some(Path::root());
    }
    let path = Path::dotted(row.field);
    let node = path.find(document)?;
    // A document that says "no" says something; the v1alpha1 document has that for nothing (see below).
    (matches!(node.value, Value::Bool(_)) || is_set(node)).then_some(path)
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
    if document.id.kind != "VolumeConfig" || document.root.get("encryption").is_none_or(|node| !is_set(node))
    {
        return;
    }
    let section = match document.id.name.as_str() {
        "STATE" => "state",
        "EPHEMERAL" => "ephemeral",
        _ => return,
    };
    let section = at!["machine", "systemDiskEncryption", section];
    if let Some(set) = section.find(root).filter(|node| is_set(node)) {
        cx.enter(document);
        conflict(&section, set, at!["encryption"], cx);
    }
}

/// Whether a field of the v1alpha1 document counts as set: `false` and what is empty say nothing, and neither
/// does a section that holds nothing else.
fn is_set(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => false,
        Value::Str(text) => !text.is_empty(),
        Value::Seq(items) => !items.is_empty(),
        Value::Map(map) => map.values().any(|node| matches!(node.value, Value::Bool(_)) || is_set(node)),
        _ => true,
    }
}
