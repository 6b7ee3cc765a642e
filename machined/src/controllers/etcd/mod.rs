//! etcd on control planes: its settings, its keys on disk, and this node's place in the cluster.

pub mod access;
mod config;
mod join;
mod member;
mod membership;
mod pki;
mod spec;
mod started;

use state::Runtime;

use super::Deps;

pub use membership::Members;
pub use started::Started;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(config::EtcdConfig { deps: deps.clone() });
    runtime.register(spec::EtcdSpec);
    runtime.register(pki::EtcdPki::new("/system/secrets/etcd"));
    runtime.register(member::EtcdMember::new());
}
