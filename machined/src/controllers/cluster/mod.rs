//! Who belongs to the cluster, and where its control planes are (contract os.md 5.8).

mod config;
mod discovery;
mod endpoint;
mod info;
mod local;
mod member;
mod merge;

use state::Runtime;

use super::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(info::ClusterInfo { deps: deps.clone() });
    runtime.register(config::DiscoveryConfig { deps: deps.clone() });
    runtime.register(local::LocalAffiliate { deps: deps.clone() });
    runtime.register(discovery::DiscoveryService::new());
    runtime.register(merge::AffiliateMerge);
    runtime.register(member::Member);
    runtime.register(endpoint::ControlPlaneEndpoint { deps: deps.clone() });
    runtime.register(endpoint::DiscoveredEndpoint);
}

/// Namespace of what single sources say; the merged view is in `cluster`.
const RAW: &str = "cluster-raw";
