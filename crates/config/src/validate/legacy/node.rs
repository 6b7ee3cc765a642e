//! Labels, annotations and taints of the node.

use indexmap::IndexMap;

use super::super::text::{is_label_value, is_qualified_name};
use super::super::{Context, at};
use crate::access::Taint;
use crate::documents::v1alpha1::MachineConfig;
use crate::yaml::Path;

/// The most that all annotations together may hold.
const MOST_ANNOTATION_BYTES: usize = 256 << 10;

pub(super) fn validate(machine: &MachineConfig, cx: &mut Context<'_>) {
    labels(&machine.node_labels, &at!["machine", "nodeLabels"], cx);
    annotations(&machine.node_annotations, &at!["machine", "nodeAnnotations"], cx);
    taints(&machine.node_taints, &at!["machine", "nodeTaints"], cx);
}

fn key(name: &str, path: &Path, rule: &'static str, cx: &mut Context<'_>) {
    if !is_qualified_name(name) {
        let message = format!(
            "{name:?} is not a valid key: at most 63 letters, digits, '-', '_' and '.', with a domain and '/' in \
             front if it has one"
        );
        cx.error(rule, path.join(name), message);
    }
}

/// Rules of labels.
pub(crate) fn labels(labels: &IndexMap<String, String>, path: &Path, cx: &mut Context<'_>) {
    for (name, value) in labels {
        key(name, path, "node-label", cx);
        if !is_label_value(value) {
            let message =
                format!("{value:?} is not a valid value: at most 63 letters, digits, '-', '_' and '.'");
            cx.error("node-label", path.join(name.as_str()), message);
        }
    }
}

/// Rules of annotations.
pub(crate) fn annotations(annotations: &IndexMap<String, String>, path: &Path, cx: &mut Context<'_>) {
    let mut bytes = 0;
    for (name, value) in annotations {
        bytes += name.len() + value.len();
        // Keys of annotations are compared without regard to case.
        key_of_annotation(name, path, cx);
        if name.starts_with("talos.dev/owned-") {
            let message = "keys that begin with talos.dev/owned- are for the system's own books";
            cx.error("node-annotation-reserved", path.join(name.as_str()), message);
        }
    }
    if bytes > MOST_ANNOTATION_BYTES {
        let message =
            format!("annotations hold {bytes} bytes, more than the {MOST_ANNOTATION_BYTES} that fit");
        cx.error("node-annotations-size", path.clone(), message);
    }
}

fn key_of_annotation(name: &str, path: &Path, cx: &mut Context<'_>) {
    if !is_qualified_name(&name.to_ascii_lowercase()) {
        key(name, path, "node-annotation", cx);
    }
}

/// Rules of taints.
pub(crate) fn taints(taints: &IndexMap<String, String>, path: &Path, cx: &mut Context<'_>) {
    for (name, text) in taints {
        key(name, path, "node-taint", cx);
        let taint = Taint::parse(name, text);
        if !matches!(taint.effect.as_str(), "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let message = format!(
                "{text:?} must be value:effect or effect, with the effect NoSchedule, PreferNoSchedule or NoExecute"
            );
            cx.error("node-taint", path.join(name.as_str()), message);
        } else if !is_label_value(&taint.value) {
            let message = format!("{:?} is not a valid value of a taint", taint.value);
            cx.error("node-taint", path.join(name.as_str()), message);
        }
    }
}
