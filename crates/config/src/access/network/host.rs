//! Host name, static hosts, checks and the mesh.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::Config;
use crate::access::either;
use crate::documents::network::{
    BGPInstanceConfig, HTTPProbeConfig, HostnameAuto, HostnameConfig, KubeSpanConfig,
    KubeSpanEndpointsConfig, StaticHostConfig, TCPProbeConfig,
};
use crate::value::Duration;

/// The port that KubeSpan listens on (contract os.md 5.7).
pub const KUBESPAN_PORT: u16 = 51820;
/// The largest packet of KubeSpan's link unless another is set.
pub const DEFAULT_KUBESPAN_MTU: u32 = 1420;

/// Where the host name comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostnameSource {
    /// The configuration, with or without a domain.
    Static(String),
    /// The machine's identity, unless the platform or a server has a better one.
    Stable,
    /// The machine's first address, unless the platform or a server has a better one.
    Address,
    /// Only the platform or a server.
    Off,
}

/// Names of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticHost {
    /// The address.
    pub address: IpAddr,
    /// Its names.
    pub names: Vec<String>,
}

/// What a check does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeKind {
    /// Connects to host and port.
    Tcp(String),
    /// Asks for a URL.
    Http(String),
}

/// A check that decides whether the network is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: ProbeKind,
    /// How often it runs.
    pub interval: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How many failures in a row count.
    pub failure_threshold: u32,
}

/// The encrypted mesh of all nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct KubeSpan {
    /// Whether pod networks go through it.
    pub advertise_kubernetes_networks: bool,
    /// Whether traffic to a peer that is down goes outside.
    pub allow_down_peer_bypass: bool,
    /// Whether endpoints that peers were seen at are shared.
    pub harvest_extra_endpoints: bool,
    /// The largest packet of its link.
    pub mtu: u32,
    /// Which own addresses are announced as endpoints; `!` in front excludes.
    pub endpoint_filters: Vec<String>,
    /// Networks that are not announced to peers.
    pub exclude_advertised_networks: Vec<IpNet>,
    /// Further endpoints that are announced.
    pub extra_endpoints: Vec<SocketAddr>,
}

impl Config {
    /// Where the host name comes from.
    pub fn hostname(&self) -> HostnameSource {
        if let Some(document) = self.get::<HostnameConfig>() {
            return match (document.hostname.is_empty(), document.auto) {
                (false, _) => HostnameSource::Static(document.hostname),
                (true, Some(HostnameAuto::Stable)) => HostnameSource::Stable,
                (true, _) => HostnameSource::Off,
            };
        }
        let hostname = self.network_section().map(|section| section.hostname.clone()).unwrap_or_default();
        let stable = self.features().and_then(|features| features.stable_hostname).unwrap_or(false);
        match (hostname.is_empty(), stable) {
            (false, _) => HostnameSource::Static(hostname),
            (true, true) => HostnameSource::Stable,
            (true, false) => HostnameSource::Address,
        }
    }

    /// Names of addresses.
    pub fn static_hosts(&self) -> Vec<StaticHost> {
        let documents = self.all::<StaticHostConfig>();
        let documents = documents.into_iter().map(|document| (document.name, document.hostnames));
        let section =
            self.network_section().into_iter().flat_map(|section| section.extra_host_entries.clone());
        let section = section.map(|host| (host.ip, host.aliases));
        let host = |(ip, names): (String, _)| Some(StaticHost { address: ip.parse().ok()?, names });
        documents.chain(section).filter_map(host).collect()
    }

    /// Checks that decide whether the network is ready.
    pub fn probes(&self) -> Vec<Probe> {
        let second = Duration::from_secs(1);
        let probe =
            |name, kind, interval: Option<Duration>, timeout: Option<Duration>, threshold: Option<i32>| {
                Probe {
                    name,
                    kind,
                    interval: interval.filter(|interval| interval.0 > 0).unwrap_or(second),
                    timeout: timeout.filter(|timeout| timeout.0 > 0).unwrap_or(Duration::from_secs(10)),
                    failure_threshold: threshold.and_then(|threshold| threshold.try_into().ok()).unwrap_or(0),
                }
            };
        let tcp = self
            .all::<TCPProbeConfig>()
            .into_iter()
            .map(|d| probe(d.name, ProbeKind::Tcp(d.endpoint), d.interval, d.timeout, d.failure_threshold));
        let http = self.all::<HTTPProbeConfig>().into_iter().filter_map(|d| {
            let kind = ProbeKind::Http(d.url?.as_str().to_owned());
            Some(probe(d.name, kind, d.interval, d.timeout, d.failure_threshold))
        });
        tcp.chain(http).collect()
    }

    /// The encrypted mesh, if it is on.
    pub fn kubespan(&self) -> Option<KubeSpan> {
        let extra_endpoints = self
            .get::<KubeSpanEndpointsConfig>()
            .map(|document| document.extra_announced_endpoints)
            .unwrap_or_default();
        let document = self.get::<KubeSpanConfig>().unwrap_or_default();
        let section = self.network_section().and_then(|section| section.kubespan.clone()).unwrap_or_default();
        let filters = section.filters.unwrap_or_default();
        let networks = filters.exclude_advertised_networks.iter().filter_map(|text| text.parse().ok());
        let flag = |document: Option<bool>, section: Option<bool>| document.or(section).unwrap_or(false);
        let mtu = document.mtu.filter(|mtu| *mtu != 0).or(section.mtu).filter(|mtu| *mtu != 0);
        flag(document.enabled, section.enabled).then(|| KubeSpan {
            advertise_kubernetes_networks: flag(
                document.advertise_kubernetes_networks,
                section.advertise_kubernetes_networks,
            ),
            allow_down_peer_bypass: flag(document.allow_down_peer_bypass, section.allow_down_peer_bypass),
            harvest_extra_endpoints: flag(document.harvest_extra_endpoints, section.harvest_extra_endpoints),
            mtu: mtu.unwrap_or(DEFAULT_KUBESPAN_MTU),
            endpoint_filters: either(document.filters.endpoints, filters.endpoints),
            exclude_advertised_networks: either(
                document.filters.exclude_advertised_networks,
                networks.collect(),
            ),
            extra_endpoints,
        })
    }

    /// BGP speakers.
    pub fn bgp_instances(&self) -> Vec<BGPInstanceConfig> {
        self.all()
    }
}
