//! What is collected of the cluster: nodes and system pods as Kubernetes has them.

use config::yaml::{Node as Yaml, write};
use kubernetes::{Access, Client};

use super::collect::Found;
use crate::commands::kubeconfig;
use crate::node::Node;

/// Files of the archive, and where Kubernetes has their content.
const FILES: [(&str, &str); 2] =
    [("nodes.yaml", "/api/v1/nodes"), ("systemPods.yaml", "/api/v1/namespaces/kube-system/pods")];

/// Folder of the archive.
pub const FOLDER: &str = "kubernetesResources";

/// Asks the first node that gives access to the Kubernetes API.
///
/// # Errors
/// If none of them does.
pub async fn collect(nodes: &[Node]) -> anyhow::Result<Found> {
    let mut last = anyhow::anyhow!("no node could be asked");
    for node in nodes {
        match kubeconfig::fetch(node).await {
            Ok(text) => return from(&Client::new(&Access::from_kubeconfig(&text)?)?).await,
            Err(error) => last = error.context(format!("{} gives no access to Kubernetes", node.name)),
        }
    }
    Err(last)
}

async fn from(client: &Client) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for (name, path) in FILES {
        match client.get(path).await {
            Ok(list) => found.files.push((name.to_owned(), write(&Yaml::from(list)).into_bytes())),
            Err(error) => found.missing.push((name.to_owned(), error.into())),
        }
    }
    Ok(found)
}
