//! The cluster that is looked at: its nodes, and its Kubernetes API.

use futures::future::try_join_all;
use proto::machine::ServiceInfo;
use proto::resource::cluster::MemberSpec;
use proto::resource::enums::MachineType;
use tokio::sync::OnceCell;

use crate::commands::kubeconfig;
use crate::kubeconfig::Kubeconfig;
use crate::kubernetes::Kubernetes;
use crate::node::Node;
use crate::resource::store::{self, Kind};
use crate::session::Session;

/// Members of the cluster as discovery knows them.
const MEMBERS: Kind<'static> = Kind { namespace: "cluster", typ: "Members.cluster.talos.dev" };

/// A cluster.
pub struct Cluster {
    /// Its control planes.
    pub control_planes: Vec<Node>,
    /// Its workers.
    pub workers: Vec<Node>,
    endpoint: Option<String>,
    kubernetes: OnceCell<Kubernetes>,
}

impl Cluster {
    /// The cluster of these nodes, by address. `endpoint`: another URL of its Kubernetes API than its
    /// kubeconfig has.
    ///
    /// # Errors
    /// If there is no control plane, or an address cannot be used.
    pub fn new(
        session: &Session,
        control_planes: &[String],
        workers: &[String],
        endpoint: Option<String>,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(!control_planes.is_empty(), "the cluster has no control plane node");
        let nodes = |names: &[String]| {
            names.iter().map(|name| session.node(name)).collect::<anyhow::Result<Vec<_>>>()
        };
        Ok(Self {
            control_planes: nodes(control_planes)?,
            workers: nodes(workers)?,
            endpoint,
            kubernetes: OnceCell::new(),
        })
    }

    /// Addresses of control planes and workers as a node's discovery knows them.
    ///
    /// # Errors
    /// If the node does not answer, or knows nobody.
    pub async fn discover(node: &Node) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        let (mut control_planes, mut workers) = (Vec::new(), Vec::new());
        for resource in store::list(node, MEMBERS).await? {
            let member: MemberSpec = store::spec(&resource)?;
            let address = member.addresses.iter().map(ToString::to_string).find(|a| !a.is_empty());
            let control_plane =
                matches!(member.machine_type(), MachineType::TypeControlPlane | MachineType::TypeInit);
            if control_plane { control_planes.extend(address) } else { workers.extend(address) }
        }
        anyhow::ensure!(!control_planes.is_empty(), "node {} knows no control plane yet", node.name);
        Ok((control_planes, workers))
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.control_planes.iter().chain(&self.workers)
    }

    /// The first control plane.
    pub fn first(&self) -> anyhow::Result<&Node> {
        self.control_planes.first().ok_or_else(|| anyhow::anyhow!("the cluster has no control plane node"))
    }

    /// The Kubernetes API, with an administrator's certificate of the cluster.
    ///
    /// # Errors
    /// If no control plane issues one.
    pub async fn kubernetes(&self) -> anyhow::Result<&Kubernetes> {
        let open = || async {
            let text = kubeconfig::fetch(self.first()?).await?;
            Kubernetes::new(&Kubeconfig::parse(text.as_bytes())?.access()?, self.endpoint.as_deref())
        };
        self.kubernetes.get_or_try_init(open).await
    }
}

/// Does `work` on every node at once; the first error counts, with its node.
pub(super) async fn on_each<'a, T>(
    nodes: impl Iterator<Item = &'a Node>,
    work: impl AsyncFn(&'a Node) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let work = &work;
    let all =
        nodes.map(|node| async move { work(node).await.map_err(|error| error.context(node.name.clone())) });
    try_join_all(all).await
}

/// A service of a node, if it has it.
pub(super) async fn service(node: &Node, id: &str) -> anyhow::Result<Option<ServiceInfo>> {
    let answer = node.machine().service_list(node.request(())).await?.into_inner();
    Ok(answer.messages.into_iter().flat_map(|m| m.services).find(|service| service.id == id))
}

/// Fails unless a service runs and is healthy.
pub(super) async fn service_is_healthy(node: &Node, id: &str) -> anyhow::Result<()> {
    let Some(service) = service(node, id).await? else { anyhow::bail!("service {id:?} is not there yet") };
    let last = service.events.as_ref().and_then(|events| events.events.last());
    let said = last.map(|event| event.msg.as_str()).unwrap_or_default();
    anyhow::ensure!(service.state == "Running", "service {id:?} is {}: {said}", service.state);
    let health = service.health.unwrap_or_default();
    anyhow::ensure!(!health.unknown, "service {id:?} was not looked at yet");
    anyhow::ensure!(health.healthy, "service {id:?} is not healthy: {}", health.last_message);
    Ok(())
}
