//! The cluster: endpoint, networks, etcd, discovery, manifests.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::super::text::{is_domain, is_subnet_filter};
use super::super::{Context, at};
use crate::documents::v1alpha1::{ClusterConfig, ClusterNetworkConfig, EtcdConfig};
use crate::value::Url;

pub(super) fn validate(cluster: &ClusterConfig, cx: &mut Context<'_>) {
    if let Some(control_plane) = &cluster.control_plane {
        let path = at!["cluster", "controlPlane", "endpoint"];
        match &control_plane.endpoint {
            // The document that replaces it may say it instead.
            None if cx.config.has("KubeClusterConfig") => {}
            None => cx.error("cluster-endpoint-required", path, "the cluster needs an endpoint"),
            Some(url) if url.host().is_none() || !matches!(url.scheme(), "http" | "https") => {
                let message = format!("{:?} is not a URL such as https://10.0.0.1:6443", url.as_str());
                cx.error("cluster-endpoint", path, message);
            }
            Some(_) => {}
        }
    }
    if let Some(network) = &cluster.network {
        self::network(network, cx);
    }
    etcd(cluster.etcd.as_ref(), cx);
    discovery(cluster, cx);
    manifests(cluster, cx);
}

fn network(network: &ClusterNetworkConfig, cx: &mut Context<'_>) {
    let path = at!["cluster", "network"];
    if !network.dns_domain.is_empty() && !is_domain(&network.dns_domain) {
        let message = format!("{:?} is not a domain name such as cluster.local", network.dns_domain);
        cx.error("dns-domain", path.join("dnsDomain"), message);
    }
    for (key, subnets) in [("podSubnets", &network.pod_subnets), ("serviceSubnets", &network.service_subnets)]
    {
        for (index, subnet) in subnets.iter().enumerate() {
            if subnet.parse::<IpNet>().is_err() {
                let message = format!("{subnet:?} is not a network such as 10.244.0.0/16");
                cx.error("cluster-subnet", path.join(key).join(index), message);
            }
        }
    }
    let Some(cni) = &network.cni else { return };
    let path = path.join("cni");
    match cni.name.to_ascii_lowercase().as_str() {
        "custom" => {
            if cni.urls.is_empty() {
                let message =
                    "a custom network of pods without urls installs nothing by itself; name it none?";
                cx.warn("cni-custom-without-urls", path.clone(), message);
            }
            for (index, url) in cni.urls.iter().enumerate() {
                if url.parse::<Url>().is_err() {
                    cx.error("cni-url", path.join("urls").join(index), format!("{url:?} is not a URL"));
                }
            }
        }
        "" | "flannel" | "none" => {
            if !cni.urls.is_empty() {
                cx.error(
                    "cni-urls-forbidden",
                    path.join("urls"),
                    "urls are only for the network named custom",
                );
            }
        }
        _ => {
            cx.not_one_of("cni-name", path.join("name"), &cni.name, &["flannel", "custom", "none"]);
        }
    }
}

fn etcd(etcd: Option<&EtcdConfig>, cx: &mut Context<'_>) {
    let path = at!["cluster", "etcd"];
    if !cx.config.is_control_plane() {
        if etcd.is_some() {
            cx.error("etcd-on-worker", path, "etcd config is only allowed on control plane machines");
        }
        return;
    }
    // Machines without Kubernetes have no use for it.
    if etcd.is_none() && !has_kubernetes(cx) {
        return;
    }
    let ca = etcd.and_then(|etcd| etcd.ca.as_ref());
    if ca.is_none_or(|ca| ca.crt.0.is_empty() || ca.key.is_empty()) {
        let message = "a control plane needs the authority of etcd with its key: cluster.etcd.ca";
        cx.error("etcd-ca-required", path.join("ca"), message);
    }
    let Some(etcd) = etcd else { return };
    if !etcd.subnet.is_empty() && !etcd.advertised_subnets.is_empty() {
        let message = "subnet and advertisedSubnets cannot both be set; use advertisedSubnets";
        cx.error("etcd-subnets", path.join("subnet"), message);
    }
    let lists = [("advertisedSubnets", &etcd.advertised_subnets), ("listenSubnets", &etcd.listen_subnets)];
    for (key, subnets) in lists {
        for (index, subnet) in subnets.iter().enumerate() {
            if !is_subnet_filter(subnet) {
                let message = format!("{subnet:?} is not a network such as 10.0.0.0/8 or !10.1.0.0/16");
                cx.error("etcd-subnet", path.join(key).join(index), message);
            }
        }
    }
}

/// Whether anything says that the machine is part of a Kubernetes cluster: a document about it, or a
/// section that has one.
fn has_kubernetes(cx: &Context<'_>) -> bool {
    let documents = cx.config.documents().iter().filter_map(|document| document.kind);
    let mut superseded =
        documents.filter(|kind| kind.name.starts_with("Kube") && kind.name != "KubeSpanConfig");
    superseded.next().is_some()
        || cx.config.machine().is_some_and(|machine| machine.kubelet.is_some())
        || cx.config.cluster().is_some_and(|cluster| {
            cluster.control_plane.is_some()
                || !cluster.cluster_name.is_empty()
                || cluster.ca.is_some()
                || cluster.network.is_some()
                || cluster.api_server.is_some()
        })
}

fn discovery(cluster: &ClusterConfig, cx: &mut Context<'_>) {
    let service =
        cluster.discovery.as_ref().and_then(|section| section.registries.as_ref()?.service.as_ref());
    let Some(service) = service.filter(|service| !service.endpoint.is_empty()) else { return };
    let url = service.endpoint.parse::<Url>();
    let valid = url.is_ok_and(|url| {
        url.host().is_some()
            && matches!(url.path(), "" | "/")
            && matches!(url.scheme(), "http" | "https" | "grpc")
    });
    if !valid {
        let message = format!(
            "{:?} is not a URL without a path such as https://discovery.talos.dev/",
            service.endpoint
        );
        cx.error(
            "discovery-endpoint",
            at!["cluster", "discovery", "registries", "service", "endpoint"],
            message,
        );
    }
}

fn manifests(cluster: &ClusterConfig, cx: &mut Context<'_>) {
    if let Some(provider) = &cluster.external_cloud_provider {
        let path = at!["cluster", "externalCloudProvider", "manifests"];
        if !provider.manifests.is_empty() && provider.enabled != Some(true) {
            cx.error(
                "cloud-provider-manifests",
                path.clone(),
                "manifests need externalCloudProvider.enabled",
            );
        }
        for (index, url) in provider.manifests.iter().enumerate() {
            if url.parse::<Url>().is_err() {
                cx.error("cloud-provider-manifest-url", path.join(index), format!("{url:?} is not a URL"));
            }
        }
    }
    for (index, url) in cluster.extra_manifests.iter().enumerate() {
        if url.parse::<Url>().is_err() {
            let message = format!("{url:?} is not a URL");
            cx.error("extra-manifest-url", at!["cluster", "extraManifests", index], message);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, manifest) in cluster.inline_manifests.iter().enumerate() {
        let path = at!["cluster", "inlineManifests", index, "name"];
        if manifest.name.is_empty() {
            cx.error("inline-manifest-name", path, "a manifest needs a name");
        } else if !seen.insert(&manifest.name) {
            let message = format!("another manifest is named {:?} too", manifest.name);
            cx.error("inline-manifest-twice", path, message);
        }
    }
}
