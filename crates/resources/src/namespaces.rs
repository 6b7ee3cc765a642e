//! The namespaces that exist, and the resources that say so.

use proto::cosi::resource::meta::NamespaceSpec;

use crate::definition::META_OWNER;
use crate::resource::Typed;

/// Every registered namespace and what it holds (contract api.md 6.2); no other can be read.
pub const NAMESPACES: &[(&str, &str)] = &[
    ("meta", "namespaces and types of resources"),
    ("runtime", "the running system"),
    ("cluster", "members of the cluster"),
    ("cluster-raw", "members of the cluster, by where they were found"),
    ("config", "the machine configuration"),
    ("etcd", "etcd on this node"),
    ("files", "rendered files"),
    ("hardware", "what the machine is made of"),
    ("k8s", "Kubernetes on this node"),
    ("controlplane", "the Kubernetes control plane on this node"),
    ("kubespan", "the mesh between the nodes"),
    ("network", "the network"),
    ("network-config", "the wanted network, by where it is configured"),
    ("cri", "the container runtime"),
    ("containers", "containers beside Kubernetes"),
    ("secrets", "keys and certificates"),
    ("security", "signatures and trusted roots"),
    ("perf", "counters of processors and memory"),
    ("storage", "logical volumes and RAID"),
];

/// Whether resources of this namespace may be read at all.
pub fn namespace_exists(name: &str) -> bool {
    NAMESPACES.iter().any(|(namespace, _)| *namespace == name)
}

/// The resources that tell clients which namespaces exist.
pub fn namespace_resources() -> impl Iterator<Item = Typed<NamespaceSpec>> {
    NAMESPACES.iter().map(|(name, description)| {
        let mut resource = Typed::new(*name, NamespaceSpec { description: (*description).to_owned() });
        resource.metadata.owner = META_OWNER.to_owned();
        resource
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions;

    #[test]
    fn every_type_lives_in_a_registered_namespace() {
        for definition in definitions() {
            assert!(namespace_exists(definition.namespace), "{}", definition.typ);
        }
        assert!(!namespace_exists("elsewhere"));
    }
}
