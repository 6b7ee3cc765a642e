//! What has to change on the node object (contract os.md 6.5). Pure.
//!
//! Keys that were put there by us are known from lists in annotations; everything else belongs to others
//! and is left alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Annotations that list what is ours.
const OWNED_LABELS: &str = "talos.dev/owned-labels";
const OWNED_ANNOTATIONS: &str = "talos.dev/owned-annotations";
const OWNED_TAINTS: &str = "talos.dev/owned-taints";

/// Annotation of a node that we have cordoned.
const CORDONED: &str = "talos.dev/cordoned";

/// What the node should be like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Taints by key: value and effect.
    pub taints: BTreeMap<String, (String, String)>,
    /// Nothing new shall be scheduled.
    pub cordoned: bool,
}

/// The merge patch that makes a node as wanted; `None` when it is.
pub fn plan(node: &Value, wanted: &Wanted) -> Option<Value> {
    let labels = texts(node, "/metadata/labels");
    let mut annotations = texts(node, "/metadata/annotations");
    let taints = taints(node);

    let label_change = reconcile(&labels, &owned(&annotations, OWNED_LABELS), &wanted.labels);
    let annotation_change =
        reconcile(&annotations, &owned(&annotations, OWNED_ANNOTATIONS), &wanted.annotations);
    let taint_change = reconcile(&taints, &owned(&annotations, OWNED_TAINTS), &wanted.taints);

    let mut new_annotations = annotation_change.changes.clone();
    for (key, change) in [
        (OWNED_LABELS, &label_change.owned),
        (OWNED_ANNOTATIONS, &annotation_change.owned),
        (OWNED_TAINTS, &taint_change.owned),
    ] {
        record(&mut new_annotations, &annotations, key, change);
    }
    let unschedulable = node.pointer("/spec/unschedulable").and_then(Value::as_bool).unwrap_or(false);
    let ours = annotations.remove(CORDONED).is_some();
    let mut spec = Map::new();
    if wanted.cordoned && !(unschedulable && ours) {
        // A node that somebody else had cordoned before stays cordoned when we are back.
        if !unschedulable {
            spec.insert("unschedulable".to_owned(), json!(true));
            new_annotations.insert(CORDONED.to_owned(), Some("true".to_owned()));
        }
    } else if !wanted.cordoned && ours {
        spec.insert("unschedulable".to_owned(), Value::Null);
        new_annotations.insert(CORDONED.to_owned(), None);
    }
    if !taint_change.changes.is_empty() {
        spec.insert("taints".to_owned(), taint_list(node, &taint_change.changes));
    }

    let mut metadata = Map::new();
    insert(&mut metadata, "labels", label_change.changes);
    insert(&mut metadata, "annotations", new_annotations);
    if metadata.is_empty() && spec.is_empty() {
        return None;
    }
    // Somebody may have written in between: the list of taints is replaced as a whole.
    if let Some(version) = node.pointer("/metadata/resourceVersion") {
        metadata.insert("resourceVersion".to_owned(), version.clone());
    }
    let mut patch = json!({ "metadata": metadata });
    if !spec.is_empty() {
        patch["spec"] = Value::Object(spec);
    }
    Some(patch)
}

struct Change<T> {
    /// Keys to set, and keys to remove.
    changes: BTreeMap<String, Option<T>>,
    /// Keys that are ours afterwards.
    owned: BTreeSet<String>,
}

fn reconcile<T: Clone + PartialEq>(
    present: &BTreeMap<String, T>,
    owned: &BTreeSet<String>,
    wanted: &BTreeMap<String, T>,
) -> Change<T> {
    let mut change = Change { changes: BTreeMap::new(), owned: BTreeSet::new() };
    for (key, value) in wanted {
        match present.get(key) {
            Some(there) if there == value => {
                change.owned.insert(key.clone());
            }
            Some(_) if !owned.contains(key) => {}
            _ => {
                change.changes.insert(key.clone(), Some(value.clone()));
                change.owned.insert(key.clone());
            }
        }
    }
    for key in owned.iter().filter(|key| !wanted.contains_key(*key) && present.contains_key(*key)) {
        change.changes.insert(key.clone(), None);
    }
    change
}

fn texts(node: &Value, path: &str) -> BTreeMap<String, String> {
    let map = node.pointer(path).and_then(Value::as_object);
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    map.into_iter().flatten().filter_map(text).collect()
}

