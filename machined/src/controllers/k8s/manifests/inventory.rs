//! What was applied once: objects that are in the inventory are never made again, even when somebody
//! deleted them. Names of entries are those of the cli-utils project, so that its tools read them. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use kubernetes::ObjectRef;

/// Name of the inventory, and its id (contract os.md 6.4).
pub const NAME: &str = "talos-bootstrap-manifests-inventory";

/// Path of the inventory.
pub const PATH: &str = "/api/v1/namespaces/kube-system/configmaps/talos-bootstrap-manifests-inventory";

/// Annotation of objects that belong to an inventory.
const OWNER: &str = "config.k8s.io/owning-inventory";

/// The entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    entries: BTreeSet<String>,
}

impl Inventory {
    /// From the object; an inventory that is not there is empty.
    pub fn read(object: Option<&Value>) -> Self {
        let data = object.and_then(|o| o.get("data")).and_then(Value::as_object);
        Self { entries: data.into_iter().flat_map(Map::keys).cloned().collect() }
    }

    /// Whether an object was applied before.
    pub fn contains(&self, object: &ObjectRef) -> bool {
        self.entries.contains(&entry(object))
    }

    /// Records an object; true when it is new.
    pub fn insert(&mut self, object: &ObjectRef) -> bool {
        self.entries.insert(entry(object))
    }

    /// The object that holds the entries.
    pub fn object(&self) -> Value {
        let data: Map<String, Value> = self.entries.iter().map(|e| (e.clone(), json!(""))).collect();
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": NAME,
                "namespace": "kube-system",
                "labels": {"cli-utils.sigs.k8s.io/inventory-id": NAME},
            },
            "data": data,
        })
    }
}

/// `namespace_name_group_kind`; colons, which names of roles may have, become two underscores.
fn entry(object: &ObjectRef) -> String {
    let name = object.name.replace(':', "__");
    format!("{}_{name}_{}_{}", object.namespace, object.group(), object.kind)
}

/// Marks an object as belonging to the inventory.
pub fn owned(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        if annotations.is_null() {
            *annotations = json!({});
        }
        annotations[OWNER] = json!(NAME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role() -> ObjectRef {
        ObjectRef {
            api_version: "rbac.authorization.k8s.io/v1".into(),
            kind: "ClusterRole".into(),
            namespace: String::new(),
            name: "system:coredns".into(),
        }
    }

    #[test]
    fn what_was_recorded_is_found_again_in_the_object() {
        let mut inventory = Inventory::default();
        assert!(inventory.insert(&role()) && !inventory.insert(&role()));
        let object = inventory.object();
        assert!(object["data"].get("_system__coredns_rbac.authorization.k8s.io_ClusterRole").is_some());
        assert!(Inventory::read(Some(&object)).contains(&role()));
        assert!(!Inventory::read(None).contains(&role()));
    }

    #[test]
    fn objects_are_marked_whether_they_have_annotations_or_not() {
        for metadata in [json!({}), json!({"annotations": null}), json!({"annotations": {"a": "b"}})] {
            let mut object = json!({"metadata": metadata});
            owned(&mut object);
            assert_eq!(object["metadata"]["annotations"][OWNER], NAME);
        }
    }
}
