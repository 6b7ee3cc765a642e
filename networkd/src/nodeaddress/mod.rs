//! Node addresses: which addresses stand for this node, to whom.

pub mod compute;
pub mod config;
pub mod sort;
pub mod status;

/// Identifier of the filter that leaves Kubernetes networks out.
pub const NO_K8S: &str = "no-k8s";
/// Identifier of the filter that keeps Kubernetes networks only.
pub const ONLY_K8S: &str = "only-k8s";
/// Identifier of the only sort algorithm.
pub const SORT_ALGORITHM: &str = "default";
