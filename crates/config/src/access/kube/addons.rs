//! What runs in the cluster on behalf of the system.

use crate::Config;
use crate::access::non_empty;
use crate::documents::k8s::{KubeCoreDNSConfig, KubeProxyConfig};
use crate::schema::Args;
use crate::yaml::Node;

/// How kube-proxy directs packets unless another way is set (contract os.md 1.3).
pub const DEFAULT_PROXY_MODE: &str = "nftables";

/// kube-proxy.
#[derive(Debug, Clone, PartialEq)]
pub struct KubeProxy {
    /// Whether it runs.
    pub enabled: bool,
    /// Its image.
    pub image: Option<String>,
    /// How it directs packets.
    pub mode: String,
    /// Its own configuration file's content.
    pub config: Option<Node>,
    /// Its command-line arguments.
    pub extra_args: Args,
    /// Requests and limits of its pods.
    pub resources: Option<Node>,
}

/// The cluster's DNS.
#[derive(Debug, Clone, PartialEq)]
pub struct CoreDns {
    /// Whether it runs.
    pub enabled: bool,
    /// Its image.
    pub image: Option<String>,
}

impl Config {
    /// kube-proxy.
    pub fn kube_proxy(&self) -> KubeProxy {
        let mode = |mode: &str| non_empty(mode).unwrap_or_else(|| DEFAULT_PROXY_MODE.to_owned());
        if let Some(document) = self.get::<KubeProxyConfig>() {
            return KubeProxy {
                enabled: document.enabled.unwrap_or(true),
                image: non_empty(&document.image),
                mode: mode(&document.mode),
                config: document.config,
                extra_args: document.extra_args,
                resources: document.resources,
            };
        }
        let section = self.cluster().and_then(|cluster| cluster.proxy.clone()).unwrap_or_default();
        KubeProxy {
            enabled: !section.disabled.unwrap_or(false),
            image: non_empty(&section.image),
            mode: mode(&section.mode),
            config: None,
            extra_args: section.extra_args,
            resources: None,
        }
    }

    /// The cluster's DNS.
    pub fn core_dns(&self) -> CoreDns {
        if let Some(document) = self.get::<KubeCoreDNSConfig>() {
            return CoreDns { enabled: document.enabled.unwrap_or(true), image: non_empty(&document.image) };
        }
        let section = self.cluster().and_then(|cluster| cluster.core_dns.clone()).unwrap_or_default();
        CoreDns { enabled: !section.disabled.unwrap_or(false), image: non_empty(&section.image) }
    }
}
