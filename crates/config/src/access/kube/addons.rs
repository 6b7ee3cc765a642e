//! What runs in the cluster on behalf of the system.

use crate::Config;
use crate::access::{either, non_empty, says_something};
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
        let document = self.get::<KubeProxyConfig>().unwrap_or_default();
        let section = self.cluster().and_then(|cluster| cluster.proxy.clone()).unwrap_or_default();
        let mode = non_empty(&document.mode).or_else(|| non_empty(&section.mode));
        KubeProxy {
            enabled: document.enabled.unwrap_or(!section.disabled.unwrap_or(false)),
            image: non_empty(&document.image).or_else(|| non_empty(&section.image)),
            mode: mode.map_or_else(|| DEFAULT_PROXY_MODE.to_owned(), |mode| mode.to_ascii_lowercase()),
            config: document.config.filter(says_something),
            extra_args: either(document.extra_args, section.extra_args),
            resources: document.resources.filter(says_something),
        }
    }

    /// The cluster's DNS.
    pub fn core_dns(&self) -> CoreDns {
        let document = self.get::<KubeCoreDNSConfig>().unwrap_or_default();
        let section = self.cluster().and_then(|cluster| cluster.core_dns.clone()).unwrap_or_default();
        CoreDns {
            enabled: document.enabled.unwrap_or(!section.disabled.unwrap_or(false)),
            image: non_empty(&document.image).or_else(|| non_empty(&section.image)),
        }
    }
}
