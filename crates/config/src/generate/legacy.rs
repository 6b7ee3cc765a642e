//! Configurations up to 1.13: one v1alpha1 document, and few others.

use indexmap::IndexMap;

use super::build::{audit_policy, authority, document, flag, json, list, map, plain, pod_security, text};
use super::{Input, is_control_plane, unique};
use crate::documents::v1alpha1::MachineType;
use crate::secrets::Secrets;
use crate::yaml::Node;

type Entries = Vec<(&'static str, Node)>;

/// The documents.
pub(super) fn roots(input: &Input, secrets: &Secrets, role: MachineType) -> Vec<Node> {
    let mut roots = vec![map([
        ("version", text("v1alpha1")),
        ("debug", flag(false)),
        ("persist", flag(true)),
        ("machine", Node::map(machine(input, secrets, role))),
        ("cluster", Node::map(cluster(input, secrets, role))),
    ])];
    if input.contract.after(1, 11) {
        roots.extend(input.mirror_documents());
        roots.push(document("HostnameConfig", [("auto", text("stable"))]));
    }
    if input.contract.after(1, 12) && input.kubespan {
        roots.push(document("KubeSpanConfig", [("enabled", flag(true))]));
    }
    roots
}

fn machine(input: &Input, secrets: &Secrets, role: MachineType) -> Entries {
    let contract = input.contract;
    let control_plane = is_control_plane(role);
    let mut kubelet: Entries = vec![("image", text(input.image(components::repository::KUBELET)))];
    if contract.after(1, 1) {
        kubelet.push(("defaultRuntimeSeccompProfileEnabled", flag(true)));
    }
    if contract.after(1, 2) {
        kubelet.push(("disableManifestsDirectory", flag(true)));
    }
    let mut install: Entries = Vec::new();
    // Without a disk a patch names or selects one.
    if !input.install_disk.is_empty() {
        install.push(("disk", text(&input.install_disk)));
    }
    install.extend([("image", text(&input.install_image)), ("wipe", flag(false))]);
    if contract.after(1, 11) {
        install.push(("grubUseUKICmdline", flag(true)));
    }
    let mut entries: Entries = vec![
        ("type", text(if control_plane { "controlplane" } else { "worker" })),
        ("token", text(&secrets.trustd_token)),
        ("ca", authority(&secrets.os, control_plane)),
        ("certSANs", list(input.sans())),
        ("kubelet", Node::map(kubelet)),
    ];
    if !contract.after(1, 11) {
        let kubespan = map([("enabled", flag(true))]);
        entries.push((
            "network",
            if input.kubespan { map([("kubespan", kubespan)]) } else { Node::empty_map() },
        ));
    }
    entries.push(("install", Node::map(install)));
    if !contract.after(1, 11) {
        entries.extend(registries(input));
    }
    entries.push(("features", Node::map(features(input))));
    if control_plane && contract.after(1, 7) {
        let label = map([("node.kubernetes.io/exclude-from-external-load-balancers", text(""))]);
        entries.push(("nodeLabels", label));
    }
    entries
}

/// Clusters of this version moved from one registry of Kubernetes to the other (contract os.md 1.7).
const MOVED: (&str, [&str; 2]) = ("k8s.gcr.io", ["https://registry.k8s.io", "https://k8s.gcr.io"]);

fn registries(input: &Input) -> Option<(&'static str, Node)> {
    let moving = input.contract.after(1, 1) && !input.contract.after(1, 2);
    let mut mirrors: IndexMap<&str, Vec<&str>> = IndexMap::new();
    if moving {
        mirrors.insert(MOVED.0, MOVED.1.to_vec());
    }
    for (host, urls) in input.mirrors() {
        mirrors.entry(host).or_default().extend(urls);
    }
    let section =
        |(host, urls): (&str, Vec<&str>)| (host.to_owned(), map([("endpoints", list(unique(urls)))]));
    let mirrors: Vec<_> = mirrors.into_iter().map(section).collect();
    (!mirrors.is_empty()).then(|| ("registries", map([("mirrors", Node::map(mirrors))])))
}

fn features(input: &Input) -> Entries {
    let contract = input.contract;
    let mut features: Entries = Vec::new();
    if !contract.after(1, 11) {
        features.push(("rbac", flag(true)));
        if contract.after(1, 1) {
            features.push(("stableHostname", flag(true)));
        }
        if contract.after(1, 2) {
            features.push(("apidCheckExtKeyUsage", flag(true)));
        }
    }
    if contract.after(1, 4) {
        features.push(("diskQuotaSupport", flag(true)));
    }
    if contract.after(1, 5) {
        features.push(("kubePrism", map([("enabled", flag(true)), ("port", plain("7445"))])));
    }
    if contract.after(1, 6) {
        let mut host_dns: Entries = vec![("enabled", flag(true))];
        if contract.after(1, 7) {
            host_dns.push(("forwardKubeDNSToHost", flag(true)));
        }
        features.push(("hostDNS", Node::map(host_dns)));
    }
    features
}

fn cluster(input: &Input, secrets: &Secrets, role: MachineType) -> Entries {
    let contract = input.contract;
    let control_plane = is_control_plane(role);
    let mut entries: Entries = vec![
        ("id", text(&secrets.cluster_id)),
        ("secret", text(&secrets.cluster_secret)),
        ("controlPlane", map([("endpoint", text(&input.endpoint))])),
    ];
    if control_plane || contract.after(1, 7) {
        entries.push(("clusterName", text(&input.cluster_name)));
    }
    let [pods, services] = input.subnets();
    entries.push((
        "network",
        map([
            ("dnsDomain", text(&input.dns_domain)),
            ("podSubnets", list([pods])),
            ("serviceSubnets", list([services])),
        ]),
    ));
    entries.push(("token", text(&secrets.bootstrap_token)));
    if control_plane {
        if !secrets.aescbc_encryption_secret.is_empty() {
            entries.push(("aescbcEncryptionSecret", text(&secrets.aescbc_encryption_secret)));
        }
        if !secrets.secretbox_encryption_secret.is_empty() {
            entries.push(("secretboxEncryptionSecret", text(&secrets.secretbox_encryption_secret)));
        }
    }
    entries.push(("ca", authority(&secrets.k8s, control_plane)));
    if control_plane {
        entries.push(("aggregatorCA", authority(&secrets.k8s_aggregator, true)));
        entries.push(("serviceAccount", map([("key", text(&secrets.k8s_service_account_key))])));
        entries.push(("apiServer", Node::map(api_server(input))));
        entries.push(("controllerManager", image(input, components::repository::KUBE_CONTROLLER_MANAGER)));
        entries.push(("proxy", image(input, components::repository::KUBE_PROXY)));
        entries.push(("scheduler", image(input, components::repository::KUBE_SCHEDULER)));
    }
    if input.discovery {
        let mut registries: Entries = Vec::new();
        if contract.after(1, 1) {
            registries.push(("kubernetes", map([("disabled", flag(true))])));
        }
        registries.push(("service", Node::empty_map()));
        entries.push(("discovery", map([("enabled", flag(true)), ("registries", Node::map(registries))])));
    }
    if control_plane {
        entries.push(("etcd", map([("ca", authority(&secrets.etcd, true))])));
    }
    entries
}

fn image(input: &Input, repository: &str) -> Node {
    map([("image", text(input.image(repository)))])
}

fn api_server(input: &Input) -> Entries {
    let contract = input.contract;
    let mut entries: Entries = vec![("image", text(input.image(components::repository::KUBE_APISERVER)))];
    let endpoint = input.endpoint_host();
    let own = (!contract.after(1, 11)).then_some(endpoint.as_str());
    let sans = unique(own.into_iter().chain(input.sans()));
    if !sans.is_empty() {
        entries.push(("certSANs", list(sans)));
    }
    if !contract.after(1, 11) {
        entries.push(("disablePodSecurityPolicy", flag(true)));
    }
    if contract.after(1, 0) {
        let plugin = map([("name", text("PodSecurity")), ("configuration", json(&pod_security()))]);
        entries.push(("admissionControl", Node::seq([plugin])));
    }
    if contract.after(1, 2) {
        entries.push(("auditPolicy", json(&audit_policy())));
    }
    entries
}
