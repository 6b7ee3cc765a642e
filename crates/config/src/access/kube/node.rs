//! The node in Kubernetes and its kubelet.

use indexmap::IndexMap;

use crate::Config;
use crate::access::non_empty;
use crate::documents::k8s::{KubeCredentialProviderConfig, KubeNodeConfig, KubeletConfig};
use crate::documents::v1alpha1::ExtraMount;
use crate::schema::Args;
use crate::value::Secret;
use crate::yaml::Node;

/// The label of control planes.
pub const CONTROL_PLANE_LABEL: &str = "node-role.kubernetes.io/control-plane";

/// A taint of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value; often empty.
    pub value: String,
    /// NoSchedule, PreferNoSchedule or NoExecute.
    pub effect: String,
}

impl Taint {
    /// From the text of a mapping's value: `value:effect` or `effect`.
    pub fn parse(key: &str, text: &str) -> Self {
        let (value, effect) = text.rsplit_once(':').unwrap_or(("", text));
        Self { key: key.to_owned(), value: value.to_owned(), effect: effect.to_owned() }
    }
}

/// The node in Kubernetes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeNode {
    /// Whether the node stays out of Kubernetes.
    pub skip_registration: bool,
    /// Whether the node is named with its domain.
    pub register_with_fqdn: bool,
    /// Networks of which addresses are taken; `!` in front excludes.
    pub valid_subnets: Vec<String>,
    /// Labels.
    pub labels: IndexMap<String, String>,
    /// Annotations.
    pub annotations: IndexMap<String, String>,
    /// Taints.
    pub taints: Vec<Taint>,
}

/// The kubelet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kubelet {
    /// Its image.
    pub image: Option<String>,
    /// Its own configuration file's content, beside what the system sets.
    pub config: Option<Node>,
    /// Its command-line arguments.
    pub extra_args: Args,
    /// Addresses of the cluster's DNS; from the service networks when empty.
    pub cluster_dns: Vec<String>,
    /// Whether containers get the runtime's seccomp profile unless they ask for another.
    pub default_seccomp_profile: bool,
    /// Whether manifests in /etc/kubernetes/manifests are ignored.
    pub disable_manifests_directory: bool,
    /// Further mounts of its container.
    pub extra_mounts: Vec<ExtraMount>,
    /// Programs that log in to registries for it.
    pub credential_provider: Option<Node>,
}

impl Config {
    /// The node in Kubernetes. In the v1alpha1 form, control planes get their label, and their
    /// taint unless workloads are allowed on them.
    pub fn kube_node(&self) -> KubeNode {
        if let Some(document) = self.get::<KubeNodeConfig>() {
            return KubeNode {
                skip_registration: document.skip_node_registration.unwrap_or(false),
                register_with_fqdn: document.register_with_fqdn.unwrap_or(false),
                valid_subnets: document.node_ip.valid_subnets,
                labels: document.labels,
                annotations: document.annotations,
                taints: document.taints.iter().map(|(key, text)| Taint::parse(key, text)).collect(),
            };
        }
        let Some(machine) = self.machine() else { return KubeNode::default() };
        let kubelet = machine.kubelet.as_ref();
        let mut node = KubeNode {
            skip_registration: kubelet.and_then(|k| k.skip_node_registration).unwrap_or(false),
            register_with_fqdn: kubelet.and_then(|k| k.register_with_fqdn).unwrap_or(false),
            valid_subnets: kubelet
                .and_then(|kubelet| kubelet.node_ip.as_ref())
                .map(|node_ip| node_ip.valid_subnets.clone())
                .unwrap_or_default(),
            labels: machine.node_labels.clone(),
            annotations: machine.node_annotations.clone(),
            taints: machine.node_taints.iter().map(|(key, text)| Taint::parse(key, text)).collect(),
        };
        if self.is_control_plane() {
            node.labels.entry(CONTROL_PLANE_LABEL.to_owned()).or_default();
            if !self.allow_scheduling_on_control_planes()
                && !node.taints.iter().any(|taint| taint.key == CONTROL_PLANE_LABEL)
            {
                node.taints.push(Taint::parse(CONTROL_PLANE_LABEL, "NoSchedule"));
            }
        }
        node
    }

    /// Whether workloads run on control planes. With a document for the node, its taints decide.
    pub fn allow_scheduling_on_control_planes(&self) -> bool {
        if let Some(document) = self.get::<KubeNodeConfig>() {
            return !document.taints.contains_key(CONTROL_PLANE_LABEL);
        }
        let Some(cluster) = self.cluster() else { return false };
        cluster.allow_scheduling_on_control_planes.or(cluster.allow_scheduling_on_masters).unwrap_or(false)
    }

    /// The kubelet.
    pub fn kubelet(&self) -> Kubelet {
        let provider = self.get::<KubeCredentialProviderConfig>().and_then(|document| document.configuration);
        if let Some(document) = self.get::<KubeletConfig>() {
            return Kubelet {
                image: non_empty(&document.image),
                config: document.config,
                extra_args: document.extra_args,
                cluster_dns: document.cluster_dns,
                default_seccomp_profile: document.default_runtime_seccomp_profile_enabled.unwrap_or(true),
                // The document has no such switch: pods come as documents too.
                disable_manifests_directory: true,
                extra_mounts: Vec::new(),
                credential_provider: provider,
            };
        }
        let section = self.machine().and_then(|machine| machine.kubelet.clone()).unwrap_or_default();
        Kubelet {
            image: non_empty(&section.image),
            config: section.extra_config,
            extra_args: section.extra_args,
            cluster_dns: section.cluster_dns,
            default_seccomp_profile: section.default_runtime_seccomp_profile_enabled.unwrap_or(false),
            disable_manifests_directory: section.disable_manifests_directory.unwrap_or(false),
            extra_mounts: section.extra_mounts,
            credential_provider: provider.or(section.credential_provider_config),
        }
    }

    /// The token that kubelets join the cluster with: an identifier and a secret with a dot between.
    pub fn bootstrap_token(&self) -> Option<Secret> {
        let token = self.cluster()?.token.clone();
        (!token.is_empty()).then_some(token)
    }
}
