//! The kubelet: under which name and addresses the node is known, and with what the kubelet starts.

mod config;
mod configuration;
mod node_ip;
mod nodename;
mod spec;

use state::Runtime;

use crate::controllers::Deps;
use crate::services::host::HostLimits;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(nodename::Nodename { deps: deps.clone() });
    runtime.register(node_ip::NodeIpConfig { deps: deps.clone() });
    runtime.register(node_ip::NodeIp);
    runtime.register(config::KubeletConfig { deps: deps.clone() });
    let host = configuration::Host {
        container: deps.platform.mode == crate::platform::Mode::Container,
        cgroup_v2: HostLimits::probe().cgroup_v2,
    };
    runtime.register(spec::KubeletSpec { deps: deps.clone(), host });
}

/// Id of the kubelet's resources.
const KUBELET: &str = "kubelet";
