//! What kubelets need to join: a token, and who approves whose certificates.

use serde_json::{Value, json};

use super::{BootstrapToken, NAMESPACE, cluster_role_binding, of_group};

pub(super) fn bootstrap_token(token: &BootstrapToken<'_>) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": format!("bootstrap-token-{}", token.id), "namespace": NAMESPACE},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "token-id": token.id,
            "token-secret": token.secret,
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": "system:bootstrappers:nodes",
        },
    })
}

pub(super) fn node_bootstrap() -> Value {
    let subjects = vec![of_group("system:bootstrappers:nodes"), of_group("system:nodes")];
    cluster_role_binding("system-bootstrap-node-bootstrapper", "system:node-bootstrapper", subjects)
}

pub(super) fn csr_approver() -> Value {
    cluster_role_binding(
        "system-bootstrap-approve-node-client-csr",
        "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        vec![of_group("system:bootstrappers:nodes")],
    )
}

pub(super) fn csr_renewal() -> Value {
    cluster_role_binding(
        "system-bootstrap-node-renewal",
        "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        vec![of_group("system:nodes")],
    )
}

/// Nodes look for control planes in the endpoints of the Kubernetes service.
pub(super) fn talos_nodes() -> Vec<Value> {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "system:talos-nodes"},
        "rules": [{
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
            "verbs": ["get", "list", "watch"],
        }],
    });
    vec![
        role,
        cluster_role_binding("system:talos-nodes", "system:talos-nodes", vec![of_group("system:nodes")]),
    ]
}