fn taint_values(node: &Value) -> &[Value] {
    node.pointer("/spec/taints").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn taints(node: &Value) -> BTreeMap<String, (String, String)> {
    let text =
        |taint: &Value, key: &str| taint.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    taint_values(node).iter().map(|t| (text(t, "key"), (text(t, "value"), text(t, "effect")))).collect()
}

/// The taints afterwards: those that are there and not ours to change, then ours.
fn taint_list(node: &Value, changes: &BTreeMap<String, Option<(String, String)>>) -> Value {
    let kept = taint_values(node).iter().filter(|taint| {
        let key = taint.get("key").and_then(Value::as_str).unwrap_or_default();
        !changes.contains_key(key)
    });
    let set = changes.iter().filter_map(|(key, change)| {
        let (value, effect) = change.as_ref()?;
        let mut taint = json!({"key": key, "effect": effect});
        if !value.is_empty() {
            taint["value"] = json!(value);
        }
        Some(taint)
    });
    kept.cloned().chain(set).collect()
}

fn owned(annotations: &BTreeMap<String, String>, key: &str) -> BTreeSet<String> {
    annotations.get(key).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Writes down what is ours, where that changed.
fn record(
    into: &mut BTreeMap<String, Option<String>>,
    annotations: &BTreeMap<String, String>,
    key: &str,
    keys: &BTreeSet<String>,
) {
    let text = (!keys.is_empty()).then(|| serde_json::to_string(keys).unwrap_or_default());
    if annotations.get(key) != text.as_ref() {
        into.insert(key.to_owned(), text);
    }
}

fn insert(metadata: &mut Map<String, Value>, key: &str, changes: BTreeMap<String, Option<String>>) {
    if !changes.is_empty() {
        let changes: Map<String, Value> = changes.into_iter().map(|(k, v)| (k, json!(v))).collect();
        metadata.insert(key.to_owned(), Value::Object(changes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(labels: &[(&str, &str)]) -> Wanted {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Wanted { labels, ..Wanted::default() }
    }

    /// The node after a patch.
    fn patched(mut node: Value, patch: &Value) -> Value {
        fn merge(into: &mut Value, from: &Value) {
            let Value::Object(from) = from else {
                *into = from.clone();
                return;
            };
            if !into.is_object() {
                *into = json!({});
            }
            for (key, value) in from {
                match value {
                    Value::Null => drop(into.as_object_mut().unwrap().remove(key)),
                    value => merge(&mut into[key], value),
                }
            }
        }
        merge(&mut node, patch);
        node
    }

    #[test]
    fn new_keys_are_set_and_remembered_and_the_second_plan_is_empty() {
        let node = json!({"metadata": {"resourceVersion": "7", "labels": {"x": "y"}}});
        let wanted = wanted(&[("a", "b")]);
        let patch = plan(&node, &wanted).unwrap();
        assert_eq!(patch["metadata"]["labels"], json!({"a": "b"}));
        assert_eq!(patch["metadata"]["resourceVersion"], "7");
        let node = patched(node, &patch);
        assert_eq!(node["metadata"]["annotations"][OWNED_LABELS], r#"["a"]"#);
        assert_eq!(plan(&node, &wanted), None);
    }

    #[test]
    fn what_others_set_differently_is_theirs_and_what_they_set_equally_becomes_ours() {
        let node = json!({"metadata": {"labels": {"a": "theirs", "b": "same"}}});
        let patch = plan(&node, &wanted(&[("a", "ours"), ("b", "same")])).unwrap();
        assert!(patch["metadata"].get("labels").is_none());
        let node = patched(node, &patch);
        assert_eq!(node["metadata"]["annotations"][OWNED_LABELS], r#"["b"]"#);
        let node = patched(node.clone(), &plan(&node, &wanted(&[])).unwrap());
        assert_eq!(node["metadata"]["labels"], json!({"a": "theirs"}));
        assert!(node["metadata"]["annotations"].get(OWNED_LABELS).is_none());
    }

    #[test]
    fn taints_of_others_stay() {
        let node = json!({"spec": {"taints": [{"key": "x", "effect": "NoExecute"}]}});
        let taints = [("a".to_owned(), (String::new(), "NoSchedule".to_owned()))].into();
        let wanted = Wanted { taints, ..Wanted::default() };
        let patch = plan(&node, &wanted).unwrap();
        let node = patched(node, &patch);
        assert_eq!(
            node["spec"]["taints"],
            json!([{"key": "x", "effect": "NoExecute"}, {"key": "a", "effect": "NoSchedule"}])
        );
        assert_eq!(plan(&node, &wanted), None);
        let node = patched(node.clone(), &plan(&node, &Wanted::default()).unwrap());
        assert_eq!(node["spec"]["taints"], json!([{"key": "x", "effect": "NoExecute"}]));
    }

    #[test]
    fn only_a_node_that_we_cordoned_is_uncordoned() {
        let cordoned = Wanted { cordoned: true, ..Wanted::default() };
        let ours = patched(json!({}), &plan(&json!({}), &cordoned).unwrap());
        assert_eq!(ours["spec"]["unschedulable"], true);
        assert_eq!(plan(&ours, &cordoned), None);
        let back = patched(ours.clone(), &plan(&ours, &Wanted::default()).unwrap());
        assert!(back["spec"].get("unschedulable").is_none());
        let theirs = json!({"spec": {"unschedulable": true}});
        assert_eq!(plan(&theirs, &cordoned), None);
        assert_eq!(plan(&theirs, &Wanted::default()), None);
    }
}
