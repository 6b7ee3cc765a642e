//! The cluster that is looked at: its nodes, and its Kubernetes API.

use async_trait::async_trait;
use futures::future::try_join_all;
use proto::resource::cluster::MemberSpec;
use proto::resource::enums::MachineType;
use serde_json::Value;

use crate::node::{Kind, Node, spec};

/// Members of the cluster as discovery knows them.
const MEMBERS: Kind = Kind { namespace: "cluster", typ: "Members.cluster.talos.dev" };

/// The Kubernetes API of a cluster.
#[async_trait]
pub trait Kubernetes: Send + Sync {
    /// What is at a path.
    ///
    /// # Errors
    /// When there are no credentials yet, no answer, or a refusal.
    async fn get(&self, path: &str) -> anyhow::Result<Value>;
}

/// A cluster.
pub struct Cluster {
    /// Its control planes.
    pub control_planes: Vec<Node>,
    /// Its workers.
    pub workers: Vec<Node>,
    /// Its Kubernetes API.
    pub kubernetes: Box<dyn Kubernetes>,
}

impl Cluster {
    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.control_planes.iter().chain(&self.workers)
    }

    /// The first control plane.
    pub(crate) fn first(&self) -> anyhow::Result<&Node> {
        self.control_planes.first().ok_or_else(|| anyhow::anyhow!("the cluster has no control plane node"))
    }
}

/// Addresses of control planes and workers as a node's discovery knows them.
///
/// # Errors
/// If the node does not answer, or knows nobody.
pub async fn discover(node: &Node) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let (mut control_planes, mut workers) = (Vec::new(), Vec::new());
    for resource in node.list(MEMBERS).await? {
        let member: MemberSpec = spec(&resource)?;
        let address = member.addresses.iter().map(ToString::to_string).find(|a| !a.is_empty());
        let control_plane =
            matches!(member.machine_type(), MachineType::TypeControlPlane | MachineType::TypeInit);
        if control_plane { control_planes.extend(address) } else { workers.extend(address) }
    }
    anyhow::ensure!(!control_planes.is_empty(), "node {} knows no control plane yet", node.name);
    Ok((control_planes, workers))
}

/// Does `work` on every node at once; the first error counts, with its node.
pub(crate) async fn on_each<'a, T, F>(
    nodes: impl Iterator<Item = &'a Node>,
    work: impl Fn(&'a Node) -> F,
) -> anyhow::Result<Vec<T>>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let all = nodes.map(|node| {
        let done = work(node);
        async move { done.await.map_err(|error| error.context(node.name.clone())) }
    });
    try_join_all(all).await
}
