//! The node in Kubernetes and its kubelet.

use indexmap::IndexMap;

use crate::Config;
use crate::access::{either, non_empty, says_something};
use crate::documents::k8s::{KubeCredentialProviderConfig, KubeNodeConfig, KubeletConfig};
use crate::documents::v1alpha1::{ExtraMount, MachineConfig};
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
        let own = self.get::<KubeNodeConfig>();
        let documented = own.is_some();
        let document = own.unwrap_or_default();
        let machine = self.machine();
        let kubelet = machine.and_then(|machine| machine.kubelet.clone()).unwrap_or_default();
        let section = |map: fn(&MachineConfig) -> &IndexMap<String, String>| {
            machine.map(|machine| map(machine).clone()).unwrap_or_default()
        };
        // What the document does not set is the section's, but for labels and taints that the section has by
        // itself: the document sets those that a node has.
        let in_section = document.labels.is_empty() && document.taints.is_empty() && self.has_node_section();
        let skip = document.skip_node_registration.or(kubelet.skip_node_registration);
        let taints = either(document.taints, section(|machine| &machine.node_taints));
        let mut node = KubeNode {
            skip_registration: skip.unwrap_or(false),
            register_with_fqdn: document.register_with_fqdn.or(kubelet.register_with_fqdn).unwrap_or(false),
            valid_subnets: either(
                document.node_ip.valid_subnets,
                kubelet.node_ip.unwrap_or_default().valid_subnets,
            ),
            labels: either(document.labels, section(|machine| &machine.node_labels)),
            annotations: either(document.annotations, section(|machine| &machine.node_annotations)),
            taints: taints.iter().map(|(key, text)| Taint::parse(key, text)).collect(),
        };
        if self.is_control_plane() && (!documented || in_section) {
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
            let in_section =
                document.labels.is_empty() && document.taints.is_empty() && self.has_node_section();
            if !in_section {
                let section = self.machine().map(|machine| machine.node_taints.clone()).unwrap_or_default();
                return !either(document.taints, section).contains_key(CONTROL_PLANE_LABEL);
            }
        }
        let Some(cluster) = self.cluster() else { return false };
        cluster.allow_scheduling_on_control_planes.or(cluster.allow_scheduling_on_masters).unwrap_or(false)
    }

    /// Whether the v1alpha1 document says which labels and taints the node has.
    fn has_node_section(&self) -> bool {
        let machine = self.machine().is_some_and(|m| !m.node_labels.is_empty() || !m.node_taints.is_empty());
        let cluster = self.cluster().and_then(|cluster| {
            cluster.allow_scheduling_on_control_planes.or(cluster.allow_scheduling_on_masters)
        });
        machine || cluster.is_some()
    }

    /// The kubelet.
    pub fn kubelet(&self) -> Kubelet {
        let provider = self.get::<KubeCredentialProviderConfig>().and_then(|document| document.configuration);
        let provider = provider.filter(says_something);
        let own = self.get::<KubeletConfig>();
        let documented = own.is_some();
        let document = own.unwrap_or_default();
        let section = self.machine().and_then(|machine| machine.kubelet.clone()).unwrap_or_default();
        let seccomp = document.default_runtime_seccomp_profile_enabled;
        Kubelet {
            image: non_empty(&document.image).or_else(|| non_empty(&section.image)),
            config: document.config.filter(says_something).or(section.extra_config),
            extra_args: either(document.extra_args, section.extra_args),
            cluster_dns: either(document.cluster_dns, section.cluster_dns),
            default_seccomp_profile: seccomp
                .or(section.default_runtime_seccomp_profile_enabled)
                .unwrap_or(documented),
            // The document has no such switch: pods come as documents too.
            disable_manifests_directory: section.disable_manifests_directory.unwrap_or(documented),
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
