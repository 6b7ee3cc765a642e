//! Sections of the v1alpha1 document that must not be set beside the documents that replace
//! them (contract os.md 1.5). The table of kinds says which.

use super::{Context, at};
use crate::yaml::{Node, Path, Value};

pub(super) fn validate(cx: &mut Context<'_>) {
    let config = cx.config;
    let Some(root) = config.v1alpha1_root() else { return };
    for document in config.documents() {
        let Some(kind) = document.kind else { continue };
        for path in kind.supersedes {
            let path = Path::dotted(path);
            let Some(section) = path.find(root).filter(|node| is_set(node)) else { continue };
            cx.enter(document);
            let message = format!(
                "{path} of the v1alpha1 document is set too (line {}); keep one of the two",
                section.position().line
            );
            cx.error("v1alpha1-conflict", Path::root(), message);
        }
        encryption(document, root, cx);
    }
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
    let path = at!["machine", "systemDiskEncryption", section];
    if let Some(section) = path.find(root).filter(|node| is_set(node)) {
        cx.enter(document);
        let message = format!(
            "{path} of the v1alpha1 document is set too (line {}); keep one of the two",
            section.position().line
        );
        cx.error("v1alpha1-conflict", at!["encryption"], message);
    }
}

/// Whether a section counts as set. An empty mapping does; what says nothing does not.
fn is_set(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => false,
        Value::Str(text) => !text.is_empty(),
        Value::Seq(items) => !items.is_empty(),
        _ => true,
    }
}
