//! What Kubernetes says about its nodes and components.

use kubernetes::{NodeObject, PodObject};
use proto::resource::k8s::BootstrapManifestsConfigSpec;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::node::{self, Kind};
use crate::run::Verdict;

/// What the cluster's own manifests are made from.
const BOOTSTRAP: Kind =
    Kind { namespace: "controlplane", typ: "BootstrapManifestsConfigs.kubernetes.talos.dev" };

/// Components that every control plane runs, by their label `k8s-app` (contract os.md 6.2).
const COMPONENTS: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

async fn nodes(cluster: &Cluster) -> anyhow::Result<Value> {
    cluster.kubernetes.get("/api/v1/nodes").await
}

async fn pods(cluster: &Cluster, app: &str) -> anyhow::Result<Value> {
    let path = format!("/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3D{app}");
    cluster.kubernetes.get(&path).await
}

async fn bootstrap(cluster: &Cluster) -> anyhow::Result<BootstrapManifestsConfigSpec> {
    node::spec(&cluster.first()?.get(BOOTSTRAP, "manifests").await?)
}

pub(super) async fn report(cluster: &Cluster) -> anyhow::Result<Verdict> {
    let list = match nodes(cluster).await {
        Ok(list) => list,
        Err(error) => return Err(super::node::with_trouble(cluster, error).await),
    };
    let wanted: Vec<&str> = cluster.nodes().map(|node| node.name.as_str()).collect();
    all_report(&NodeObject::of_list(&list), &wanted)?;
    Ok(Verdict::Passed)
}

fn all_report(found: &[NodeObject<'_>], wanted: &[&str]) -> anyhow::Result<()> {
    let has = |node: &NodeObject<'_>, address: &str| node.internal_addresses().contains(&address);
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|w| !found.iter().any(|node| has(node, w))).collect();
    anyhow::ensure!(missing.is_empty(), "these nodes do not report yet: {}", missing.join(", "));
    let foreign = found.iter().filter(|node| !wanted.iter().any(|w| has(node, w)));
    let foreign: Vec<&str> = foreign.map(NodeObject::name).collect();
    anyhow::ensure!(
        foreign.is_empty(),
        "these Kubernetes nodes are none of the cluster's: {}",
        foreign.join(", ")
    );
    Ok(())
}

pub(super) async fn components(cluster: &Cluster) -> anyhow::Result<Verdict> {
    for component in COMPONENTS {
        let list = pods(cluster, component).await?;
        let ready = PodObject::of_list(&list).iter().filter(|pod| pod.is_ready()).count();
        let wanted = cluster.control_planes.len();
        anyhow::ensure!(ready >= wanted, "{component}: {ready} of {wanted} pods are ready");
    }
    Ok(Verdict::Passed)
}

pub(super) async fn ready(cluster: &Cluster) -> anyhow::Result<Verdict> {
    // Without a network of pods no node becomes ready.
    if bootstrap(cluster).await?.cni_name == "none" {
        return Ok(Verdict::Skipped);
    }
    let list = nodes(cluster).await?;
    let waiting: Vec<&str> =
        NodeObject::of_list(&list).iter().filter(|node| !node.is_ready()).map(NodeObject::name).collect();
    anyhow::ensure!(waiting.is_empty(), "some nodes are not ready: {}", waiting.join(", "));
    Ok(Verdict::Passed)
}

pub(super) async fn proxy(cluster: &Cluster) -> anyhow::Result<Verdict> {
    if !bootstrap(cluster).await?.proxy_enabled {
        return Ok(Verdict::Skipped);
    }
    pods_ready(&pods(cluster, "kube-proxy").await?, "kube-proxy", cluster.nodes().count())
}

pub(super) async fn dns(cluster: &Cluster) -> anyhow::Result<Verdict> {
    let config = bootstrap(cluster).await?;
    if !config.core_dns_enabled || config.cni_name == "none" {
        return Ok(Verdict::Skipped);
    }
    pods_ready(&pods(cluster, "kube-dns").await?, "coredns", 1)
}

/// Whether there are as many pods as wanted, and all are ready.
fn pods_ready(list: &Value, name: &str, least: usize) -> anyhow::Result<Verdict> {
    let pods: Vec<PodObject<'_>> =
        PodObject::of_list(list).into_iter().filter(|pod| !pod.is_going()).collect();
    anyhow::ensure!(pods.len() >= least, "{name}: there are {} of {least} pods", pods.len());
    let waiting: Vec<&str> = pods.iter().filter(|pod| !pod.is_ready()).map(PodObject::name).collect();
    anyhow::ensure!(waiting.is_empty(), "{name}: some pods are not ready: {}", waiting.join(", "));
    Ok(Verdict::Passed)
}

pub(super) async fn schedulable(cluster: &Cluster) -> anyhow::Result<Verdict> {
    let list = nodes(cluster).await?;
    let cordoned: Vec<&str> = NodeObject::of_list(&list)
        .iter()
        .filter(|node| !node.is_schedulable())
        .map(NodeObject::name)
        .collect();
    anyhow::ensure!(cordoned.is_empty(), "some nodes are not schedulable: {}", cordoned.join(", "));
    Ok(Verdict::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(name: &str, address: &str) -> Value {
        json!({"metadata": {"name": name}, "status": {"addresses": [{"type": "InternalIP", "address": address}]}})
    }

    #[test]
    fn nodes_that_are_missing_or_foreign_are_named() {
        let (one, two) = (node("a", "10.5.0.2"), node("b", "10.5.0.3"));
        let found = [NodeObject(&one), NodeObject(&two)];
        assert!(all_report(&found, &["10.5.0.2", "10.5.0.3"]).is_ok());
        let missing = all_report(&found, &["10.5.0.2", "10.5.0.3", "10.5.0.4"]).unwrap_err().to_string();
        assert_eq!(missing, "these nodes do not report yet: 10.5.0.4");
        let foreign = all_report(&found, &["10.5.0.2"]).unwrap_err().to_string();
        assert!(foreign.ends_with(": b"), "{foreign}");
    }

    #[test]
    fn pods_that_are_about_to_go_do_not_count() {
        let pod = |name: &str, ready: &str, going: bool| {
            let mut pod = json!({"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}});
            if going {
                pod["metadata"]["deletionTimestamp"] = "now".into();
            }
            pod
        };
        let list = json!({"items": [pod("a", "True", false), pod("b", "False", true)]});
        assert!(pods_ready(&list, "coredns", 1).is_ok());
        assert!(pods_ready(&list, "coredns", 2).unwrap_err().to_string().contains("1 of 2"));
        let waiting = json!({"items": [pod("a", "False", false)]});
        assert!(pods_ready(&waiting, "coredns", 1).unwrap_err().to_string().ends_with(": a"));
    }
}
