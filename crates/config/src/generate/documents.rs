//! Configurations from 1.14 on: a short v1alpha1 document, and one for each concern.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json as j;

use super::build::{audit_policy, authority, document, flag, json, list, map, plain, pod_security, text};
use super::{Input, is_control_plane};
use crate::documents::v1alpha1::MachineType;
use crate::secrets::{Pair, Secrets};
use crate::yaml::Node;

/// The documents, in the contract's order (os.md 1.7).
pub(super) fn roots(input: &Input, secrets: &Secrets, role: MachineType) -> Vec<Node> {
    let control_plane = is_control_plane(role);
    let mut roots = vec![v1alpha1(input, secrets, control_plane)];
    if input.discovery {
        let endpoint = text(crate::access::DEFAULT_DISCOVERY_ENDPOINT);
        roots.push(document("DiscoveryServiceConfig", [("name", text("default")), ("endpoint", endpoint)]));
    }
    roots.push(document(
        "DiscoveryIdentityConfig",
        [("clusterID", text(&secrets.cluster_id)), ("clusterSecret", text(&secrets.cluster_secret))],
    ));
    roots.extend(system(input));
    if input.kubernetes {
        roots.extend(kubernetes(input, secrets, control_plane));
    }
    if input.kubernetes && control_plane {
        roots.extend(control_plane_documents(input, secrets));
    }
    roots
}

fn v1alpha1(input: &Input, secrets: &Secrets, control_plane: bool) -> Node {
    let machine = map([
        ("type", text(if control_plane { "controlplane" } else { "worker" })),
        ("token", text(&secrets.trustd_token)),
        ("ca", authority(&secrets.os, control_plane)),
        ("certSANs", list(input.sans())),
        ("features", map([("diskQuotaSupport", flag(true))])),
    ]);
    let mut cluster = Vec::new();
    if input.kubernetes {
        cluster.push(("token", text(&secrets.bootstrap_token)));
    }
    if input.kubernetes && control_plane {
        cluster.push(("etcd", map([("ca", authority(&secrets.etcd, true))])));
    }
    map([
        ("version", text("v1alpha1")),
        ("debug", flag(false)),
        ("persist", flag(true)),
        ("machine", machine),
        ("cluster", Node::map(cluster)),
    ])
}

fn system(input: &Input) -> Vec<Node> {
    let host_dns = map([("enabled", flag(true)), ("forwardKubeDNSToHost", flag(true))]);
    let mut roots = Vec::new();
    // Without a disk a patch says how the machine is installed: nothing here may stand in its way.
    if !input.install_disk.is_empty() {
        let disk = format!("disk.dev_path == {:?}", input.install_disk);
        let selector = map([("match", text(disk))]);
        roots.push(document(
            "UnattendedInstallConfig",
            [
                ("installer", map([("image", text(&input.install_image))])),
                ("provisioning", map([("diskSelector", selector), ("wipe", flag(false))])),
            ],
        ));
    }
    roots.extend([
        document("ResolverConfig", [("hostDNS", host_dns)]),
        document("VolumeConfig", [("name", text("EPHEMERAL")), ("mount", map([("secure", flag(true))]))]),
        document("FilesystemTrimConfig", [("interval", text("168h0m0s"))]),
        document("SecurityProfileConfig", [("workloadIsolation", flag(true))]),
    ]);
    roots.extend(input.mirror_documents());
    roots.push(document("HostnameConfig", [("auto", text("stable"))]));
    if input.kubespan {
        roots.push(document("KubeSpanConfig", [("enabled", flag(true))]));
    }
    roots
}

/// A PEM text of the bundle as documents carry it: not encoded again.
fn pem(encoded: &str) -> Node {
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text(decoded.unwrap_or_default())
}

fn issuing(pair: &Pair) -> Node {
    map([("cert", pem(&pair.crt)), ("key", pem(&pair.key))])
}

