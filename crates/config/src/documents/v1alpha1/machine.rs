//! The machine.

use indexmap::IndexMap;

use super::*;
use crate::schema::{Effect, Redaction};
use crate::value::{Duration, Secret};
use crate::yaml::Node;

choice! {
    /// What the machine is in the cluster.
    MachineType {
        /// A control plane.
        ControlPlane = "controlplane",
        /// A worker.
        Worker = "worker" | "join",
        /// A control plane that bootstraps the cluster by itself.
        Init = "init",
    }

    /// How addresses of the node are sorted.
    AddressSort { V1 = "v1", V2 = "v2" }

    /// The format of forwarded logs.
    LogFormat { JsonLines = "json_lines" }
}

record! {
    /// A component of the control plane that this machine may leave out.
    MachineComponentConfig {
        /// Whether it is left out.
        "disabled" disabled: Option<bool>;
    }

    /// Components of the control plane on this machine.
    MachineControlPlaneConfig {
        /// The controller manager.
        "controllerManager" controller_manager: MachineComponentConfig
            => effect(Effect::ServiceRestart("kube-controller-manager"));
        /// The scheduler.
        "scheduler" scheduler: MachineComponentConfig => effect(Effect::ServiceRestart("kube-scheduler"));
    }

    /// How the clock is kept.
    TimeConfig {
        /// Whether the clock is left alone.
        "disabled" disabled: Option<bool>;
        /// Time servers, by name or address.
        "servers" servers: Vec<String>;
        /// How long the boot waits for the first answer; for ever when left out.
        "bootTimeout" boot_timeout: Option<Duration>;
    }

    /// Access from pods to the API of the nodes.
    KubernetesTalosAPIAccessConfig {
        /// Whether it is possible.
        "enabled" enabled: Option<bool>;
        /// Roles that may be asked for.
        "allowedRoles" allowed_roles: Vec<String>;
        /// Namespaces that may ask.
        "allowedKubernetesNamespaces" allowed_kubernetes_namespaces: Vec<String>;
    }

    /// A balancer on every node in front of all Kubernetes API servers.
    KubePrism {
        /// Whether it runs.
        "enabled" enabled: Option<bool>;
        /// Its port on localhost; 7445 when left out.
        "port" port: Option<u32>;
    }

    /// The node's own DNS cache.
    HostDNSFeature {
        /// Whether it runs.
        "enabled" enabled: Option<bool>;
        /// Whether the cluster's DNS asks it.
        "forwardKubeDNSToHost" forward_kube_dns_to_host: Option<bool>;
        /// Whether it answers for names of members of the cluster.
        "resolveMemberNames" resolve_member_names: Option<bool>;
    }

    /// Images that need no registry.
    ImageCacheFeature {
        /// Whether images stored on the node's disk are used.
        "localEnabled" local_enabled: Option<bool>;
    }

    /// Features of the machine.
    FeaturesConfig {
        /// Whether roles are checked; they always are.
        "rbac" rbac: Option<bool> => deprecated effect(Effect::Live);
        /// Whether the host name is made from the machine's identity.
        "stableHostname" stable_hostname: Option<bool> => deprecated effect(Effect::Live);
        /// Access from pods to the API of the nodes.
        "kubernetesTalosAPIAccess" kubernetes_talos_api_access: Option<KubernetesTalosAPIAccessConfig>
            => deprecated effect(Effect::Live)
            example("enabled: true\nallowedRoles:\n    - os:reader\nallowedKubernetesNamespaces:\n    - monitoring");
        /// Whether the use of client certificates is checked; it always is.
        "apidCheckExtKeyUsage" apid_check_ext_key_usage: Option<bool> => deprecated effect(Effect::Live);
        /// Whether the kubelet measures disk use by quotas.
        "diskQuotaSupport" disk_quota_support: Option<bool> => effect(Effect::Reboot);
        /// A balancer in front of all Kubernetes API servers.
        "kubePrism" kube_prism: Option<KubePrism> => deprecated effect(Effect::ServiceRestart("kubelet"));
        /// The node's own DNS cache.
        "hostDNS" host_dns: Option<HostDNSFeature> => deprecated effect(Effect::Live);
        /// Images that need no registry.
        "imageCache" image_cache: Option<ImageCacheFeature>
            => deprecated effect(Effect::ServiceRestart("registryd"));
        /// How addresses of the node are sorted; `v1` by the address, `v2` by its network too.
        "nodeAddressSortAlgorithm" node_address_sort_algorithm: String => effect(Effect::Live);
    }

    /// Where service logs are sent to.
    LoggingDestination {
        /// The destination: tcp:// or udp:// with host and port.
        "endpoint" endpoint: String;
        /// The format.
        "format" format: Option<LogFormat>;
        /// Fields added to every line.
        "extraTags" extra_tags: IndexMap<String, String>;
    }

    /// Forwarding of service logs.
    LoggingConfig {
        /// Where they are sent to.
        "destinations" destinations: Vec<LoggingDestination>;
    }

