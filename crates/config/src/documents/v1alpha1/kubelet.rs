//! The kubelet's section.

use crate::schema::Args;
use crate::yaml::Node;

record! {
    /// A range of user or group identifiers, mapped.
    IDMapping {
        /// The first inside the container.
        "containerID" container_id: Option<u32>;
        /// The first outside.
        "hostID" host_id: Option<u32>;
        /// How many.
        "size" size: Option<u32>;
    }

    /// A mount of the kubelet's container.
    ExtraMount {
        /// Where the kubelet sees it.
        "destination" destination: String;
        /// The kind of file system.
        "type" kind: String;
        /// What is mounted.
        "source" source: String;
        /// Options.
        "options" options: Vec<String>;
        /// Mapped users.
        "uidMappings" uid_mappings: Vec<IDMapping>;
        /// Mapped groups.
        "gidMappings" gid_mappings: Vec<IDMapping>;
    }

    /// Which addresses are the node's.
    KubeletNodeIPConfig {
        /// Networks of which addresses are taken; `!` in front excludes.
        "validSubnets" valid_subnets: Vec<String>;
    }

    /// The kubelet.
    KubeletSection {
        /// Its image.
        "image" image: String;
        /// Addresses of the cluster's DNS.
        "clusterDNS" cluster_dns: Vec<String>
            => example("- 10.96.0.10");
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("v: \"4\"");
        /// Further mounts of its container.
        "extraMounts" extra_mounts: Vec<ExtraMount>
            => example("- destination: /var/mnt/data\n  type: bind\n  source: /var/mnt/data\n  options:\n    - bind\n    - rshared\n    - rw");
        /// Its own configuration file's content, beside what the system sets.
        "extraConfig" extra_config: Option<Node>
            => example("maxPods: 200");
        /// Programs that log in to registries for it.
        "credentialProviderConfig" credential_provider_config: Option<Node>;
        /// Whether containers get the runtime's seccomp profile unless they ask for another.
        "defaultRuntimeSeccompProfileEnabled" default_runtime_seccomp_profile_enabled: Option<bool>;
        /// Whether the node is named with its domain.
        "registerWithFQDN" register_with_fqdn: Option<bool>;
        /// Which addresses are the node's.
        "nodeIP" node_ip: Option<KubeletNodeIPConfig>
            => example("validSubnets:\n    - 192.0.2.0/24");
        /// Whether the node stays out of Kubernetes.
        "skipNodeRegistration" skip_node_registration: Option<bool>;
        /// Whether manifests in /etc/kubernetes/manifests are ignored.
        "disableManifestsDirectory" disable_manifests_directory: Option<bool>;
    }
}
