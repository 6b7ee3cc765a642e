//! Whether a cluster is healthy: sixteen checks, each with its last error (contract os.md 6.8).
//!
//! Used by `talosctl health --server=false` and while a local cluster is made.

mod checks;
mod cluster;
mod run;

pub use checks::{all, stage_name};
pub use cluster::Cluster;
pub use run::{Check, Progress, Unhealthy, Verdict, run};
