//! Who may do what in the cluster.

use crate::yaml::Node;

choice! {
    /// The kind of an authorizer.
    AuthorizerType { Node = "Node", Rbac = "RBAC", Webhook = "Webhook" }
}

record! {
    /// An admission plugin.
    KubeAdmissionControlConfig {
        /// The plugin.
        "name" name: String => enforced;
        /// Its configuration.
        "configuration" configuration: Option<Node>;
    }

    /// What the Kubernetes API server writes to its audit log.
    KubeAuditPolicyConfig {
        /// The policy.
        "configuration" configuration: Option<Node> => replaced;
    }

    /// How the Kubernetes API server finds out who is asking.
    KubeAuthenticationConfig {
        /// An AuthenticationConfiguration.
        "configuration" configuration: Option<Node> => replaced;
    }

    /// An authorizer of the Kubernetes API server.
    KubeAuthorizerConfig {
        /// The name.
        "name" name: String => enforced;
        /// Its kind.
        "type" kind: Option<AuthorizerType> => enforced;
        /// The settings of a webhook.
        "webhook" webhook: Option<Node>;
    }

    /// Access from pods to the API of the nodes.
    KubeTalosAPIAccessConfig {
        /// Roles that may be asked for.
        "allowedRoles" allowed_roles: Vec<String>;
        /// Namespaces that may ask.
        "allowedKubernetesNamespaces" allowed_kubernetes_namespaces: Vec<String>;
    }
}
