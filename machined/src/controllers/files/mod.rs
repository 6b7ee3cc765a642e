//! Files that the node writes for itself and for what runs on it (contract os.md 4, 5.5).

mod cri;
mod etc;
mod hostname;
mod hosts;
mod identity;
mod registries;
mod resolv;
mod user;
mod write;

use state::Runtime;

use super::Deps;

pub use write::{Owner, write};

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(identity::NodeIdentity::default());
    runtime.register(etc::EtcFile::new("/etc"));
    runtime.register(hostname::Hostname);
    runtime.register(hosts::Hosts { deps: deps.clone() });
    runtime.register(resolv::Resolv::new("/system/resolved/resolv.conf"));
    runtime.register(registries::Registries { deps: deps.clone() });
    runtime.register(cri::Cri::new(deps.clone()));
    runtime.register(user::UserFiles { deps: deps.clone() });
}
