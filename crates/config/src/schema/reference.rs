//! The reference of all fields as Markdown, made from the table.

use super::{Effect, Field, Merge, Need, Object, Redaction, Type};
use crate::documents::{KINDS, Kind, Naming, V1ALPHA1};
use crate::effects::{Row, row_of};

/// The reference of every kind, v1alpha1 first, as one Markdown page.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration reference\n\n\
         Every kind of document and every field, made from the table that the decoder works by. Regenerate it with\n\
         `UPDATE_GOLDEN=1 cargo test -p config --test reference`.\n\n\
         A field in **bold** must be set, ~~struck~~ ones have been replaced by documents. *Effect* is what changing\n\
         the field of a running node does: `live`, `service-restart(…)`, `reboot`, `reinstall` (only when the volume\n\
         or the system is created again), `none-after-install`, or `created-once` (objects that the cluster lacks are\n\
         made, others wait for an upgrade of Kubernetes). `no effect`: this version does not carry it out, see\n\
         [what has an effect](../compatibility.md).\n",
    );
    for kind in [&V1ALPHA1].into_iter().chain(KINDS) {
        section(kind, &mut page);
    }
    page
}

fn section(kind: &'static Kind, page: &mut String) {
    page.push_str(&format!("\n## {}\n\n{}\n", kind.name, flow(kind.object.doc)));
    let mut notes = Vec::new();
    if kind.naming == Naming::Singleton {
        notes.push("At most one document.".to_owned());
    }
    if kind.control_plane_only {
        notes.push("For control planes only.".to_owned());
    }
    if !kind.supersedes.is_empty() {
        let paths = kind.supersedes.iter().map(|row| match row.field {
            "" => format!("`{}`", row.section),
            field => format!("`{}` (as `{field}`)", row.section),
        });
        let paths: Vec<_> = paths.collect();
        notes.push(format!(
            "Not together with what says the same in the v1alpha1 document: {}.",
            paths.join(", ")
        ));
    }
    if !notes.is_empty() {
        page.push_str(&format!("\n{}\n", notes.join(" ")));
    }
    if kind.object.fields().next().is_some() {
        page.push_str("\n| field | type | effect | |\n| --- | --- | --- | --- |\n");
        rows(kind, kind.object, "", kind.effect, page);
    }
}

fn rows(kind: &'static Kind, object: &'static Object, prefix: &str, inherited: Effect, page: &mut String) {
    for field in object.fields() {
        let path = format!("{prefix}{}", field.key);
        let effect = field.effect.unwrap_or(inherited);
        page.push_str(&row(kind, field, &path, effect));
        below(kind, &field.ty, &path, effect, page);
    }
}

fn below(kind: &'static Kind, ty: &Type, path: &str, effect: Effect, page: &mut String) {
    match ty {
        Type::Object(object) => rows(kind, object, &format!("{path}."), effect, page),
        Type::List(item) => below(kind, item, &format!("{path}[]"), effect, page),
        Type::Map(value) => below(kind, value, &format!("{path}{{}}"), effect, page),
        _ => {}
    }
}

fn row(kind: &Kind, field: &Field, path: &str, effect: Effect) -> String {
    let held_to = row_of(kind.name, path);
    let effect = if held_to.is_some_and(Row::is_without_effect) { Effect::Nothing } else { effect };
    let name = match (field.need, field.deprecated) {
        (Need::Required | Need::Enforced, _) => format!("**`{path}`**"),
        (_, true) => format!("~~`{path}`~~"),
        _ => format!("`{path}`"),
    };
    let mut notes = flow(field.doc);
    if field.secret || field.redaction == Redaction::Whole {
        notes.push_str(" Never shown.");
    }
    notes.push_str(&merging(field.merge));
    if let Some(example) = field.example_text() {
        notes.push_str(&format!(" Example: `{}`", example.replace('|', "\\|")));
    }
    format!("| {name} | {} | {effect} | {notes} |\n", type_name(&field.ty))
}

/// What patches do other than usual: replacing single values, merging mappings and appending to lists.
fn merging(merge: Merge) -> String {
    let names = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
    match merge {
        Merge::Default => String::new(),
        Merge::Replace => " Patches replace it as a whole.".to_owned(),
        Merge::ByKey(keys) => format!(" Patches are merged into the item with the same {}.", names(keys)),
        Merge::ReplaceByKey(keys) => format!(" Patches replace the item with the same {}.", names(keys)),
    }
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".to_owned(),
        Type::Int { .. } => "integer".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Formatted(format) => format.name.to_owned(),
        Type::Choice(choice) => {
            choice.words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
        }
        Type::List(item) => format!("list of {}", type_name(item)),
        Type::Map(value) => format!("mapping to {}", type_name(value)),
        Type::Object(_) | Type::Free => "mapping".to_owned(),
        Type::Args => "arguments".to_owned(),
        Type::IntOrText => "integer or text".to_owned(),
    }
}

/// Lines of a description as one.
fn flow(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
