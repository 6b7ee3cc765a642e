//! What a caller says about a cluster, and hears while it is made.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::state::{ClusterInfo, NodeInfo};

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs etcd and the control plane; the endpoint is forwarded to it.
    ControlPlane,
    /// Runs workloads.
    Worker,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::ControlPlane => "controlplane",
            Role::Worker => "worker",
        })
    }
}

/// One node that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOptions {
    /// Host name, a DNS label.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Directory of this machine that holds its /var, if not one in the state directory; for
    /// another disk. It is not removed with the cluster.
    pub var: Option<PathBuf>,
}

/// A directory of this machine that nodes see, for example an image cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Directory or file of this machine.
    pub source: PathBuf,
    /// Where nodes see it; it must exist in the image or below a writable tree.
    pub target: PathBuf,
    /// Whether nodes may only read it.
    pub read_only: bool,
}

/// Whom the gateway asks for names that it does not know itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DnsUpstream {
    /// The resolvers of this machine (`/etc/resolv.conf`).
    Machine,
    /// These.
    Servers(Vec<IpAddr>),
    /// Nobody: unknown names do not exist.
    Nobody,
}

/// A cluster that is wanted.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name, a DNS label.
    pub name: String,
    /// Where clusters' state lives; see [`clusters_dir`].
    pub root: PathBuf,
    /// Root image directory; see [`default_image`].
    pub image: PathBuf,
    /// The nodes; control planes get the lowest addresses if they come first.
    pub nodes: Vec<NodeOptions>,
    /// Network of the nodes; the first free /24 from 10.5.0.0/24 on if none.
    pub cidr: Option<Ipv4Net>,
    /// MTU of the nodes' links.
    pub mtu: u32,
    /// What nodes see of this machine.
    pub binds: Vec<Bind>,
    /// Additional environment of each node's init.
    pub env: BTreeMap<String, String>,
    /// Resolution of names outside the cluster.
    pub dns: DnsUpstream,
    /// Stands for everything else that the machine configurations are made from (versions, patches):
    /// an interrupted making is continued only by a command with the same.
    pub fingerprint: String,
    /// The program that has the subcommand `cluster-host`; normally this one.
    pub host_program: PathBuf,
    /// How long nodes may take to accept their configuration.
    pub patience: Duration,
}

impl Options {
    /// A cluster without nodes yet, everything else as by default.
    ///
    /// # Errors
    /// If this program or the home directory cannot be found.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let program = std::env::current_exe().map_err(Error::file("find", Path::new("this program")))?;
        Ok(Self {
            name: name.into(),
            root: clusters_dir()?,
            image: default_image(&program),
            nodes: Vec::new(),
            cidr: None,
            mtu: 1500,
            binds: Vec::new(),
            env: BTreeMap::new(),
            dns: DnsUpstream::Machine,
            fingerprint: String::new(),
            host_program: program,
            patience: Duration::from_secs(120),
        })
    }

    /// Adds nodes with the usual names: `<cluster>-controlplane-1`, `<cluster>-worker-1`, ….
    pub fn with_nodes(mut self, control_planes: usize, workers: usize) -> Self {
        for (role, count) in [(Role::ControlPlane, control_planes), (Role::Worker, workers)] {
            for number in 1..=count {
                let name = format!("{}-{role}-{number}", self.name);
                self.nodes.push(NodeOptions { name, role, var: None });
            }
        }
        self
    }
}

/// `~/.talos/clusters`, or `$TALOS_HOME/clusters` where that is set.
///
/// # Errors
/// If neither `TALOS_HOME` nor `HOME` is set.
pub fn clusters_dir() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("TALOS_HOME")
        .or_else(|| Some(set("HOME")?.join(".talos")))
        .map(|dir| dir.join("clusters"))
        .ok_or_else(|| Error::Request("no place for the cluster's state: set HOME (or TALOS_HOME)".into()))
}

/// The root image that belongs to a program: `../rootfs` beside its directory.
pub fn default_image(program: &Path) -> PathBuf {
    let beside = program.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    beside.join("rootfs")
}

/// Where a node is on its way into the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodePhase {
    /// Its namespaces exist and its init runs; it does not accept its configuration yet.
    Booting,
    /// It has accepted its configuration.
    Configured,
}

/// Something that happened while a cluster is made or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// About the cluster as a whole.
    Cluster(String),
    /// About one node.
    Node {
        /// Which.
        name: String,
        /// Where it is now.
        phase: NodePhase,
    },
}

/// Hears what happens.
pub trait Progress: Send + Sync {
    /// Called for each event; must not block.
    fn event(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Progress for F {
    fn event(&self, event: Event) {
        self(event);
    }
}

/// Why a node has not taken its configuration.
#[derive(Debug)]
pub enum ApplyError {
    /// It does not answer yet; ask again.
    NotYet(String),
    /// It never will.
    Refused(String),
}

/// Makes and sends machine configurations.
#[async_trait]
pub trait Supplier: Send + Sync {
    /// Makes the configurations of all nodes, by node name, once the addresses are known. Nodes
    /// left out stay in maintenance mode. Called once in a cluster's life, unless creating it was
    /// interrupted before the answer was stored.
    async fn configurations(
        &self,
        cluster: &ClusterInfo,
    ) -> std::result::Result<BTreeMap<String, String>, String>;

    /// Sends a node its configuration over the maintenance API; called until it is accepted.
    async fn apply(
        &self,
        cluster: &ClusterInfo,
        node: &NodeInfo,
        configuration: &str,
    ) -> std::result::Result<(), ApplyError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_lies_beside_the_programs_directory() {
        assert_eq!(default_image(Path::new("/x/_out/bin/talosctl")), Path::new("/x/_out/rootfs"));
    }

    #[test]
    fn nodes_are_named_after_cluster_and_role() {
        let options = Options::new("demo").unwrap().with_nodes(1, 2);
        let names: Vec<&str> = options.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["demo-controlplane-1", "demo-worker-1", "demo-worker-2"]);
    }
}
