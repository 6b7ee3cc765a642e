//! The machine as a node of Kubernetes: what it should be like, what it is like, and how it leaves.

pub mod access;
mod apply;
pub mod drain;
mod kubelet;
mod plan;
mod pods;
mod specs;
mod status;

pub use access::Clients;
use state::Runtime;

use crate::controllers::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps, clients: Clients) {
    specs::register(runtime, deps);
    runtime.register(specs::Cordoned::new(deps.clone()));
    runtime.register(kubelet::KubeletKubeconfig);
    runtime.register(kubelet::KubeletStatus);
    runtime.register(status::NodeStatus::new(clients.clone()));
    runtime.register(apply::NodeApply::new(clients));
    runtime.register(pods::StaticPodStatus::default());
}
