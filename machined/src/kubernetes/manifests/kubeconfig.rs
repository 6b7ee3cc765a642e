//! The kubeconfig that pods on the host network use to reach the API server.

use serde_json::{Value, json};

use super::NAMESPACE;

const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
clusters:
- name: local
  cluster:
    server: @SERVER@
    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
users:
- name: service-account
  user:
    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
contexts:
- context:
    cluster: local
    user: service-account
";

pub(super) fn in_cluster(server: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kubeconfig-in-cluster", "namespace": NAMESPACE},
        "data": {"kubeconfig": KUBECONFIG.replace("@SERVER@", server)},
    })
}
