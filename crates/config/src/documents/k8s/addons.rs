//! What runs in the cluster on behalf of the system.

use crate::schema::Args;
use crate::yaml::Node;

record! {
    /// kube-proxy.
    KubeProxyConfig {
        /// Whether it runs; it does when left out.
        "enabled" enabled: Option<bool>;
        /// Its image.
        "image" image: String => required;
        /// How it directs packets: nftables when left out.
        "mode" mode: String
            => example("ipvs");
        /// Its own configuration file's content.
        "config" config: Option<Node>;
        /// Its command-line arguments; `config` is better.
        "extraArgs" extra_args: Args;
        /// Requests and limits of its pods.
        "resources" resources: Option<Node>;
    }

    /// The cluster's DNS.
    KubeCoreDNSConfig {
        /// Whether it runs; it does when left out.
        "enabled" enabled: Option<bool>;
        /// Its image.
        "image" image: String;
    }

    /// flannel, the network of pods.
    KubeFlannelCNIConfig {
        /// How packets travel between nodes, such as vxlan.
        "backendType" backend_type: String => enforced;
        /// The port of the backend.
        "backendPort" backend_port: Option<u16>;
        /// The largest packet; found out when left out.
        "backendMTU" backend_mtu: Option<u32>;
        /// Further settings of the backend.
        "backendExtraConfig" backend_extra_config: Option<Node>;
        /// Requests and limits of its pods.
        "resources" resources: Option<Node>;
        /// Its command-line arguments.
        "extraArgs" extra_args: Vec<String>
            => example("- --iface-can-reach=192.0.2.1");
        /// Whether network policies are put into effect.
        "kubeNetworkPoliciesEnabled" kube_network_policies_enabled: Option<bool>
            => example("true");
    }
}
