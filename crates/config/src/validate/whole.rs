//! What only the whole configuration shows (contract os.md 1.2).

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, at};
use crate::documents::network::DnsProtocol;
use crate::documents::runtime::ContainerConfig;
use crate::documents::v1alpha1::MachineType;
use crate::yaml::Path;

pub(super) fn validate(cx: &mut Context<'_>) {
    host_dns(cx);
    discovery(cx);
    containers(cx);
    etcd_encryption(cx);
    worker(cx);
}

/// The path of the host DNS settings, in whichever document has them.
fn enter_host_dns(cx: &mut Context<'_>) -> Path {
    let section = cx.config.features().is_some_and(|features| features.host_dns.is_some());
    if cx.config.has("ResolverConfig") && !section {
        cx.enter_kind("ResolverConfig");
        return at!["hostDNS"];
    }
    cx.enter_kind("v1alpha1");
    at!["machine", "features", "hostDNS"]
}

fn host_dns(cx: &mut Context<'_>) {
    let host_dns = cx.config.host_dns();
    // A partial configuration leaves this to the one that completes it.
    if cx.options.mode.in_container() && cx.config.is_complete() {
        let path = enter_host_dns(cx);
        if !host_dns.enabled {
            cx.error("container-host-dns", path, "hostDNS must be enabled in container mode");
        } else if !host_dns.forward_kube_dns {
            let path = path.join("forwardKubeDNSToHost");
            cx.error(
                "container-host-dns-forward",
                path,
                "forwardKubeDNSToHost must be true in container mode",
            );
        }
    }
    let servers = cx.config.resolvers().servers;
    let encrypted = servers.iter().any(|server| server.protocol != DnsProtocol::Do53);
    if encrypted && !host_dns.enabled {
        let path = enter_host_dns(cx);
        let message = "hostDNS must be enabled for name servers that are asked over TLS or HTTPS";
        cx.error("encrypted-dns-needs-host-dns", path, message);
    }
}

fn discovery(cx: &mut Context<'_>) {
    let discovery = cx.config.discovery();
    if !discovery.services.is_empty() {
        let documents = cx.config.has("DiscoveryServiceConfig");
        let (kind, path) = match documents {
            true => ("DiscoveryServiceConfig", Path::root()),
            false => ("v1alpha1", at!["cluster", "discovery"]),
        };
        cx.enter_kind(kind);
        let both = [
            (
                cx.config.cluster_id().is_none(),
                "discovery-cluster-id",
                "identifier (DiscoveryIdentityConfig clusterID or cluster.id)",
            ),
            (
                cx.config.cluster_secret().is_none(),
                "discovery-cluster-secret",
                "secret (DiscoveryIdentityConfig clusterSecret or cluster.secret)",
            ),
        ];
        for (missing, rule, what) in both {
            if missing {
                cx.error(rule, path.clone(), format!("discovery over a service needs the cluster's {what}"));
            }
        }
    }
    if cx.config.kubespan().is_some() && !discovery.enabled {
        let (kind, path) = match cx.config.has("KubeSpanConfig") {
            true => ("KubeSpanConfig", at!["enabled"]),
            false => ("v1alpha1", at!["machine", "network", "kubespan", "enabled"]),
        };
        cx.enter_kind(kind);
        cx.error("kubespan-needs-discovery", path, "KubeSpan needs discovery of the cluster's members");
    }
}

/// What containers wait for must exist, and must not wait for them.
fn containers(cx: &mut Context<'_>) {
    let containers: BTreeMap<String, Vec<String>> = cx
        .config
        .all::<ContainerConfig>()
        .into_iter()
        .map(|container| (container.name, container.depends_on.containers))
        .collect();
    let circular = circular(&containers);
    let config = cx.config;
    for document in config.of_kind("ContainerConfig") {
        cx.enter(document);
        let name = &document.id.name;
        let Some(wanted) = containers.get(name) else { continue };
        for (index, other) in wanted.iter().enumerate() {
            let path = at!["dependsOn", "containers", index];
            if !containers.contains_key(other) {
                cx.error(
                    "container-dependency-unknown",
                    path,
                    format!("there is no container named {other:?}"),
                );
            } else if other != name && circular.contains(name.as_str()) && circular.contains(other.as_str()) {
                let message = format!(
                    "{name:?} and {other:?} are part of a circle of containers that wait for each other"
                );
                cx.error("container-dependency-cycle", path, message);
            }
        }
    }
}

/// Containers in or between circles: what is left when those that wait for nothing, and those
/// that nothing waits for, have been taken away as long as there are any.
fn circular(containers: &BTreeMap<String, Vec<String>>) -> BTreeSet<&str> {
    let edges: Vec<(&str, &str)> = containers
        .iter()
        .flat_map(|(from, wanted)| wanted.iter().map(move |to| (from.as_str(), to.as_str())))
        .filter(|(from, to)| from != to && containers.contains_key(*to))
        .collect();
    let backward: Vec<(&str, &str)> = edges.iter().map(|(from, to)| (*to, *from)).collect();
    let waiting = unsettled(&edges, containers);
    let waited_for = unsettled(&backward, containers);
    waiting.intersection(&waited_for).copied().collect()
}

/// Those that still point at another when all that point at nothing are gone.
fn unsettled<'a>(
    edges: &[(&'a str, &'a str)],
    containers: &'a BTreeMap<String, Vec<String>>,
) -> BTreeSet<&'a str> {
    let mut open: BTreeMap<&str, usize> = containers.keys().map(|name| (name.as_str(), 0)).collect();
    let mut pointing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges {
        *open.entry(from).or_default() += 1;
        pointing.entry(to).or_default().push(from);
    }
    let mut settled: Vec<&str> =
        open.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(name) = settled.pop() {
        open.remove(name);
        for from in pointing.remove(name).into_iter().flatten() {
            if let Some(count) = open.get_mut(from) {
                *count -= 1;
                if *count == 0 {
                    settled.push(from);
                }
            }
        }
    }
    open.into_keys().collect()
}

fn etcd_encryption(cx: &mut Context<'_>) {
    let issues = cx.config.kubernetes_ca().issuing.is_some();
    if cx.config.is_control_plane() && issues && cx.config.etcd_encryption().is_none() {
        cx.enter_kind("v1alpha1");
        let message = "a control plane needs a key to encrypt secrets in etcd: a KubeEtcdEncryptionConfig document \
                       or cluster.secretboxEncryptionSecret";
        cx.error("etcd-encryption-required", Path::root(), message);
    }
}

fn worker(cx: &mut Context<'_>) {
    let config = cx.config;
    let why = match config.machine_type() {
        Some(MachineType::Worker) => "this machine is a worker",
        // Nothing makes it a control plane then.
        None => "there is no v1alpha1 document that makes this machine one",
        Some(MachineType::ControlPlane | MachineType::Init) => return,
    };
    for document in config.documents() {
        if document.kind.is_some_and(|kind| kind.control_plane_only) {
            cx.enter(document);
            let message = format!("{} documents are for control planes only; {why}", document.id.kind);
            cx.error("worker-control-plane-document", Path::root(), message);
        }
    }
}
