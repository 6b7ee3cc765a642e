//! What a configuration does: what changing a field means, from the table of fields, and who carries it out or why nobody
//! does, from the table of [`Row`]s. Nothing is accepted without effect and without a word about it.

mod notice;
mod page;
mod row;
mod table;

pub use notice::{Notice, RULE, lines, quiet_line};
pub use page::page;
pub use row::{Level, Row, When, Why, Without, row_of, rows};

use crate::documents::{KINDS, Kind, V1ALPHA1};
use crate::schema::{Effect, Object, Type};
use crate::validate::Mode;
use crate::yaml::{Node, Path, Segment};

/// A row of the table of effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRow {
    /// The kind of document.
    pub kind: &'static str,
    /// The path, with `[]` for items of lists and `{}` for entries of mappings.
    pub path: String,
    /// What changing it does.
    pub effect: Effect,
}

/// What changing the value at a path of a document does. Of unknown kinds and keys nothing is
/// known, so the answer is a reboot.
pub fn effect_of(kind: Option<&'static Kind>, path: &Path) -> Effect {
    let Some(kind) = kind else { return Effect::Reboot };
    let mut effect = kind.effect;
    let mut ty = Type::Object(kind.object);
    for segment in &path.0 {
        ty = match (ty, segment) {
            (Type::Object(object), Segment::Key(key)) => match object.field(key) {
                Some(field) => {
                    effect = field.effect.unwrap_or(effect);
                    field.ty
                }
                None => return Effect::Reboot,
            },
            (Type::List(item), Segment::Index(_)) => *item,
            (Type::Map(value), Segment::Key(_)) => *value,
            _ => break,
        };
    }
    effect
}

/// What changing a value does on a machine of a mode: nothing, when nobody carries out what is at its path. `root` is that
/// of the document as it will be, or was when it goes.
pub(crate) fn effect_in(mode: Mode, kind: Option<&'static Kind>, path: &Path, root: Option<&Node>) -> Effect {
    let Some(known) = kind else { return effect_of(kind, path) };
    let normal = notice::normalized(path, Type::Object(known.object));
    let nothing = row::rows_around(known.name, &normal).any(|row| {
        row.without_in(mode).is_some_and(|(_, without)| {
            // What nobody reads does nothing when it is switched off, either.
            let whole = row.by.is_empty() || without.when == When::Always;
            // The value that the row is about is on the way to the one that changes.
            let about = Path(path.0.iter().take(notice::steps(row.path).count()).cloned().collect());
            let case = |root: &Node| about.find(root).is_some_and(|node| without.when.holds(node));
            whole || root.is_some_and(case)
        })
    });
    if nothing { Effect::Nothing } else { effect_of(kind, path) }
}

/// Every field of every kind with its effect, v1alpha1 last.
pub fn effects() -> Vec<EffectRow> {
    let mut rows = Vec::new();
    for kind in KINDS.iter().chain([&V1ALPHA1]) {
        object(kind, kind.object, "", kind.effect, &mut rows);
    }
    rows
}

fn object(
    kind: &'static Kind,
    rows: &'static Object,
    prefix: &str,
    inherited: Effect,
    out: &mut Vec<EffectRow>,
) {
    for field in rows.fields() {
        let path = if prefix.is_empty() { field.key.to_owned() } else { format!("{prefix}.{}", field.key) };
        let effect = field.effect.unwrap_or(inherited);
        out.push(EffectRow { kind: kind.name, path: path.clone(), effect });
        inside(kind, &field.ty, &path, effect, out);
    }
}

fn inside(kind: &'static Kind, ty: &Type, path: &str, effect: Effect, out: &mut Vec<EffectRow>) {
    match ty {
        Type::Object(rows) => object(kind, rows, path, effect, out),
        Type::List(item) => inside(kind, item, &format!("{path}[]"), effect, out),
        Type::Map(value) => inside(kind, value, &format!("{path}{{}}"), effect, out),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
