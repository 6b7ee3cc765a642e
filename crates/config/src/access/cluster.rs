//! The cluster: its identity and how members find each other.

use crate::Config;
use crate::access::non_empty;
use crate::documents::k8s::{KubeAPIServerConfig, KubeClusterConfig};
use crate::documents::runtime::{DiscoveryIdentityConfig, DiscoveryServiceConfig};
use crate::value::{Secret, Url};

/// The service that members find each other over unless another is set (contract os.md 1.3).
pub const DEFAULT_DISCOVERY_ENDPOINT: &str = "https://discovery.talos.dev/";

/// The port of the Kubernetes API on control planes unless another is set.
pub const DEFAULT_API_SERVER_PORT: u16 = 6443;

/// A service over which members find each other.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscoveryService {
    /// Its name; `default` for the one of the v1alpha1 section.
    pub name: String,
    /// Where it is.
    pub endpoint: Url,
}

/// How members find each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discovery {
    /// Whether the configuration asks for discovery.
    pub enabled: bool,
    /// Whether the configuration says that there must be none, rather than nothing.
    pub forbidden: bool,
    /// Whether annotations of nodes in Kubernetes are used.
    pub kubernetes: bool,
    /// Services that are used.
    pub services: Vec<DiscoveryService>,
}

impl Config {
    /// The name of the cluster.
    pub fn cluster_name(&self) -> Option<String> {
        let document = self.get::<KubeClusterConfig>().and_then(|document| non_empty(&document.cluster_name));
        document.or_else(|| non_empty(&self.cluster()?.cluster_name))
    }

    /// Where every node and user reaches the Kubernetes API.
    pub fn cluster_endpoint(&self) -> Option<Url> {
        let document = self.get::<KubeClusterConfig>().and_then(|document| document.endpoint);
        document.or_else(|| self.cluster()?.control_plane.as_ref()?.endpoint.clone())
    }

    /// The port of the Kubernetes API on control planes.
    pub fn api_server_port(&self) -> u16 {
        let document = self.get::<KubeAPIServerConfig>().and_then(|document| document.api_port);
        let section = || self.cluster()?.control_plane.as_ref()?.local_api_server_port;
        let port = document.filter(|port| *port != 0).or_else(section);
        port.and_then(|port| u16::try_from(port).ok())
            .filter(|port| *port != 0)
            .unwrap_or(DEFAULT_API_SERVER_PORT)
    }

    /// The identifier of the cluster: opaque, at most 256 bytes.
    pub fn cluster_id(&self) -> Option<String> {
        let document = self.get::<DiscoveryIdentityConfig>();
        let document = document.and_then(|document| non_empty(&document.cluster_id));
        document.or_else(|| non_empty(&self.cluster()?.id))
    }

    /// The key that announcements are encrypted with, as base64 of 32 bytes.
    pub fn cluster_secret(&self) -> Option<Secret> {
        let document = self.get::<DiscoveryIdentityConfig>().map(|document| document.cluster_secret);
        let section = || self.cluster().map(|cluster| cluster.secret.clone());
        let secret = document.filter(|secret| !secret.is_empty()).or_else(section)?;
        (!secret.is_empty()).then_some(secret)
    }

    /// How members find each other.
    pub fn discovery(&self) -> Discovery {
        let documents = self.all::<DiscoveryServiceConfig>();
        if !documents.is_empty() {
            let service = |document: DiscoveryServiceConfig| {
                Some(DiscoveryService { name: document.name, endpoint: document.endpoint? })
            };
            let services = documents.into_iter().filter_map(service).collect();
            return Discovery { enabled: true, forbidden: false, kubernetes: false, services };
        }
        let Some(section) = self.cluster().and_then(|cluster| cluster.discovery.as_ref()) else {
            return Discovery::default();
        };
        let enabled = section.enabled.unwrap_or(false);
        let registries = section.registries.clone().unwrap_or_default();
        let kubernetes = registries.kubernetes.unwrap_or_default();
        let service = registries.service.unwrap_or_default();
        let endpoint = non_empty(&service.endpoint).unwrap_or_else(|| DEFAULT_DISCOVERY_ENDPOINT.to_owned());
        let used = enabled && !service.disabled.unwrap_or(false);
        let services = endpoint
            .parse()
            .ok()
            .filter(|_| used)
            .map(|endpoint| DiscoveryService { name: "default".to_owned(), endpoint });
        Discovery {
            enabled,
            forbidden: section.enabled == Some(false),
            kubernetes: enabled && !kubernetes.disabled.unwrap_or(false),
            services: services.into_iter().collect(),
        }
    }
}
