//! The networks of pods and services, and what connects pods.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::Config;
use crate::access::{either, non_empty};
use crate::documents::k8s::{KubeFlannelCNIConfig, KubeNetworkConfig, KubePrismConfig};
use crate::yaml::Node;

/// The domain of the cluster's names unless another is set (contract os.md 1.3).
pub const DEFAULT_DNS_DOMAIN: &str = "cluster.local";
/// The network of pods unless another is set.
pub const DEFAULT_POD_SUBNET: &str = "10.244.0.0/16";
/// The network of services unless another is set.
pub const DEFAULT_SERVICE_SUBNET: &str = "10.96.0.0/12";
/// The port of the balancer unless another is set.
pub const DEFAULT_KUBE_PRISM_PORT: u16 = 7445;
/// The prefix lengths of one node's pods unless others are set.
pub const DEFAULT_NODE_MASKS: (u8, u8) = (24, 64);

/// The networks of pods and services.
#[derive(Debug, Clone, PartialEq)]
pub struct KubeNetwork {
    /// The domain of the cluster's names.
    pub dns_domain: String,
    /// Networks of pods.
    pub pod_subnets: Vec<IpNet>,
    /// Networks of services.
    pub service_subnets: Vec<IpNet>,
    /// The prefix length of one node's pods in IPv4.
    pub node_mask_v4: u8,
    /// The prefix length of one node's pods in IPv6.
    pub node_mask_v6: u8,
}

impl KubeNetwork {
    /// The addresses of the cluster's DNS: the tenth of each network of services.
    pub fn dns_addresses(&self) -> Vec<IpAddr> {
        self.service_subnets.iter().filter_map(|subnet| nth_address(subnet, 10)).collect()
    }

    /// The addresses of the Kubernetes API inside the cluster: the first of each network of services.
    pub fn api_addresses(&self) -> Vec<IpAddr> {
        self.service_subnets.iter().filter_map(|subnet| nth_address(subnet, 1)).collect()
    }
}

/// The address so many places after a network's first.
pub fn nth_address(subnet: &IpNet, n: u32) -> Option<IpAddr> {
    let address = match subnet.network() {
        IpAddr::V4(first) => IpAddr::V4(u32::from(first).checked_add(n)?.into()),
        IpAddr::V6(first) => IpAddr::V6(u128::from(first).checked_add(n.into())?.into()),
    };
    subnet.contains(&address).then_some(address)
}

/// What connects pods.
#[derive(Debug, Clone, PartialEq)]
pub enum Cni {
    /// flannel, run by the system.
    Flannel(Flannel),
    /// Manifests of the user's choice.
    Custom(Vec<String>),
    /// Nothing, or something that is installed by other means.
    None,
}

/// Settings of flannel.
#[derive(Debug, Clone, PartialEq)]
pub struct Flannel {
    /// How packets travel between nodes.
    pub backend_type: String,
    /// The port of the backend.
    pub backend_port: Option<u16>,
    /// The largest packet.
    pub backend_mtu: Option<u32>,
    /// Further settings of the backend.
    pub backend_extra: Option<Node>,
    /// Requests and limits of its pods.
    pub resources: Option<Node>,
    /// Command-line arguments.
    pub extra_args: Vec<String>,
    /// Whether network policies are put into effect.
    pub network_policies: bool,
}

/// A balancer on every node in front of all Kubernetes API servers.
#[derive(Debug, Clone, PartialEq)]
pub struct KubePrism {
    /// Its port on localhost.
    pub port: u16,
    /// The name that the API servers' certificates are checked for.
    pub tls_server_name: Option<String>,
}

impl Config {
    /// The networks of pods and services.
    pub fn kube_network(&self) -> KubeNetwork {
        let (mask_v4, mask_v6) = DEFAULT_NODE_MASKS;
        let section = self.cluster().and_then(|cluster| cluster.network.clone()).unwrap_or_default();
        let parsed =
            |texts: &[String]| -> Vec<IpNet> { texts.iter().filter_map(|text| text.parse().ok()).collect() };
        if let Some(document) = self.get::<KubeNetworkConfig>() {
            let mask = |value: Option<u32>, default| {
                value.and_then(|value| value.try_into().ok()).unwrap_or(default)
            };
            return KubeNetwork {
                dns_domain: non_empty(&document.dns_domain)
                    .or_else(|| non_empty(&section.dns_domain))
                    .unwrap_or_else(|| DEFAULT_DNS_DOMAIN.to_owned()),
                pod_subnets: either(document.pod_subnets, parsed(&section.pod_subnets)),
                service_subnets: either(document.service_subnets, parsed(&section.service_subnets)),
                node_mask_v4: mask(document.node_cidr_mask_size_ipv4, mask_v4),
                node_mask_v6: mask(document.node_cidr_mask_size_ipv6, mask_v6),
            };
        }
        let subnets =
            |texts: &[String], default: &str| either(parsed(texts), default.parse().into_iter().collect());
        KubeNetwork {
            dns_domain: non_empty(&section.dns_domain).unwrap_or_else(|| DEFAULT_DNS_DOMAIN.to_owned()),
            pod_subnets: subnets(&section.pod_subnets, DEFAULT_POD_SUBNET),
            service_subnets: subnets(&section.service_subnets, DEFAULT_SERVICE_SUBNET),
            node_mask_v4: mask_v4,
            node_mask_v6: mask_v6,
        }
    }

    /// What connects pods.
    pub fn cni(&self) -> Cni {
        if let Some(document) = self.get::<KubeFlannelCNIConfig>() {
            return Cni::Flannel(Flannel {
                backend_type: document.backend_type,
                backend_port: document.backend_port,
                backend_mtu: document.backend_mtu,
                backend_extra: document.backend_extra_config,
                resources: document.resources,
                extra_args: document.extra_args,
                network_policies: document.kube_network_policies_enabled.unwrap_or(false),
            });
        }
        let section = self.cluster().and_then(|cluster| cluster.network.as_ref()?.cni.clone());
        // Where networks have a document, a missing flannel document means no flannel, unless the section says
        // what there is instead.
        if section.is_none() && self.has("KubeNetworkConfig") {
            return Cni::None;
        }
        let section = section.unwrap_or_default();
        match section.name.to_ascii_lowercase().as_str() {
            "custom" => Cni::Custom(section.urls),
            "none" => Cni::None,
            _ => {
                let flannel = section.flannel.unwrap_or_default();
                Cni::Flannel(Flannel {
                    backend_type: "vxlan".to_owned(),
                    backend_port: Some(4789),
                    backend_mtu: None,
                    backend_extra: None,
                    resources: None,
                    extra_args: flannel.extra_args,
                    network_policies: flannel.kube_network_policies_enabled.unwrap_or(false),
                })
            }
        }
    }

    /// The balancer in front of all Kubernetes API servers, if it runs.
    pub fn kube_prism(&self) -> Option<KubePrism> {
        let port = |port: Option<u32>| {
            port.and_then(|port| u16::try_from(port).ok())
                .filter(|port| *port != 0)
                .unwrap_or(DEFAULT_KUBE_PRISM_PORT)
        };
        if let Some(document) = self.get::<KubePrismConfig>() {
            let tls_server_name = non_empty(&document.tls_server_name);
            return Some(KubePrism { port: port(document.port), tls_server_name });
        }
        let section = self.features()?.kube_prism.as_ref()?;
        section
            .enabled
            .unwrap_or(false)
            .then(|| KubePrism { port: port(section.port), tls_server_name: None })
    }
}
