//! Taking pods off a node.

use serde_json::{Value, json};

use crate::{Client, PodObject, Result};

/// The pods that go with a node: not those that its kubelet or a DaemonSet keeps there, nor those that have ended
/// (contract api.md 8.5).
pub fn evictable(list: &Value) -> Vec<PodObject<'_>> {
    let stays = |pod: &PodObject<'_>| {
        pod.is_mirror() || pod.is_of_daemon_set() || matches!(pod.phase(), "Succeeded" | "Failed")
    };
    PodObject::of_list(list).into_iter().filter(|pod| !stays(pod)).collect()
}

impl Client {
    /// Asks for the eviction of a pod. A disruption budget that forbids it for now shows as
    /// [`crate::Error::is_too_many`].
    ///
    /// # Errors
    /// When there is no answer, or a refusal.
    pub async fn evict(&self, pod: &PodObject<'_>) -> Result<()> {
        let (namespace, name) = (pod.namespace(), pod.name());
        let eviction = json!({
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
        });
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/eviction");
        self.create(&path, &eviction).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pods_that_can_run_elsewhere_are_evicted() {
        let pod = |name: &str, owner: &str, phase: &str| {
            json!({
                "metadata": {"name": name, "namespace": "n", "ownerReferences": [{"kind": owner}]},
                "status": {"phase": phase},
            })
        };
        let mut mirror = pod("static", "Node", "Running");
        mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        let mut second = pod("second", "Other", "Running");
        second["metadata"]["ownerReferences"] = json!([{"kind": "Other"}, {"kind": "DaemonSet"}]);
        let list = json!({"items": [
            pod("web", "ReplicaSet", "Running"),
            pod("waiting", "ReplicaSet", "Pending"),
            pod("proxy", "DaemonSet", "Running"),
            pod("job", "Job", "Succeeded"),
            mirror,
            second,
            {"metadata": {"name": "bare", "namespace": "n"}, "status": {"phase": "Running"}},
        ]});
        let names: Vec<&str> = evictable(&list).iter().map(PodObject::name).collect();
        assert_eq!(names, ["web", "waiting", "bare"]);
    }
}
