//! Kubernetes on this node: the control plane's pods, the kubelet, what is applied once, and the node object.

mod access_rules;
mod components;
mod encryption;
mod endpoint;
mod files;
mod kubelet;
mod manifests;
pub mod node;
mod pods;

use state::Runtime;

use super::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    components::register(runtime, deps);
    access_rules::register(runtime, deps);
    runtime.register(encryption::EtcdEncryption);
    files::register(runtime);
    pods::register(runtime, deps);
    kubelet::register(runtime, deps);
    manifests::register(runtime, deps);
    let clients = node::Clients::default();
    runtime.register(endpoint::KubernetesEndpoint::new(deps.clone(), clients.clone()));
    node::register(runtime, deps, clients);
}
