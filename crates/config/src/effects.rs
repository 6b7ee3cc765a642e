//! What changing a field does: one answer for every path, from the table of fields.

use crate::documents::{KINDS, Kind, V1ALPHA1};
use crate::schema::{Effect, Object, Type};
use crate::yaml::{Path, Segment};

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
mod tests {
    use super::*;
    use crate::documents::kind_of;

    #[test]
    fn paths_inherit_and_override_the_effect_of_what_they_are_in() {
        let legacy = Some(&V1ALPHA1);
        let table = [
            ("machine.kubelet.extraArgs.v", Effect::ServiceRestart("kubelet")),
            ("machine.install.image", Effect::NoneAfterInstall),
            ("machine.sysctls.a", Effect::Live),
            ("machine.type", Effect::Reinstall),
            ("machine.env.A", Effect::Reboot),
            ("machine.systemDiskEncryption.state.keys.0", Effect::Reboot),
            ("machine.systemDiskEncryption.state.cipher", Effect::Reinstall),
            ("cluster.apiServer.certSANs.0", Effect::Live),
            ("cluster.apiServer.image", Effect::ServiceRestart("kube-apiserver")),
            ("machine.future", Effect::Reboot),
        ];
        for (path, effect) in table {
            assert_eq!(effect_of(legacy, &Path::dotted(path)), effect, "{path}");
        }
        assert_eq!(effect_of(kind_of("LinkConfig"), &Path::dotted("addresses.0.address")), Effect::Live);
        assert_eq!(
            effect_of(kind_of("VolumeConfig"), &Path::dotted("provisioning.minSize")),
            Effect::Reinstall
        );
        assert_eq!(effect_of(None, &Path::root()), Effect::Reboot);
    }

    #[test]
    fn every_field_has_a_row_that_agrees_with_the_answer_for_its_path() {
        let rows = effects();
        assert!(rows.len() > 1000, "{}", rows.len());
        for row in rows {
            let kind = kind_of(row.kind).or(Some(&V1ALPHA1));
            let path = row.path.replace("[]", ".0").replace("{}", ".key");
            assert_eq!(effect_of(kind, &Path::dotted(&path)), row.effect, "{} {}", row.kind, row.path);
        }
    }
}
