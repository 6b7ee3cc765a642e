//! Documents of Kubernetes.

mod access;
mod addons;
mod ca;
mod cluster;
mod control_plane;
mod node;

pub use access::*;
pub use addons::*;
pub use ca::*;
pub use cluster::*;
pub use control_plane::*;
pub use node::*;
