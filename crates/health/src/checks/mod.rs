//! The checks in the order in which a cluster comes up (contract os.md 6.8).

mod etcd;
mod kubernetes;
mod node;

pub use node::stage_name;

use crate::cluster::Cluster;
use crate::run::Check;

macro_rules! checks {
    ($($name:literal => $look:path,)*) => {
        &[$(Check { name: $name, look: |cluster| Box::pin($look(cluster)) },)*]
    };
}

/// All of them.
pub fn all() -> &'static [Check<Cluster>] {
    checks! {
        "etcd to be healthy" => etcd::healthy,
        "etcd members to be consistent across nodes" => etcd::consistent,
        "etcd members to be control plane nodes" => etcd::control_planes,
        "apid to be ready" => node::apid,
        "all nodes memory sizes" => node::memory,
        "all nodes disk sizes" => node::disk,
        "no diagnostics" => node::diagnostics,
        "kubelet to be healthy" => node::kubelet,
        "all nodes to finish boot sequence" => node::booted,
        "all k8s nodes to report" => kubernetes::report,
        "all control plane static pods to be running" => node::static_pods,
        "all control plane components to be ready" => kubernetes::components,
        "all k8s nodes to report ready" => kubernetes::ready,
        "kube-proxy to report ready" => kubernetes::proxy,
        "coredns to report ready" => kubernetes::dns,
        "all k8s nodes to report schedulable" => kubernetes::schedulable,
    }
}

/// Those that pass without any node of Kubernetes being ready, as when the cluster's network is installed later.
pub fn before_node_readiness() -> &'static [Check<Cluster>] {
    let all = all();
    let end = all.iter().position(|check| check.name == "all k8s nodes to report ready");
    all.get(..end.unwrap_or(all.len())).unwrap_or(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_in_which_a_cluster_comes_up() {
        let names: Vec<&str> = all().iter().map(|check| check.name).collect();
        assert_eq!(
            (names.len(), names[0], names[15]),
            (16, "etcd to be healthy", "all k8s nodes to report schedulable")
        );
    }

    #[test]
    fn nothing_that_needs_a_ready_node_is_among_the_checks_before() {
        let names: Vec<&str> = before_node_readiness().iter().map(|check| check.name).collect();
        assert_eq!((names.len(), names[11]), (12, "all control plane components to be ready"));
    }
}
