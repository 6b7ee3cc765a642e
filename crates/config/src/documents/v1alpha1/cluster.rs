//! The cluster.

use indexmap::IndexMap;

use super::*;
use crate::schema::{Args, Effect, Redaction};
use crate::value::{Duration, Secret};

record! {
    /// The networks of pods and services.
    ClusterNetworkConfig {
        /// What connects pods.
        "cni" cni: Option<CNIConfig> => effect(Effect::CreatedOnce)
            example("name: none");
        /// The domain of the cluster's names; cluster.local when left out.
        "dnsDomain" dns_domain: String;
        /// Networks of pods.
        "podSubnets" pod_subnets: Vec<String> => replaced;
        /// Networks of services.
        "serviceSubnets" service_subnets: Vec<String> => replaced;
    }

    /// Discovery over annotations of nodes in Kubernetes.
    RegistryKubernetesConfig {
        /// Whether it is left out.
        "disabled" disabled: Option<bool>;
    }

    /// Discovery over a service.
    RegistryServiceConfig {
        /// Whether it is left out.
        "disabled" disabled: Option<bool>;
        /// Where it is; https://discovery.talos.dev/ when left out.
        "endpoint" endpoint: String;
    }

    /// Ways of discovery.
    DiscoveryRegistriesConfig {
        /// Over annotations of nodes.
        "kubernetes" kubernetes: Option<RegistryKubernetesConfig>;
        /// Over a service.
        "service" service: Option<RegistryServiceConfig>;
    }

    /// How members find each other.
    ClusterDiscoveryConfig {
        /// Whether they do.
        "enabled" enabled: Option<bool>;
        /// Over what.
        "registries" registries: Option<DiscoveryRegistriesConfig>;
    }

    /// etcd.
    EtcdConfig {
        /// Its image.
        "image" image: String;
        /// Its authority.
        "ca" ca: Option<EncodedCertificateAndKey>;
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("election-timeout: \"5000\"");
        /// The network whose address is announced.
        "subnet" subnet: String => deprecated;
        /// Networks whose addresses are announced; `!` in front excludes.
        "advertisedSubnets" advertised_subnets: Vec<String>
            => example("- 192.0.2.0/24");
        /// Networks whose addresses are listened on; `!` in front excludes.
        "listenSubnets" listen_subnets: Vec<String>;
    }

    /// The integration with a cloud.
    ExternalCloudProviderConfig {
        /// Whether there is one.
        "enabled" enabled: Option<bool> => effect(Effect::ServiceRestart("kubelet"));
        /// Its manifests.
        "manifests" manifests: Vec<String> => effect(Effect::CreatedOnce);
    }

    /// A manifest that is applied once.
    ClusterInlineManifest {
        /// The name.
        "name" name: String;
        /// The manifest.
        "contents" contents: String => redaction(Redaction::Whole);
    }

    /// The kubeconfig of an administrator.
    AdminKubeconfigConfig {
        /// How long its certificate is valid; a year when left out.
        "certLifetime" cert_lifetime: Option<Duration>;
    }

