//! The pod network.

use proto::resource::k8s::BootstrapManifestsConfigSpec;
use serde_json::{Map, Value, json};

use super::{NAMESPACE, cluster_role_binding, of_service_account, resources, service_account};
use crate::kubernetes::json::{from_struct, pruned};

/// VXLAN port when none is configured (contract os.md 6.4).
const VXLAN_PORT: u32 = 4789;

pub(super) fn objects(config: &BootstrapManifestsConfigSpec) -> Vec<Value> {
    vec![
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "flannel"},
            "rules": rules(config.flannel_kube_network_policies_enabled),
        }),
        cluster_role_binding("flannel", "flannel", vec![of_service_account("flannel")]),
        service_account("flannel"),
        config_map(config),
        daemon_set(config),
    ]
}

fn rules(policies: bool) -> Value {
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let mut rules = vec![
        rule("", &["pods"], &["get"]),
        rule("", &["nodes"], &["get", "list", "watch"]),
        rule("", &["nodes/status"], &["patch"]),
    ];
    if policies {
        rules.push(rule("", &["pods", "namespaces"], &["list", "watch"]));
        rules.push(rule("networking.k8s.io", &["networkpolicies"], &["list", "watch"]));
    }
    Value::Array(rules)
}

fn config_map(config: &BootstrapManifestsConfigSpec) -> Value {
    let cni = json!({
        "name": "cbr0",
        "cniVersion": "1.0.0",
        "plugins": [
            {"type": "flannel", "delegate": {"hairpinMode": true, "isDefaultGateway": true}},
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    });
    let backend_type =
        if config.flannel_backend_type.is_empty() { "vxlan" } else { &config.flannel_backend_type };
    let mut backend = Map::new();
    backend.insert("Type".to_owned(), Value::from(backend_type));
    if backend_type == "vxlan" || config.flannel_backend_port != 0 {
        let port = if config.flannel_backend_port == 0 { VXLAN_PORT } else { config.flannel_backend_port };
        backend.insert("Port".to_owned(), Value::from(port));
    }
    if config.flannel_backend_mtu != 0 {
        backend.insert("MTU".to_owned(), Value::from(config.flannel_backend_mtu));
    }
    if let Some(Value::Object(extra)) = config.flannel_backend_extra_config.as_ref().map(from_struct) {
        backend.extend(extra);
    }
    let of_family = |v6: bool| config.pod_cid_rs.iter().find(|c| c.contains(':') == v6);
    let network = json!({
        "Network": of_family(false),
        "IPv6Network": of_family(true),
        "EnableIPv4": of_family(false).is_none().then_some(false),
        "EnableIPv6": of_family(true).is_some().then_some(true),
        "EnableNFTables": true,
        "Backend": backend,
    });
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "kube-flannel-cfg",
            "namespace": NAMESPACE,
            "labels": {"tier": "node", "k8s-app": "flannel"},
        },
        "data": {"cni-conf.json": cni.to_string(), "net-conf.json": pruned(network).to_string()},
    })
}

fn daemon_set(config: &BootstrapManifestsConfigSpec) -> Value {
    let mut env = vec![
        field("POD_NAME", "metadata.name"),
        field("POD_NAMESPACE", "metadata.namespace"),
        json!({"name": "EVENT_QUEUE_DEPTH", "value": "5000"}),
        json!({"name": "CONT_WHEN_CACHE_NOT_READY", "value": "false"}),
    ];
    if !config.flannel_kube_service_host.is_empty() {
        env.push(json!({"name": "KUBERNETES_SERVICE_HOST", "value": config.flannel_kube_service_host}));
        env.push(json!({"name": "KUBERNETES_SERVICE_PORT", "value": config.flannel_kube_service_port}));
    }
    let mut args = vec!["--ip-masq".to_owned(), "--kube-subnet-mgr".to_owned()];
    args.extend(config.flannel_extra_args.iter().cloned());
    let mut containers = vec![json!({
        "name": "kube-flannel",
        "image": config.flannel_image,
        "command": ["/opt/bin/flanneld"],
        "args": args,
        "env": env,
        "resources": resources(config.flannel_resources.as_ref(), &[("cpu", "100m"), ("memory", "50Mi")], &[]),
        "securityContext": {"privileged": false, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
        "volumeMounts": [
            {"name": "run", "mountPath": "/run/flannel"},
            {"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"},
        ],
    })];
    if config.flannel_kube_network_policies_enabled {
        containers.push(policies(config));
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": "kube-flannel",
            "namespace": NAMESPACE,
            "labels": {"tier": "node", "k8s-app": "flannel"},
        },
        "spec": {
            "selector": {"matchLabels": {"tier": "node", "k8s-app": "flannel"}},
            "template": {
                "metadata": {"labels": {"tier": "node", "k8s-app": "flannel"}},
                "spec": {
                    "affinity": on_linux(),
                    "hostNetwork": true,
                    "priorityClassName": "system-node-critical",
                    "serviceAccountName": "flannel",
                    "tolerations": [
                        {"effect": "NoSchedule", "operator": "Exists"},
                        {"effect": "NoExecute", "operator": "Exists"},
                    ],
                    "initContainers": [{
                        "name": "install-config",
                        "image": config.flannel_image,
                        "command": ["cp"],
                        "args": ["-f", "/etc/kube-flannel/cni-conf.json", "/etc/cni/net.d/10-flannel.conflist"],
                        "volumeMounts": [
                            {"name": "cni", "mountPath": "/etc/cni/net.d"},
                            {"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"},
                        ],
                    }],
                    "containers": containers,
                    "volumes": [
                        {"name": "run", "hostPath": {"path": "/run/flannel"}},
                        {"name": "cni", "hostPath": {"path": "/etc/cni/net.d"}},
                        {"name": "flannel-cfg", "configMap": {"name": "kube-flannel-cfg"}},
                    ],
                },
            },
        },
    })
}

fn policies(config: &BootstrapManifestsConfigSpec) -> Value {
    json!({
        "name": "kube-network-policies",
        "image": config.flannel_kube_network_policies_image,
        "args": ["/bin/netpol", "--hostname-override=$(MY_NODE_NAME)", "--v=2", "--nfqueue-id=98"],
        "env": [field("MY_NODE_NAME", "spec.nodeName")],
        "resources": {"requests": {"cpu": "100m", "memory": "50Mi"}},
        "securityContext": {"privileged": true},
        "volumeMounts": [{"name": "cni", "mountPath": "/etc/cni/net.d"}],
    })
}

pub(in crate::kubernetes) fn field(name: &str, path: &str) -> Value {
    json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})
}

pub(super) fn on_linux() -> Value {
    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]},
    ]}}})
}