fn kubernetes(input: &Input, secrets: &Secrets, control_plane: bool) -> Vec<Node> {
    let mut node: Vec<(&'static str, Node)> = Vec::new();
    if control_plane {
        node.push((
            "labels",
            map([
                ("node-role.kubernetes.io/control-plane", text("")),
                ("node.kubernetes.io/exclude-from-external-load-balancers", text("")),
            ]),
        ));
        node.push(("taints", map([("node-role.kubernetes.io/control-plane", text(":NoSchedule"))])));
    }
    let [pods, services] = input.subnets();
    let ca = match control_plane {
        true => ("issuingCA", issuing(&secrets.k8s)),
        false => ("acceptedCAs", Node::seq([pem(&secrets.k8s.crt)])),
    };
    vec![
        document(
            "KubeClusterConfig",
            [("clusterName", text(&input.cluster_name)), ("endpoint", text(&input.endpoint))],
        ),
        document("KubeNodeConfig", node),
        document(
            "KubeletConfig",
            [
                ("image", text(input.image(components::repository::KUBELET))),
                ("defaultRuntimeSeccompProfileEnabled", flag(true)),
            ],
        ),
        document(
            "KubeNetworkConfig",
            [
                ("dnsDomain", text(&input.dns_domain)),
                ("podSubnets", list([pods])),
                ("serviceSubnets", list([services])),
            ],
        ),
        document("KubeAPIServerCAConfig", [ca]),
        document("KubePrismConfig", [("port", plain("7445"))]),
    ]
}

fn control_plane_documents(input: &Input, secrets: &Secrets) -> Vec<Node> {
    let image = |repository: &str| ("image", text(input.image(repository)));
    // A bundle of an old cluster holds the other kind of secret, which goes into the same provider under its old
    // name (contract os.md 1.7, last line of the table).
    let (name, secret) = match secrets.secretbox_encryption_secret.as_str() {
        "" => ("key1", &secrets.aescbc_encryption_secret),
        secret => ("key2", &secret.to_owned()),
    };
    let encryption = j!({"resources": [{
        "resources": ["secrets"],
        "providers": [{"secretbox": {"keys": [{"name": name, "secret": secret}]}}, {"identity": {}}],
    }]});
    let anonymous = j!({"anonymous": {
        "enabled": true,
        "conditions": [{"path": "/livez"}, {"path": "/readyz"}, {"path": "/healthz"}],
    }});
    let issuer =
        map([("privateKey", pem(&secrets.k8s_service_account_key)), ("issuerURL", text(&input.endpoint))]);
    let mut api_server = vec![image(components::repository::KUBE_APISERVER)];
    let sans = input.sans();
    if !sans.is_empty() {
        api_server.push(("certExtraSANs", list(sans)));
    }
    let mut roots = vec![
        document("KubeAggregatorCAConfig", [("issuingCA", issuing(&secrets.k8s_aggregator))]),
        document(
            "KubeAdmissionControlConfig",
            [("name", text("PodSecurity")), ("configuration", json(&pod_security()))],
        ),
        document("KubeAuditPolicyConfig", [("configuration", json(&audit_policy()))]),
        document("KubeAuthenticationConfig", [("configuration", json(&anonymous))]),
        document("KubeAuthorizerConfig", [("name", text("node")), ("type", text("Node"))]),
        document("KubeAuthorizerConfig", [("name", text("rbac")), ("type", text("RBAC"))]),
        document("KubeEtcdEncryptionConfig", [("config", json(&encryption))]),
        document("KubeServiceAccountConfig", [("issuer", issuer)]),
        document("KubeAPIServerConfig", api_server),
        document("KubeControllerManagerConfig", [image(components::repository::KUBE_CONTROLLER_MANAGER)]),
        document("KubeSchedulerConfig", [image(components::repository::KUBE_SCHEDULER)]),
        document("KubeProxyConfig", [image(components::repository::KUBE_PROXY)]),
        document("KubeFlannelCNIConfig", [("backendType", text("vxlan")), ("backendPort", plain("4789"))]),
        document("KubeCoreDNSConfig", [("enabled", flag(true)), ("image", text(components::image::COREDNS))]),
    ];
    // A bundle from a cluster that encrypts etcd in a way of its own: an empty secret would look like one.
    if secret.is_empty() {
        roots.retain(|root| root.get("kind").and_then(Node::as_str) != Some("KubeEtcdEncryptionConfig"));
    }
    roots
}
