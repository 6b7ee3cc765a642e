//! The cluster that is looked at, through the connections of a session.

use async_trait::async_trait;
use health::{Cluster, Node as Looked};
use kubernetes::Client;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::commands::kubeconfig;
use crate::kubeconfig::Kubeconfig;
use crate::node::Node;
use crate::session::Session;

/// The cluster of these nodes, by address. `endpoint`: another URL of its Kubernetes API than its kubeconfig
/// has.
///
/// # Errors
/// If there is no control plane, or an address cannot be used.
pub fn of(
    session: &Session,
    control_planes: &[String],
    workers: &[String],
    endpoint: Option<String>,
) -> anyhow::Result<Cluster> {
    let Some(first) = control_planes.first() else { anyhow::bail!("the cluster has no control plane node") };
    let nodes = |names: &[String]| {
        names.iter().map(|name| Ok(session.node(name)?.looked_at())).collect::<anyhow::Result<Vec<Looked>>>()
    };
    let kubernetes = Issued { from: session.node(first)?, endpoint, client: OnceCell::new() };
    Ok(Cluster {
        control_planes: nodes(control_planes)?,
        workers: nodes(workers)?,
        kubernetes: Box::new(kubernetes),
    })
}

/// Addresses of control planes and workers as a node's discovery knows them.
///
/// # Errors
/// If the node does not answer, or knows nobody.
pub async fn discover(node: &Node) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    health::discover(&node.looked_at()).await
}

/// The Kubernetes API, with an administrator's certificate that a control plane issues.
struct Issued {
    from: Node,
    endpoint: Option<String>,
    client: OnceCell<Client>,
}

#[async_trait]
impl health::Kubernetes for Issued {
    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let open = || async {
            let text = kubeconfig::fetch(&self.from).await?;
            let access = Kubeconfig::parse(text.as_bytes())?.access(self.endpoint.as_deref())?;
            anyhow::Ok(Client::new(&access)?)
        };
        Ok(self.client.get_or_try_init(open).await?.get(path).await?)
    }
}
