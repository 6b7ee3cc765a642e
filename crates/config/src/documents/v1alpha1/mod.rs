//! The v1alpha1 document: machine and cluster in one mapping. Much of it has been replaced by
//! documents of its own kind and is read only where those are absent (contract os.md 10.1).

mod cluster;
mod components;
mod disk;
mod files;
mod kubelet;
mod machine;
mod network;
mod registry;
mod security;

pub use cluster::*;
pub use components::*;
pub use disk::*;
pub use files::*;
pub use kubelet::*;
pub use machine::*;
pub use network::*;
pub use registry::*;
pub use security::*;

use crate::schema::Effect;

choice! {
    /// The version of the document.
    ConfigVersion { V1Alpha1 = "v1alpha1" }
}

record! {
    /// The v1alpha1 document.
    V1Alpha1Config {
        /// The version of the document.
        "version" version: Option<ConfigVersion>;
        /// Whether services log to the console.
        "debug" debug: Option<bool> => effect(Effect::Live);
        /// Whether the configuration survives a reboot; it always does.
        "persist" persist: Option<bool> => deprecated;
        /// The machine.
        "machine" machine: Option<MachineConfig> => presence;
        /// The cluster.
        "cluster" cluster: Option<ClusterConfig> => presence;
    }
}
