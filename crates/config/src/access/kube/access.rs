//! Who may do what in the cluster.

use crate::Config;
use crate::access::non_empty;
use crate::documents::k8s::{
    KubeAdmissionControlConfig, KubeAuditPolicyConfig, KubeAuthenticationConfig, KubeAuthorizerConfig,
    KubeTalosAPIAccessConfig,
};
use crate::yaml::Node;

/// An admission plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct AdmissionPlugin {
    /// The plugin.
    pub name: String,
    /// Its configuration.
    pub configuration: Option<Node>,
}

/// An authorizer of the Kubernetes API server.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorizer {
    /// Its kind: Node, RBAC or Webhook.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The settings of a webhook.
    pub webhook: Option<Node>,
}

/// Access from pods to the API of the nodes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TalosApiAccess {
    /// Roles that may be asked for.
    pub allowed_roles: Vec<String>,
    /// Namespaces that may ask.
    pub allowed_namespaces: Vec<String>,
}

impl Config {
    /// Admission plugins of the Kubernetes API server.
    pub fn admission_plugins(&self) -> Vec<AdmissionPlugin> {
        let documents = self.all::<KubeAdmissionControlConfig>();
        if !documents.is_empty() {
            let plugin = |document: KubeAdmissionControlConfig| AdmissionPlugin {
                name: document.name,
                configuration: document.configuration,
            };
            return documents.into_iter().map(plugin).collect();
        }
        let section = self.cluster().and_then(|cluster| cluster.api_server.as_ref());
        let plugins = section.into_iter().flat_map(|section| &section.admission_control);
        plugins
            .map(|plugin| AdmissionPlugin {
                name: plugin.name.clone(),
                configuration: plugin.configuration.clone(),
            })
            .collect()
    }

    /// What the Kubernetes API server writes to its audit log; the metadata of every request
    /// unless something else is set.
    pub fn audit_policy(&self) -> Node {
        let document = self.get::<KubeAuditPolicyConfig>().and_then(|document| document.configuration);
        let section = || self.cluster()?.api_server.as_ref()?.audit_policy.clone();
        document.or_else(section).unwrap_or_else(|| {
            Node::map([
                ("apiVersion", Node::str("audit.k8s.io/v1")),
                ("kind", Node::str("Policy")),
                ("rules", Node::seq([Node::map([("level", Node::str("Metadata"))])])),
            ])
        })
    }

    /// How the Kubernetes API server finds out who is asking, if a document says so.
    pub fn authentication(&self) -> Option<Node> {
        self.get::<KubeAuthenticationConfig>()?.configuration
    }

    /// Authorizers of the Kubernetes API server, in order. With documents, exactly theirs; in the
    /// v1alpha1 form Node and RBAC come first where they are not listed.
    pub fn authorizers(&self) -> Vec<Authorizer> {
        let documents = self.all::<KubeAuthorizerConfig>();
        if !documents.is_empty() {
            let authorizer = |document: KubeAuthorizerConfig| Authorizer {
                kind: document.kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
                name: document.name,
                webhook: document.webhook,
            };
            return documents.into_iter().map(authorizer).collect();
        }
        let section = self.cluster().and_then(|cluster| cluster.api_server.as_ref());
        let listed = section.map(|section| section.authorization_config.as_slice()).unwrap_or_default();
        let missing = [("Node", "node"), ("RBAC", "rbac")]
            .into_iter()
            .filter(|(kind, _)| !listed.iter().any(|authorizer| authorizer.kind == *kind));
        let defaults = missing.map(|(kind, name)| Authorizer {
            kind: kind.to_owned(),
            name: name.to_owned(),
            webhook: None,
        });
        let own = listed.iter().map(|authorizer| Authorizer {
            kind: authorizer.kind.clone(),
            name: non_empty(&authorizer.name).unwrap_or_else(|| authorizer.kind.to_lowercase()),
            webhook: authorizer.webhook.clone(),
        });
        defaults.chain(own).collect()
    }

    /// Access from pods to the API of the nodes, if it is possible.
    pub fn talos_api_access(&self) -> Option<TalosApiAccess> {
        if let Some(document) = self.get::<KubeTalosAPIAccessConfig>() {
            return Some(TalosApiAccess {
                allowed_roles: document.allowed_roles,
                allowed_namespaces: document.allowed_kubernetes_namespaces,
            });
        }
        let section = self.features()?.kubernetes_talos_api_access.as_ref()?;
        section.enabled.unwrap_or(false).then(|| TalosApiAccess {
            allowed_roles: section.allowed_roles.clone(),
            allowed_namespaces: section.allowed_kubernetes_namespaces.clone(),
        })
    }
}
