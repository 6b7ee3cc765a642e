//! Clusters whose nodes are namespaces on this machine.
//!
//! Each node has its own pid, mount, network, uts, ipc and cgroup namespaces over one read-only
//! root image, with a private `/var` and STATE on this machine's disk. One detached *host process*
//! a cluster is the parent of its nodes: it restarts them as their exit status asks, forwards the
//! cluster endpoint (the gateway address) to living control planes and answers DNS there.
//!
//! ```text
//! talosctl cluster create ── create() ──► state on disk, host process, configuration of each node
//!         cluster-host    ── host_main() ──► bridge, address translation, DNS, forwarders, nodes
//!         cluster-host --node N            ──► (inside the namespaces) mounts, then /sbin/init
//! talosctl cluster show   ── show()
//! talosctl cluster destroy── destroy() ──► everything that carries the cluster's hash, then its state
//! ```
//!
//! Everything on the machine outside the state directory is named after a hash of the cluster
//! ([`names`]), so that destroying needs no memory of what was made: a crash at any moment leaves
//! nothing that [`create()`] cannot resume or rebuild and [`destroy()`] cannot find.
//!
//! The state directory is `<root>/<name>/` (root: `~/.talos/clusters`, mode 0700):
//!
//! | file | content |
//! | --- | --- |
//! | `cluster.json` | what the cluster is; phase `creating` until every node has its configuration |
//! | `host.json` | the host process (pid and start time) and its nodes' states |
//! | `host.log` | log of the host process |
//! | `configurations.json` | machine configurations not accepted by their nodes yet; removed afterwards |
//! | `rootfs` | hard-linked copy of the root image (absent if that is on another file system) |
//! | `nodes/<node>/var`, `…/state` | EPHEMERAL and STATE |
//! | `nodes/<node>/console.log` | what the node's init printed, bounded |
//!
//! # Use
//! The program that calls [`create()`] must have a hidden subcommand `cluster-host` that passes all
//! its arguments to [`host_main`]; the host process and the first process of each node are the same
//! program, executed again.

mod create;
mod destroy;
mod error;
mod host;
mod image;
pub mod names;
mod network;
mod node;
mod options;
mod show;
mod state;
mod subnet;

pub use create::{Outcome, create};
pub use destroy::destroy;
pub use error::{Error, Result};
pub use host::host_main;
pub use options::{
    ApplyError, Bind, DnsUpstream, Event, NodeOptions, NodePhase, Options, Progress, Role, Supplier,
    clusters_dir, default_image,
};
pub use show::{NodeState, Summary, list, show};
pub use state::{ClusterInfo, NodeInfo};