    /// A seccomp profile that pods may use.
    MachineSeccompProfile {
        /// Its file name.
        "name" name: String;
        /// The profile.
        "value" value: Option<Node>;
    }

    /// The machine.
    MachineConfig {
        /// What the machine is in the cluster.
        "type" machine_type: Option<MachineType> => effect(Effect::Reinstall);
        /// The token that a node shows to join: an identifier and a secret with a dot between.
        "token" token: Secret => effect(Effect::ServiceRestart("trustd"));
        /// The authority of the nodes' API; the key only on control planes.
        "ca" ca: Option<EncodedCertificateAndKey> => effect(Effect::Live);
        /// Authorities whose certificates are accepted too.
        "acceptedCAs" accepted_cas: Vec<EncodedCertificate> => effect(Effect::Live);
        /// Further names and addresses in the certificate of the node's API.
        "certSANs" cert_sans: Vec<String> => effect(Effect::Live);
        /// Components of the control plane on this machine.
        "controlPlane" control_plane: Option<MachineControlPlaneConfig> => deprecated;
        /// The kubelet.
        "kubelet" kubelet: Option<KubeletSection> => deprecated effect(Effect::ServiceRestart("kubelet"));
        /// Pods that the kubelet runs without the Kubernetes API.
        "pods" pods: Vec<Node> => deprecated effect(Effect::Live);
        /// The network.
        "network" network: Option<NetworkSection> => deprecated effect(Effect::Live);
        /// Disks to partition while installing.
        "disks" disks: Vec<MachineDisk> => deprecated effect(Effect::Reboot)
            example("- device: /dev/sdb\n  partitions:\n    - mountpoint: /var/mnt/data");
        /// The installation.
        "install" install: Option<InstallConfig> => deprecated effect(Effect::NoneAfterInstall) presence;
        /// Files to write at boot.
        "files" files: Vec<MachineFile> => deprecated effect(Effect::Reboot);
        /// Environment variables of the system's services.
        "env" env: IndexMap<String, String> => deprecated effect(Effect::Reboot)
            example("HTTPS_PROXY: http://proxy.example.org:3128") redaction(Redaction::Whole);
        /// How the clock is kept.
        "time" time: Option<TimeConfig> => deprecated effect(Effect::Live)
            example("servers:\n    - time.example.org");
        /// Kernel parameters below /proc/sys.
        "sysctls" sysctls: IndexMap<String, String> => deprecated effect(Effect::Live)
            example("net.core.somaxconn: \"1024\"");
        /// Kernel parameters below /sys.
        "sysfs" sysfs: IndexMap<String, String> => deprecated effect(Effect::Live)
            example("devices.system.cpu.cpu0.cpufreq.scaling_governor: performance");
        /// Registries, their mirrors and how to log in.
        "registries" registries: Option<RegistriesConfig>
            => deprecated effect(Effect::ServiceRestart("cri"))
            example("mirrors:\n    docker.io:\n        endpoints:\n            - https://mirror.example.org");
        /// Encryption of the system's volumes.
        "systemDiskEncryption" system_disk_encryption: Option<SystemDiskEncryptionConfig>
            => deprecated effect(Effect::Reinstall)
            example("ephemeral:\n    provider: luks2\n    keys:\n        - slot: 0\n          nodeID: {}");
        /// Features.
        "features" features: Option<FeaturesConfig> => effect(Effect::Live);
        /// Rules for device files.
        "udev" udev: Option<UdevConfig> => deprecated effect(Effect::Live)
            example("rules:\n    - SUBSYSTEM==\"drm\", KERNEL==\"renderD*\", GROUP=\"44\", MODE=\"0660\"");
        /// Forwarding of service logs.
        "logging" logging: Option<LoggingConfig> => effect(Effect::Live)
            example("destinations:\n    - endpoint: tcp://logs.example.org:6051\n      format: json_lines");
        /// Kernel modules.
        "kernel" kernel: Option<KernelConfig> => deprecated effect(Effect::Live)
            example("modules:\n    - name: nbd");
        /// Seccomp profiles that pods may use.
        "seccompProfiles" seccomp_profiles: Vec<MachineSeccompProfile> => effect(Effect::Live);
        /// Changes to the specification that every container starts from.
        "baseRuntimeSpecOverrides" base_runtime_spec_overrides: Option<Node>
            => deprecated effect(Effect::ServiceRestart("cri"));
        /// Labels of the node in Kubernetes.
        "nodeLabels" node_labels: IndexMap<String, String> => deprecated effect(Effect::Live)
            example("topology.kubernetes.io/zone: rack-1");
        /// Annotations of the node in Kubernetes.
        "nodeAnnotations" node_annotations: IndexMap<String, String> => deprecated effect(Effect::Live)
            example("example.org/owner: storage-team");
        /// Taints of the node in Kubernetes, each as value:effect.
        "nodeTaints" node_taints: IndexMap<String, String> => deprecated effect(Effect::Live)
            example("example.org/dedicated: storage:NoSchedule");
    }
}
