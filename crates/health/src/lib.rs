//! Whether a cluster is healthy: sixteen checks, each with its last error (contract os.md 6.8).
//!
//! Run by a control plane for `ClusterService.HealthCheck`, and by `talosctl`: both see the cluster through the
//! API of its nodes and of Kubernetes.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

mod checks;
mod cluster;
mod node;
mod run;

pub use checks::{all, before_node_readiness, stage_name};
pub use cluster::{Cluster, Kubernetes, discover};
pub use node::Node;
pub use run::{Check, Progress, Unhealthy, Verdict, run};
