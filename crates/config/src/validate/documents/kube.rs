//! Kubernetes: the cluster, the node, discovery.

use ipnet::IpNet;

use super::super::legacy::{annotations, labels, protected_fields, taints};
use super::super::text::{is_dns1123_subdomain, is_domain, is_subnet_filter};
use super::super::{Context, at};
use crate::documents::k8s::*;
use crate::documents::runtime::{DiscoveryIdentityConfig, DiscoveryServiceConfig};
use crate::value::is_base64_key;
use crate::yaml::Path;

pub(super) fn discovery_identity(document: &DiscoveryIdentityConfig, cx: &mut Context<'_>) {
    let secret = document.cluster_secret.expose();
    if !secret.is_empty() && !is_base64_key(secret, 32) {
        cx.error("discovery-secret", at!["clusterSecret"], "the secret must be base64 of 32 bytes");
    }
    // What discovery services take (contract os.md 5.8).
    if document.cluster_id.len() > 256 {
        cx.error("discovery-id-length", at!["clusterID"], "the identifier has at most 256 bytes");
    }
}

pub(super) fn discovery_service(document: &DiscoveryServiceConfig, cx: &mut Context<'_>) {
    let Some(url) = &document.endpoint else { return };
    if !matches!(url.scheme(), "http" | "https" | "grpc") || url.host().is_none() {
        let message = "the endpoint must be a URL with http://, https:// or grpc:// and a host";
        cx.error("discovery-service-endpoint", at!["endpoint"], message);
    }
}

pub(super) fn cluster(document: &KubeClusterConfig, cx: &mut Context<'_>) {
    if document.endpoint.as_ref().is_some_and(|url| url.scheme() != "https" || url.host().is_none()) {
        let message = "the endpoint must be a URL such as https://10.0.0.1:6443";
        cx.error("kube-endpoint", at!["endpoint"], message);
    }
}

pub(super) fn network(document: &KubeNetworkConfig, cx: &mut Context<'_>) {
    if !document.dns_domain.is_empty() && !is_domain(&document.dns_domain) {
        let message = format!("{:?} is not a domain name such as cluster.local", document.dns_domain);
        cx.error("kube-dns-domain", at!["dnsDomain"], message);
    }
    let (pods, services) = (&document.pod_subnets, &document.service_subnets);
    subnets(pods, "podSubnets", cx);
    subnets(services, "serviceSubnets", cx);
    if !pods.is_empty() && !services.is_empty() && pods.len() != services.len() {
        let message = "pods and services need networks of the same families: one each, or both";
        cx.error("kube-subnets-unequal", at!["serviceSubnets"], message);
    }
    for (index, subnet) in pods.iter().enumerate() {
        let mask = match subnet {
            IpNet::V4(_) => document.node_cidr_mask_size_ipv4.unwrap_or(24),
            IpNet::V6(_) => document.node_cidr_mask_size_ipv6.unwrap_or(64),
        };
        let prefix = u32::from(subnet.prefix_len());
        if prefix > mask {
            let message = format!("{subnet} is smaller than the part that each node gets (/{mask})");
            cx.error("kube-node-mask", at!["podSubnets", index], message);
        } else if mask - prefix > 16 {
            let message =
                format!("{subnet} holds more than 65536 parts of /{mask}; choose a part that is larger");
            cx.error("kube-node-mask", at!["podSubnets", index], message);
        }
    }
    for (index, subnet) in services.iter().enumerate() {
        if host_bits(subnet) > 20 {
            let message = format!("{subnet} has more than the 2^20 addresses that services can have");
            cx.error("kube-service-subnet-size", at!["serviceSubnets", index], message);
        }
    }
}

fn host_bits(subnet: &IpNet) -> u8 {
    subnet.max_prefix_len() - subnet.prefix_len()
}

fn subnets(subnets: &[IpNet], key: &str, cx: &mut Context<'_>) {
    let v4 = subnets.iter().filter(|subnet| matches!(subnet, IpNet::V4(_))).count();
    if v4 > 1 || subnets.len() - v4 > 1 {
        cx.error("kube-subnet-families", at![key], "at most one network of each family is possible");
    }
    for (index, subnet) in subnets.iter().enumerate() {
        if *subnet != subnet.trunc() {
            let message = format!("{subnet} has bits set behind its length; write {}", subnet.trunc());
            cx.error("kube-subnet-masked", at![key, index], message);
        }
        if host_bits(subnet) < 4 {
            let message = format!("{subnet} is too small: at least 16 addresses are needed");
            cx.error("kube-subnet-size", at![key, index], message);
        }
    }
}

pub(super) fn node(document: &KubeNodeConfig, cx: &mut Context<'_>) {
    labels(&document.labels, &at!["labels"], cx);
    annotations(&document.annotations, &at!["annotations"], cx);
    taints(&document.taints, &at!["taints"], cx);
    for (index, subnet) in document.node_ip.valid_subnets.iter().enumerate() {
        if !is_subnet_filter(subnet) {
            let message = format!("{subnet:?} is not a network such as 10.0.0.0/8 or !10.1.0.0/16");
            cx.error("kube-node-ip-subnet", at!["nodeIP", "validSubnets", index], message);
        }
    }
}

pub(super) fn kubelet(document: &KubeletConfig, cx: &mut Context<'_>) {
    if let Some(config) = &document.config {
        protected_fields(config, &at!["config"], cx);
    }
    for (index, address) in document.cluster_dns.iter().enumerate() {
        if address.parse::<std::net::IpAddr>().is_err() {
            let message = format!("{address:?} is not an IP address");
            cx.error("kubelet-cluster-dns", at!["clusterDNS", index], message);
        }
    }
    super::components::version(&document.image, at!["image"], cx);
}

pub(super) fn prism(document: &KubePrismConfig, cx: &mut Context<'_>) {
    if document.port.is_some_and(|port| !(1..=65535).contains(&port)) {
        cx.error("kube-prism-port", at!["port"], "a port is from 1 to 65535");
    }
}

pub(super) fn external_manifest(document: &KubeExternalManifestConfig, cx: &mut Context<'_>) {
    if !document.name.is_empty() && !is_dns1123_subdomain(&document.name) {
        let message = format!("{:?} is not a name of a-z, 0-9, '-' and '.'", document.name);
        cx.error("external-manifest-name", at!["name"], message);
    }
    let wrong = |url: &crate::value::Url| url.host().is_none() || !matches!(url.scheme(), "http" | "https");
    if document.url.as_ref().is_some_and(wrong) {
        let message = "a manifest is fetched from http:// or https://";
        cx.error("external-manifest-url", Path(vec!["url".into()]), message);
    }
}
