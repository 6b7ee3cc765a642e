//! The cluster's name service.

use proto::resource::k8s::BootstrapManifestsConfigSpec;
use serde_json::{Value, json};

use super::flannel::on_linux;
use super::{NAMESPACE, cluster_role_binding, of_service_account, service_account};

/// Plugins and their settings, as contract os.md 6.4 lists them.
const COREFILE: &str = "\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    log . {
        class error
    }
    prometheus :9153

    kubernetes @DOMAIN@ in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
        disable success @DOMAIN@
        disable denial @DOMAIN@
    }
    loop
    reload
    loadbalance
}
";

pub(super) fn workload(config: &BootstrapManifestsConfigSpec) -> Vec<Value> {
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    vec![
        service_account("coredns"),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {
                "name": "system:coredns",
                "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
            },
            "rules": [
                rule("", &["endpoints", "services", "pods", "namespaces"], &["list", "watch"]),
                rule("discovery.k8s.io", &["endpointslices"], &["list", "watch"]),
            ],
        }),
        cluster_role_binding("system:coredns", "system:coredns", vec![of_service_account("coredns")]),
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "coredns", "namespace": NAMESPACE},
            "data": {"Corefile": COREFILE.replace("@DOMAIN@", &config.cluster_domain)},
        }),
        deployment(config),
    ]
}

fn deployment(config: &BootstrapManifestsConfigSpec) -> Value {
    let labels = json!({"k8s-app": "kube-dns"});
    let probe = |path: &str, port: u16| json!({"httpGet": {"path": path, "port": port, "scheme": "HTTP"}});
    let mut liveness = probe("/health", 8080);
    for (key, value) in [("initialDelaySeconds", 60), ("timeoutSeconds", 5), ("failureThreshold", 5)] {
        liveness[key] = value.into();
    }
    let mut readiness = probe("/ready", 8181);
    // A second, not the default ten: a cluster is usable as soon as its names are.
    readiness["periodSeconds"] = 1.into();
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "coredns",
            "namespace": NAMESPACE,
            "labels": {"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS"},
        },
        "spec": {
            "replicas": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "affinity": affinity(),
                    "priorityClassName": "system-cluster-critical",
                    "serviceAccountName": "coredns",
                    "dnsPolicy": "Default",
                    "tolerations": [
                        {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
                        {
                            "effect": "NoSchedule",
                            "key": "node.cloudprovider.kubernetes.io/uninitialized",
                            "operator": "Exists",
                        },
                    ],
                    "containers": [{
                        "name": "coredns",
                        "image": config.core_dns_image,
                        "args": ["-conf", "/etc/coredns/Corefile"],
                        "env": [{"name": "GOMEMLIMIT", "value": "161MiB"}],
                        "resources": {
                            "limits": {"memory": "170Mi"},
                            "requests": {"cpu": "100m", "memory": "70Mi"},
                        },
                        "ports": [
                            {"name": "dns", "protocol": "UDP", "containerPort": 53},
                            {"name": "dns-tcp", "protocol": "TCP", "containerPort": 53},
                            {"name": "metrics", "protocol": "TCP", "containerPort": 9153},
                        ],
                        "livenessProbe": liveness,
                        "readinessProbe": readiness,
                        "securityContext": {
                            "allowPrivilegeEscalation": false,
                            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["all"]},
                            "readOnlyRootFilesystem": true,
                        },
                        "volumeMounts": [
                            {"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": true},
                        ],
                    }],
                    "volumes": [{
                        "name": "config-volume",
                        "configMap": {"name": "coredns", "items": [{"key": "Corefile", "path": "Corefile"}]},
                    }],
                },
            },
        },
    })
}

/// Prefers to spread over nodes; insists on Linux.
fn affinity() -> Value {
    let mut affinity = on_linux();
    affinity["podAntiAffinity"] = json!({"preferredDuringSchedulingIgnoredDuringExecution": [{
        "weight": 100,
        "podAffinityTerm": {
            "labelSelector": {"matchExpressions": [
                {"key": "k8s-app", "operator": "In", "values": ["kube-dns"]},
            ]},
            "topologyKey": "kubernetes.io/hostname",
        },
    }]});
    affinity
}

pub(super) fn service(config: &BootstrapManifestsConfigSpec) -> Value {
    let ips: Vec<&String> =
        [&config.dns_service_ip, &config.dns_service_i_pv6].into_iter().filter(|ip| !ip.is_empty()).collect();
    let families: Vec<&str> = ips.iter().map(|ip| if ip.contains(':') { "IPv6" } else { "IPv4" }).collect();
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",
            "namespace": NAMESPACE,
            "labels": {
                "k8s-app": "kube-dns",
                "kubernetes.io/cluster-service": "true",
                "kubernetes.io/name": "CoreDNS",
            },
            "annotations": {"prometheus.io/port": "9153", "prometheus.io/scrape": "true"},
        },
        "spec": {
            "selector": {"k8s-app": "kube-dns"},
            "clusterIP": ips.first(),
            "clusterIPs": ips,
            "ipFamilies": families,
            "ipFamilyPolicy": if ips.len() > 1 { "RequireDualStack" } else { "SingleStack" },
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
            ],
        },
    })
}
