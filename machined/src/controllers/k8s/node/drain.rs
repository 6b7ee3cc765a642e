//! Takes pods off a node that goes down.

use std::time::{Duration, Instant};

use futures::future::join_all;
use proto::resource::k8s::{NodeStatusSpec, NodenameSpec};
use serde_json::{Value, json};
use state::{State, ops};

use super::access;
use crate::kubernetes::client::{Client, Error};

/// Longest wait until nothing new is scheduled (contract os.md 2.4).
const CORDON: Duration = Duration::from_secs(60);

/// Longest wait for all pods to go.
const DRAIN: Duration = Duration::from_secs(300);

/// Pause between looks at a pod that is asked to go.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits until the node is cordoned, which follows from what the machine is about, then evicts its pods.
///
/// # Errors
/// When Kubernetes cannot be asked, or pods stay.
pub async fn drain(state: &dyn State) -> anyhow::Result<()> {
    let Some(name) = ops::get::<NodenameSpec>(state, "nodename").await?.map(|n| n.spec) else {
        return Ok(());
    };
    if name.skip_node_registration {
        return Ok(());
    }
    let Some(access) = access::kubelet(state).await? else { return Ok(()) };
    let cordoned = ops::wait_for::<NodeStatusSpec>(state, &name.nodename, |n| n.spec.unschedulable);
    if tokio::time::timeout(CORDON, cordoned).await.is_err() {
        tracing::warn!("Kubernetes does not say that this node is cordoned; draining it nevertheless");
    }
    let client = Client::new(&access)?;
    let path = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{}", name.nodename);
    let pods = evictable(&client.get(&path).await?);
    tracing::info!("evicting {} pods", pods.len());
    let evictions = join_all(pods.iter().map(|pod| evict(&client, pod)));
    match tokio::time::timeout(DRAIN, evictions).await {
        Ok(results) => Ok(results.into_iter().collect::<Result<(), Error>>()?),
        Err(_) => anyhow::bail!("some pods did not go within {} s", DRAIN.as_secs()),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pod {
    namespace: String,
    name: String,
    uid: String,
}

/// Pods that can go elsewhere: not those that every node has, nor those that have ended.
fn evictable(list: &Value) -> Vec<Pod> {
    let items = list.get("items").and_then(Value::as_array);
    let evictable = |pod: &Value| {
        let text = |path: &str| pod.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let mirror = pod.pointer("/metadata/annotations/kubernetes.io~1config.mirror").is_some();
        let ended = matches!(text("/status/phase").as_deref(), Some("Succeeded" | "Failed"));
        let owners = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        let daemon =
            owners.into_iter().flatten().any(|o| o.get("kind").and_then(Value::as_str) == Some("DaemonSet"));
        if mirror || ended || daemon {
            return None;
        }
        Some(Pod {
            namespace: text("/metadata/namespace")?,
            name: text("/metadata/name")?,
            uid: text("/metadata/uid").unwrap_or_default(),
        })
    };
    items.into_iter().flatten().filter_map(evictable).collect()
}

/// Asks for the eviction as long as a disruption budget forbids it, then waits until the pod is gone.
async fn evict(client: &Client, pod: &Pod) -> Result<(), Error> {
    let path = format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name);
    let eviction = json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": pod.namespace},
    });
    let began = Instant::now();
    loop {
        match client.create(&format!("{path}/eviction"), &eviction).await {
            Ok(_) => break,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) if error.is_too_many() && began.elapsed() < DRAIN => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error),
        }
    }
    loop {
        match client.find(&path).await? {
            Some(found) if found.pointer("/metadata/uid").and_then(Value::as_str) == Some(&pod.uid) => {
                tokio::time::sleep(PAUSE).await;
            }
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_node_has_and_what_has_ended_stays() {
        let pod = |name: &str, extra: Value| {
            let mut pod = json!({"metadata": {"namespace": "a", "name": name, "uid": "1"}, "status": {"phase": "Running"}});
            for (key, value) in extra.as_object().unwrap() {
                pod["metadata"][key] = value.clone();
            }
            pod
        };
        let mut done = pod("done", json!({}));
        done["status"]["phase"] = json!("Succeeded");
        let list = json!({"items": [
            pod("normal", json!({})),
            pod("mirror", json!({"annotations": {"kubernetes.io/config.mirror": "x"}})),
            pod("daemon", json!({"ownerReferences": [{"kind": "DaemonSet"}]})),
            done,
        ]});
        let names: Vec<_> = evictable(&list).into_iter().map(|p| p.name).collect();
        assert_eq!(names, ["normal"]);
    }
}
