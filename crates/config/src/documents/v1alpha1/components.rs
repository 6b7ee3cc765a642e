//! The components of the control plane.

use indexmap::IndexMap;

use crate::schema::{Args, Effect, Redaction};
use crate::value::Url;
use crate::yaml::Node;

choice! {
    /// The network of pods.
    CniName { Flannel = "flannel", Custom = "custom", None = "none" }
}

record! {
    /// A path of the node in a component's pod.
    VolumeMountConfig {
        /// The path on the node.
        "hostPath" host_path: String;
        /// Where the component sees it.
        "mountPath" mount_path: String;
        /// Whether nothing can be written.
        "readonly" read_only: Option<bool>;
    }

    /// Requests and limits of a pod: cpu and memory.
    ResourcesConfig {
        /// At least.
        "requests" requests: Option<Node>;
        /// At most.
        "limits" limits: Option<Node>;
    }

    /// An admission plugin.
    AdmissionPluginConfig {
        /// The plugin.
        "name" name: String;
        /// Its configuration.
        "configuration" configuration: Option<Node>;
    }

    /// An authorizer of the Kubernetes API server.
    AuthorizationConfigAuthorizer {
        /// Its kind: Node, RBAC or Webhook.
        "type" kind: String;
        /// Its name.
        "name" name: String;
        /// The settings of a webhook.
        "webhook" webhook: Option<Node>;
    }

    /// The Kubernetes API server.
    APIServerConfig {
        /// Its image.
        "image" image: String;
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("feature-gates: WatchList=true");
        /// Further paths of the node in its pod.
        "extraVolumes" extra_volumes: Vec<VolumeMountConfig>
            => example("- hostPath: /var/lib/webhook\n  mountPath: /etc/kubernetes/webhook\n  readonly: true");
        /// Its environment.
        "env" env: IndexMap<String, String>
            => example("HTTPS_PROXY: http://proxy.example.org:3128") redaction(Redaction::Whole);
        /// Further names and addresses in its certificate.
        "certSANs" cert_sans: Vec<String> => effect(Effect::Live);
        /// Whether pod security policies are left out; they no longer exist.
        "disablePodSecurityPolicy" disable_pod_security_policy: Option<bool>;
        /// Admission plugins.
        "admissionControl" admission_control: Vec<AdmissionPluginConfig> => merged_by(&["name"]);
        /// What it writes to its audit log.
        "auditPolicy" audit_policy: Option<Node> => replaced;
        /// Requests and limits of its pod.
        "resources" resources: Option<ResourcesConfig>;
        /// Authorizers, in order.
        "authorizationConfig" authorization_config: Vec<AuthorizationConfigAuthorizer>;
    }

    /// The controller manager.
    ControllerManagerConfig {
        /// Its image.
        "image" image: String;
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("node-monitor-grace-period: 30s");
        /// Further paths of the node in its pod.
        "extraVolumes" extra_volumes: Vec<VolumeMountConfig>;
        /// Its environment.
        "env" env: IndexMap<String, String> => redaction(Redaction::Whole);
        /// Requests and limits of its pod.
        "resources" resources: Option<ResourcesConfig>;
    }

    /// The scheduler.
    SchedulerConfig {
        /// Its image.
        "image" image: String;
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("v: \"4\"");
        /// Further paths of the node in its pod.
        "extraVolumes" extra_volumes: Vec<VolumeMountConfig>;
        /// Its environment.
        "env" env: IndexMap<String, String> => redaction(Redaction::Whole);
        /// Requests and limits of its pod.
        "resources" resources: Option<ResourcesConfig>;
        /// Its own configuration file's content.
        "config" config: Option<Node>;
    }

    /// kube-proxy.
    ProxyConfig {
        /// Whether it is left out.
        "disabled" disabled: Option<bool>;
        /// Its image.
        "image" image: String;
        /// How it directs packets; nftables when left out.
        "mode" mode: String
            => example("ipvs");
        /// Its command-line arguments.
        "extraArgs" extra_args: Args;
    }

    /// The cluster's DNS.
    CoreDNS {
        /// Whether it is left out.
        "disabled" disabled: Option<bool>;
        /// Its image.
        "image" image: String;
    }

    /// flannel.
    FlannelCNIConfig {
        /// Its command-line arguments.
        "extraArgs" extra_args: Vec<String>;
        /// Whether network policies are put into effect.
        "kubeNetworkPoliciesEnabled" kube_network_policies_enabled: Option<bool>;
    }

    /// The network of pods.
    CNIConfig {
        /// Which: flannel (when left out), custom or none.
        "name" name: String;
        /// Manifests of a custom one.
        "urls" urls: Vec<String>;
        /// Settings of flannel.
        "flannel" flannel: Option<FlannelCNIConfig>;
    }

    /// Where the Kubernetes API is.
    ControlPlaneConfig {
        /// Where every node and user reaches it.
        "endpoint" endpoint: Option<Url> => effect(Effect::ServiceRestart("kubelet"));
        /// The port of the API servers; 6443 when left out.
        "localAPIServerPort" local_api_server_port: Option<u32>
            => effect(Effect::ServiceRestart("kube-apiserver"));
    }
}
