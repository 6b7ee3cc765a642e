//! The node as Kubernetes sees it.

use indexmap::IndexMap;

use crate::schema::{Args, Effect};
use crate::yaml::Node;

record! {
    /// Which addresses are the node's.
    NodeIPConfig {
        /// Networks of which addresses are taken; `!` in front excludes.
        "validSubnets" valid_subnets: Vec<String>;
    }

    /// The node in Kubernetes.
    KubeNodeConfig {
        /// Whether the node stays out of Kubernetes.
        "skipNodeRegistration" skip_node_registration: Option<bool> => effect(Effect::ServiceRestart("kubelet"));
        /// Whether the node is named with its domain.
        "registerWithFQDN" register_with_fqdn: Option<bool> => effect(Effect::ServiceRestart("kubelet"));
        /// Which addresses are the node's.
        "nodeIP" node_ip: NodeIPConfig => effect(Effect::ServiceRestart("kubelet"))
            example("validSubnets:\n    - 192.0.2.0/24");
        /// Labels.
        "labels" labels: IndexMap<String, String>
            => example("topology.kubernetes.io/zone: rack-1");
        /// Annotations.
        "annotations" annotations: IndexMap<String, String>
            => example("example.org/owner: storage-team");
        /// Taints, each as value:effect or only :effect.
        "taints" taints: IndexMap<String, String>
            => example("example.org/dedicated: storage:NoSchedule");
    }

    /// The kubelet.
    KubeletConfig {
        /// Its image.
        "image" image: String => required;
        /// Its own configuration file's content, beside what the system sets.
        "config" config: Option<Node>
            => example("maxPods: 200");
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("v: \"4\"");
        /// Addresses of the cluster's DNS; from the service networks when left out.
        "clusterDNS" cluster_dns: Vec<String>
            => example("- 10.96.0.10");
        /// Whether containers get the runtime's seccomp profile unless they ask for another.
        "defaultRuntimeSeccompProfileEnabled" default_runtime_seccomp_profile_enabled: Option<bool>;
    }

    /// Programs that log in to registries for the kubelet.
    KubeCredentialProviderConfig {
        /// The kubelet's credential provider configuration.
        "configuration" configuration: Option<Node> => replaced;
    }
}
