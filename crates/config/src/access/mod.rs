//! What a configuration says, as plain owned values: the interface of the rest of the system.
//!
//! Everything is a method of [`Config`](crate::Config). Each prefers the document made for its
//! concern and falls back to the v1alpha1 section, field by field, and to that section's defaults where there is no
//! document, so callers never ask which of the two a configuration uses (contract os.md 1.5, end). Nothing here
//! fails: a configuration that has passed validation has every value that is required, and one
//! that is read leniently from disk gives what it can.
//!
//! | concern | methods | file |
//! | --- | --- | --- |
//! | machine | `machine_type`, `is_control_plane`, `debug` | `machine` |
//! | the nodes' API | `node_api` (token, authority, names) | `machine` |
//! | features | `disk_quota_support`, `address_sort`, `image_cache`, `workload_isolation` | `machine` |
//! | installation | `install` | `install` |
//! | cluster | `cluster_name`, `cluster_endpoint`, `cluster_id`, `cluster_secret`, `discovery` | `cluster` |
//! | network | `links`, `operators`, `hostname`, `resolvers`, `host_dns`, `time_sync`, `static_hosts`, `probes`, `routing_rules`, `firewall`, `kubespan` | `network` |
//! | Kubernetes, all nodes | `kube_network`, `kube_node`, `kubelet`, `kube_prism`, `kubernetes_ca`, `bootstrap_token` | `kube` |
//! | Kubernetes, control plane | `api_server`, `controller_manager`, `scheduler`, `kube_proxy`, `core_dns`, `cni`, `etcd`, `aggregator_ca`, `service_account`, `etcd_encryption`, `admission_plugins`, `audit_policy`, `authentication`, `authorizers`, `manifests`, `static_pods`, `talos_api_access`, `external_cloud_provider`, `admin_kubeconfig_lifetime` | `kube` |
//! | registries | `registries`, `trusted_roots` | `registries` |
//! | system | `sysctls`, `sysfs`, `environment`, `kernel_modules`, `udev_rules`, `etc_files`, `machine_files`, `log_destinations`, `kmsg_destinations`, `event_sink`, `seccomp_profiles`, `watchdog`, `oom`, `extension_services`, `sidero_link` | `system` |
//! | volumes | `volumes`, `volume`, `user_volumes`, … | `volumes` |
//!
//! Images are `Option`s: a caller fills in the image of its own release where none is set.

mod cluster;
mod install;
mod kube;
mod machine;
mod network;
mod registries;
mod system;
mod volumes;

pub use cluster::*;
pub use install::*;
pub use kube::*;
pub use machine::*;
pub use network::*;
pub use registries::*;
pub use system::*;

use crate::Config;
use crate::documents::v1alpha1::{ClusterConfig, FeaturesConfig, MachineConfig, NetworkSection};

/// Sections of the v1alpha1 document, for the files of this module.
impl Config {
    pub(crate) fn machine(&self) -> Option<&MachineConfig> {
        self.v1alpha1()?.machine.as_ref()
    }

    pub(crate) fn cluster(&self) -> Option<&ClusterConfig> {
        self.v1alpha1()?.cluster.as_ref()
    }

    pub(crate) fn features(&self) -> Option<&FeaturesConfig> {
        self.machine()?.features.as_ref()
    }

    pub(crate) fn network_section(&self) -> Option<&NetworkSection> {
        self.machine()?.network.as_ref()
    }
}

/// The list or mapping of the document, or the section's where the document has none: each field may be said in
/// either (contract os.md 1.5).
pub(crate) fn either<T: IntoIterator>(document: T, section: T) -> T
where
    for<'a> &'a T: IntoIterator,
{
    if (&document).into_iter().next().is_some() { document } else { section }
}

/// Whether a mapping holds anything.
pub(crate) fn says_something(node: &crate::yaml::Node) -> bool {
    node.as_map().is_some_and(|map| !map.is_empty())
}

/// The text if there is one.
pub(crate) fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A number of digits only: no sign, as the reference reads them.
pub(crate) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
