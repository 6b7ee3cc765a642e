//! Manifests as a cluster gets them.

use super::*;

fn config() -> BootstrapManifestsConfigSpec {
    BootstrapManifestsConfigSpec {
        cluster_domain: "cluster.local".into(),
        pod_cid_rs: vec!["10.244.0.0/16".into()],
        proxy_enabled: true,
        proxy_image: "registry.k8s.io/kube-proxy:v1".into(),
        proxy_args: vec!["--proxy-mode=nftables".into()],
        core_dns_enabled: true,
        core_dns_image: "coredns:1".into(),
        dns_service_ip: "10.96.0.10".into(),
        flannel_enabled: true,
        flannel_image: "flannel:1".into(),
        flannel_kube_network_policies_image: "policies:1".into(),
        flannel_kube_service_host: "127.0.0.1".into(),
        flannel_kube_service_port: "7445".into(),
        ..BootstrapManifestsConfigSpec::default()
    }
}

fn rendered(config: &BootstrapManifestsConfigSpec) -> Vec<Manifest> {
    render(config, &BootstrapToken { id: "abcdef", secret: "0123456789abcdef" }, "https://127.0.0.1:7445")
}

#[test]
fn the_default_manifests_are_those_of_the_contract_in_order() {
    let ids: Vec<_> = rendered(&config()).iter().map(|m| m.id).collect();
    let expected = [
        "00-kubelet-bootstrapping-token",
        "01-csr-approver-role-binding",
        "01-csr-node-bootstrap",
        "01-csr-renewal-role-binding",
        "05-flannel",
        "10-kube-proxy",
        "11-core-dns",
        "11-core-dns-svc",
        "11-kube-config-in-cluster",
        "11-talos-node-rbac-template",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn what_is_disabled_is_not_rendered() {
    let bare = BootstrapManifestsConfigSpec {
        flannel_enabled: false,
        proxy_enabled: false,
        core_dns_enabled: false,
        talos_api_service_enabled: true,
        ..config()
    };
    let ids: Vec<_> = rendered(&bare).iter().map(|m| m.id).collect();
    assert!(
        !ids.iter().any(|id| id.contains("flannel") || id.contains("proxy") || id.contains("dns")),
        "{ids:?}"
    );
    assert!(ids.contains(&"13-talos-service-account-crd"));
}

#[test]
fn every_object_says_what_it_is() {
    for object in rendered(&config()).iter().flat_map(|m| &m.objects) {
        for key in ["apiVersion", "kind", "metadata"] {
            assert!(object.get(key).is_some(), "{object}");
        }
    }
}

#[test]
fn two_families_of_services_need_dual_stack() {
    let dual = BootstrapManifestsConfigSpec { dns_service_i_pv6: "fd00::a".into(), ..config() };
    let service = coredns::service(&dual);
    assert_eq!(service["spec"]["ipFamilyPolicy"], "RequireDualStack");
    assert_eq!(service["spec"]["clusterIPs"], json!(["10.96.0.10", "fd00::a"]));
}

#[test]
fn every_container_has_an_image() {
    let all = BootstrapManifestsConfigSpec { flannel_kube_network_policies_enabled: true, ..config() };
    let mut seen = 0;
    for object in rendered(&all).iter().flat_map(|m| &m.objects) {
        for list in ["initContainers", "containers"] {
            let path = format!("/spec/template/spec/{list}");
            for container in object.pointer(&path).and_then(Value::as_array).into_iter().flatten() {
                assert!(container["image"].as_str().is_some_and(|image| !image.is_empty()), "{container}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 5);
}
