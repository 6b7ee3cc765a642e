//! Bootstrap manifests (contract os.md 6.4): what every cluster needs before its first pod, by sorted id.

mod coredns;
mod flannel;
mod kubeconfig;
mod proxy;
mod rbac;
mod talos;

pub(super) use flannel::field;
use proto::resource::k8s::{BootstrapManifestsConfigSpec, Resources};
use serde_json::{Map, Value, json};

/// Secret of the kubelet's bootstrap token: the manifest needs it beside the configuration.
pub struct BootstrapToken<'a> {
    /// Six characters.
    pub id: &'a str,
    /// Sixteen characters.
    pub secret: &'a str,
}

/// One manifest: an id that orders it, and its objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `NN-name`.
    pub id: &'static str,
    /// Kubernetes objects.
    pub objects: Vec<Value>,
}

/// All manifests that follow from the configuration, ordered by id.
pub fn render(
    config: &BootstrapManifestsConfigSpec,
    token: &BootstrapToken<'_>,
    admin_server: &str,
) -> Vec<Manifest> {
    let mut manifests = vec![
        Manifest { id: "00-kubelet-bootstrapping-token", objects: vec![rbac::bootstrap_token(token)] },
        Manifest { id: "01-csr-approver-role-binding", objects: vec![rbac::csr_approver()] },
        Manifest { id: "01-csr-node-bootstrap", objects: vec![rbac::node_bootstrap()] },
        Manifest { id: "01-csr-renewal-role-binding", objects: vec![rbac::csr_renewal()] },
        Manifest { id: "11-kube-config-in-cluster", objects: vec![kubeconfig::in_cluster(admin_server)] },
        Manifest { id: "11-talos-node-rbac-template", objects: rbac::talos_nodes() },
    ];
    if config.flannel_enabled {
        manifests.push(Manifest { id: "05-flannel", objects: flannel::objects(config) });
    }
    if config.proxy_enabled {
        manifests.push(Manifest { id: "10-kube-proxy", objects: proxy::objects(config) });
    }
    if config.core_dns_enabled {
        manifests.push(Manifest { id: "11-core-dns", objects: coredns::workload(config) });
        manifests.push(Manifest { id: "11-core-dns-svc", objects: vec![coredns::service(config)] });
    }
    if config.talos_api_service_enabled {
        manifests.push(Manifest {
            id: "13-talos-service-account-crd",
            objects: vec![talos::service_account_crd()],
        });
    }
    manifests.sort_by_key(|m| m.id);
    manifests
}

const NAMESPACE: &str = "kube-system";

fn service_account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}})
}

fn cluster_role_binding(name: &str, role: &str, subjects: Vec<Value>) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    })
}

fn of_service_account(name: &str) -> Value {
    json!({"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE})
}

fn of_group(name: &str) -> Value {
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name})
}

/// Resource requests and limits, with defaults for what the configuration leaves out.
pub(super) fn resources(
    configured: Option<&Resources>,
    requests: &[(&str, &str)],
    limits: &[(&str, &str)],
) -> Value {
    let side = |defaults: &[(&str, &str)], chosen: Option<&std::collections::BTreeMap<String, String>>| {
        let mut merged: Map<String, Value> =
            defaults.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
        merged.extend(chosen.into_iter().flatten().map(|(k, v)| (k.clone(), Value::from(v.clone()))));
        merged
    };
    let requests = side(requests, configured.map(|r| &r.requests));
    let limits = side(limits, configured.map(|r| &r.limits));
    super::json::pruned(json!({"requests": requests, "limits": limits}))
}

#[cfg(test)]
mod tests;
