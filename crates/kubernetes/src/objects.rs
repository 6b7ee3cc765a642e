//! Nodes and pods as the API gives them.

use serde_json::Value;

/// A Node.
#[derive(Debug, Clone, Copy)]
pub struct NodeObject<'a>(pub &'a Value);

/// A Pod.
#[derive(Debug, Clone, Copy)]
pub struct PodObject<'a>(pub &'a Value);

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn condition(value: &Value, name: &str) -> bool {
    let conditions = value.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|c| text(c, "/type") == name && text(c, "/status") == "True")
}

/// The items of a list.
fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.get("items").and_then(Value::as_array).into_iter().flatten()
}

impl<'a> NodeObject<'a> {
    /// The nodes of a list.
    pub fn of_list(list: &'a Value) -> Vec<NodeObject<'a>> {
        items(list).map(NodeObject).collect()
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        text(self.0, "/metadata/name")
    }

    /// Its addresses within the cluster.
    pub fn internal_addresses(&self) -> Vec<&'a str> {
        let addresses = self.0.pointer("/status/addresses").and_then(Value::as_array).into_iter().flatten();
        addresses.filter(|a| text(a, "/type") == "InternalIP").map(|a| text(a, "/address")).collect()
    }

    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        condition(self.0, "Ready")
    }

    /// Whether pods may be placed on it.
    pub fn is_schedulable(&self) -> bool {
        self.0.pointer("/spec/unschedulable").and_then(Value::as_bool) != Some(true)
    }
}

impl<'a> PodObject<'a> {
    /// The pods of a list.
    pub fn of_list(list: &'a Value) -> Vec<PodObject<'a>> {
        items(list).map(PodObject).collect()
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        text(self.0, "/metadata/name")
    }

    /// Its namespace.
    pub fn namespace(&self) -> &'a str {
        text(self.0, "/metadata/namespace")
    }

    /// The node that it is placed on.
    pub fn node(&self) -> &'a str {
        text(self.0, "/spec/nodeName")
    }

    /// `Pending`, `Running`, `Succeeded`, `Failed`.
    pub fn phase(&self) -> &'a str {
        text(self.0, "/status/phase")
    }

    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        condition(self.0, "Ready")
    }

    /// Whether it is about to go.
    pub fn is_going(&self) -> bool {
        self.0.pointer("/metadata/deletionTimestamp").is_some()
    }

    /// Whether kubelet runs it from a file: it cannot be evicted.
    pub fn is_mirror(&self) -> bool {
        self.0.pointer("/metadata/annotations/kubernetes.io~1config.mirror").is_some()
    }

    /// Its identity: another pod of its name has another one.
    pub fn uid(&self) -> &'a str {
        text(self.0, "/metadata/uid")
    }

    /// Whether a DaemonSet made it: there is one on every node.
    pub fn is_of_daemon_set(&self) -> bool {
        let owners = self.0.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners.into_iter().flatten().any(|owner| text(owner, "/kind") == "DaemonSet")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_and_pods_say_what_checks_ask() {
        let node = json!({
            "metadata": {"name": "n"}, "spec": {"unschedulable": true},
            "status": {
                "addresses": [{"type": "Hostname", "address": "n"}, {"type": "InternalIP", "address": "10.5.0.2"}],
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        });
        let node = NodeObject(&node);
        assert_eq!((node.name(), node.internal_addresses()), ("n", vec!["10.5.0.2"]));
        assert!(node.is_ready() && !node.is_schedulable());
        let pod = json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}, "status": {}});
        assert!(PodObject(&pod).is_mirror() && !PodObject(&pod).is_ready());
        assert_eq!(PodObject::of_list(&json!({"items": [pod]})).len(), 1);
    }
}