    /// The cluster.
    ClusterConfig {
        /// The identifier.
        "id" id: String => deprecated effect(Effect::Live);
        /// The key that announcements are encrypted with: base64 of 32 bytes.
        "secret" secret: Secret => deprecated effect(Effect::Live);
        /// Where the Kubernetes API is.
        "controlPlane" control_plane: Option<ControlPlaneConfig>
            => deprecated effect(Effect::ServiceRestart("kubelet"));
        /// The name.
        "clusterName" cluster_name: String => deprecated effect(Effect::Live);
        /// The networks of pods and services.
        "network" network: Option<ClusterNetworkConfig>
            => deprecated effect(Effect::ServiceRestart("kube-controller-manager"));
        /// The token that kubelets join with.
        "token" token: Secret => effect(Effect::ServiceRestart("kubelet"));
        /// A key that secrets are encrypted with in etcd: base64 of 32 bytes.
        "aescbcEncryptionSecret" aescbc_encryption_secret: Secret
            => deprecated effect(Effect::ServiceRestart("kube-apiserver"));
        /// A key that secrets are encrypted with in etcd: base64 of 32 bytes.
        "secretboxEncryptionSecret" secretbox_encryption_secret: Secret
            => deprecated effect(Effect::ServiceRestart("kube-apiserver"));
        /// The authority of the Kubernetes API; the key only on control planes.
        "ca" ca: Option<EncodedCertificateAndKey>
            => deprecated effect(Effect::ServiceRestart("kube-apiserver"));
        /// Authorities whose certificates are accepted too.
        "acceptedCAs" accepted_cas: Vec<EncodedCertificate>
            => deprecated effect(Effect::ServiceRestart("kube-apiserver"));
        /// The authority of the aggregation layer.
        "aggregatorCA" aggregator_ca: Option<EncodedCertificateAndKey>
            => deprecated effect(Effect::ServiceRestart("kube-apiserver"));
        /// The key that service account tokens are signed with.
        "serviceAccount" service_account: Option<EncodedKey>
            => deprecated effect(Effect::ServiceRestart("kube-apiserver"));
        /// The Kubernetes API server.
        "apiServer" api_server: Option<APIServerConfig>
            => deprecated effect(Effect::ServiceRestart("kube-apiserver"));
        /// The controller manager.
        "controllerManager" controller_manager: Option<ControllerManagerConfig>
            => deprecated effect(Effect::ServiceRestart("kube-controller-manager"));
        /// kube-proxy.
        "proxy" proxy: Option<ProxyConfig> => deprecated effect(Effect::CreatedOnce);
        /// The scheduler.
        "scheduler" scheduler: Option<SchedulerConfig>
            => deprecated effect(Effect::ServiceRestart("kube-scheduler"));
        /// How members find each other.
        "discovery" discovery: Option<ClusterDiscoveryConfig> => deprecated effect(Effect::Live);
        /// etcd.
        "etcd" etcd: Option<EtcdConfig> => effect(Effect::Reboot) presence;
        /// The cluster's DNS.
        "coreDNS" core_dns: Option<CoreDNS> => deprecated effect(Effect::CreatedOnce)
            example("disabled: true");
        /// The integration with a cloud.
        "externalCloudProvider" external_cloud_provider: Option<ExternalCloudProviderConfig>
            => effect(Effect::Live)
            example("enabled: true\nmanifests:\n    - https://manifests.example.org/cloud-controller.yaml");
        /// Manifests that are fetched and applied once.
        "extraManifests" extra_manifests: Vec<String> => deprecated effect(Effect::CreatedOnce)
            example("- https://manifests.example.org/monitoring.yaml");
        /// Headers of requests for manifests.
        "extraManifestHeaders" extra_manifest_headers: IndexMap<String, String>
            => deprecated effect(Effect::CreatedOnce) redaction(Redaction::Whole);
        /// Manifests that are applied once.
        "inlineManifests" inline_manifests: Vec<ClusterInlineManifest> => deprecated effect(Effect::CreatedOnce)
            example("- name: namespace-monitoring\n  contents: |-\n    apiVersion: v1\n    kind: Namespace\n    metadata:\n        name: monitoring");
        /// The kubeconfig of an administrator.
        "adminKubeconfig" admin_kubeconfig: Option<AdminKubeconfigConfig> => effect(Effect::Live)
            example("certLifetime: 24h0m0s");
        /// Whether workloads run on control planes.
        "allowSchedulingOnMasters" allow_scheduling_on_masters: Option<bool>
            => deprecated effect(Effect::Live);
        /// Whether workloads run on control planes.
        "allowSchedulingOnControlPlanes" allow_scheduling_on_control_planes: Option<bool>
            => deprecated effect(Effect::Live)
            example("true");
    }
}
