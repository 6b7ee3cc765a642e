//! Whether a cluster is healthy, as seen from here: `talosctl health --server=false`, and while a local cluster
//! is made. The checks themselves are shared with the nodes.

mod cluster;

pub use ::health::{Cluster, Progress, Verdict, all, run, stage_name};
pub use cluster::{discover, of};
