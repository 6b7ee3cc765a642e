//! Kubernetes.

mod access;
mod addons;
mod components;
mod etcd;
mod manifests;
mod network;
mod node;
mod pki;

pub use access::*;
pub use addons::*;
pub use components::*;
pub use etcd::*;
pub use manifests::*;
pub use network::*;
pub use node::*;
pub use pki::*;
