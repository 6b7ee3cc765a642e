//! kube-proxy's own configuration file.

use serde_json::{Value, json};

use crate::kubernetes::json::fill;

/// Where its pods find credentials (a mount of their manifest).
pub const KUBECONFIG: &str = "/etc/kubernetes/kubeconfig";

/// The file: the user's, completed with what arguments say where there is no file, since a kube-proxy with one
/// ignores arguments.
pub fn file(mut users: Value, mode: &str, pod_subnets: &[String]) -> Value {
    let ours = json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": KUBECONFIG},
        "clusterCIDR": pod_subnets.join(","),
        "mode": mode,
        "conntrack": {"maxPerCore": 0},
    });
    fill(&mut users, ours);
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(users: Value) -> Value {
        file(users, "nftables", &["10.244.0.0/16".to_owned(), "fd00::/56".to_owned()])
    }

    #[test]
    fn an_empty_file_has_all_that_kube_proxy_does_not_start_without() {
        let expected = json!({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": "/etc/kubernetes/kubeconfig"},
            "clusterCIDR": "10.244.0.0/16,fd00::/56",
            "mode": "nftables",
            "conntrack": {"maxPerCore": 0},
        });
        assert_eq!(rendered(json!({})), expected);
        assert_eq!(rendered(json!({"mode": null, "clientConnection": null})), expected);
    }

    #[test]
    fn what_the_user_says_counts_and_the_rest_is_completed() {
        let part =
            rendered(json!({"mode": "iptables", "conntrack": {"min": 1}, "clientConnection": {"qps": 5}}));
        assert_eq!(
            (&part["mode"], &part["conntrack"]),
            (&json!("iptables"), &json!({"min": 1, "maxPerCore": 0}))
        );
        assert_eq!(part["clientConnection"], json!({"qps": 5, "kubeconfig": KUBECONFIG}));
        assert_eq!(rendered(part.clone()), part, "a whole one stays");
    }
}
