//! What there is of a cluster, for people and scripts.

use std::path::Path;

use super::error::{Error, Result};
use super::state::{ClusterInfo, Files, HostRecord, NodeInfo, Phase};

/// One node as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeState {
    /// What it is.
    pub info: NodeInfo,
    /// `starting`, `running`, `restarting`, `stopped`; `lost` if the host process is gone.
    pub state: String,
    /// Process id of its init on this machine.
    pub pid: Option<i32>,
    /// How often it was started again by the host process that runs now.
    pub restarts: u32,
    /// How its last run ended.
    pub last_exit: Option<String>,
    /// Whether it has a configuration.
    pub configured: bool,
}

/// A cluster as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it is.
    pub cluster: ClusterInfo,
    /// Whether all nodes were given their configuration.
    pub complete: bool,
    /// The host process, if it runs.
    pub host_pid: Option<i32>,
    /// Its nodes.
    pub nodes: Vec<NodeState>,
}

/// Names of the clusters below `root`.
pub fn list(root: &Path) -> Result<Vec<String>> {
    // Any label will do: the files of all clusters share the root.
    Ok(Files::new(root, "x")?.all())
}

/// The cluster `name` below `root`.
///
/// # Errors
/// If there is none.
pub fn show(root: &Path, name: &str) -> Result<Summary> {
    let files = Files::new(root, name)?;
    let stored = files.load()?.ok_or_else(|| {
        Error::Request(format!("there is no cluster {name} in {}; create it first", files.root().display()))
    })?;
    let host = files.host().filter(HostRecord::is_alive);
    let nodes = stored.cluster.nodes.iter().map(|info| {
        let record = host.as_ref().and_then(|host| host.nodes.get(&info.name)).cloned();
        let known = record.is_some();
        let record = record.unwrap_or_default();
        NodeState {
            info: info.clone(),
            state: if known { record.state } else { "lost".into() },
            pid: record.pid,
            restarts: record.restarts,
            last_exit: record.last_exit,
            configured: files.is_configured(&info.name),
        }
    });
    let nodes = nodes.collect();
    Ok(Summary {
        complete: stored.phase == Phase::Created,
        host_pid: host.map(|host| host.pid),
        nodes,
        cluster: stored.cluster,
    })
}
