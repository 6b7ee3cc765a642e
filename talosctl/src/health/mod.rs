//! Whether a cluster is healthy, as seen from here: `talosctl health --server=false`, and while a local cluster
//! is made. The checks themselves are shared with the nodes.

mod cluster;

pub use ::health::{Check, Cluster, Progress, Verdict, all, before_node_readiness, run, stage_name};
pub use cluster::{discover, of};
