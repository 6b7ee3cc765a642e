//! Name resolution and time.

use std::net::IpAddr;

use crate::Config;
use crate::documents::network::{DnsProtocol, ResolverConfig, TimeSyncConfig};
use crate::value::Duration;

/// A name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its address.
    pub address: IpAddr,
    /// How it is asked.
    pub protocol: DnsProtocol,
    /// The name in its certificate.
    pub tls_server_name: Option<String>,
}

/// How names are resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolvers {
    /// Name servers, in order.
    pub servers: Vec<NameServer>,
    /// Domains that are tried for short names.
    pub search_domains: Vec<String>,
    /// Whether the node's own domain is left out of them.
    pub disable_default_search_domain: bool,
}

/// The node's own DNS cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostDns {
    /// Whether it runs.
    pub enabled: bool,
    /// Whether the cluster's DNS asks it.
    pub forward_kube_dns: bool,
    /// Whether it answers for names of members of the cluster.
    pub resolve_member_names: bool,
}

/// How the clock is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSync {
    /// Whether the clock is kept at all.
    pub enabled: bool,
    /// Time servers; the system's own when empty.
    pub servers: Vec<String>,
    /// Whether answers must be authenticated.
    pub nts: bool,
    /// Clock devices instead of servers.
    pub ptp_devices: Vec<String>,
    /// How long the boot waits for the first answer; for ever when nothing.
    pub boot_timeout: Option<Duration>,
}

impl Config {
    /// How names are resolved.
    pub fn resolvers(&self) -> Resolvers {
        if let Some(document) = self.get::<ResolverConfig>() {
            let server = |server: crate::documents::network::NameserverConfig| {
                Some(NameServer {
                    address: server.address?,
                    protocol: server.protocol.unwrap_or(DnsProtocol::Do53),
                    tls_server_name: crate::access::non_empty(&server.tls_server_name),
                })
            };
            return Resolvers {
                servers: document.nameservers.into_iter().filter_map(server).collect(),
                search_domains: document.search_domains.domains,
                disable_default_search_domain: document.search_domains.disable_default.unwrap_or(false),
            };
        }
        let Some(section) = self.network_section() else { return Resolvers::default() };
        let server = |text: &String| {
            Some(NameServer {
                address: text.parse().ok()?,
                protocol: DnsProtocol::Do53,
                tls_server_name: None,
            })
        };
        Resolvers {
            servers: section.nameservers.iter().filter_map(server).collect(),
            search_domains: section.search_domains.clone(),
            disable_default_search_domain: section.disable_search_domain.unwrap_or(false),
        }
    }

    /// The node's own DNS cache.
    pub fn host_dns(&self) -> HostDns {
        if let Some(document) = self.get::<ResolverConfig>() {
            let section = document.host_dns;
            return HostDns {
                enabled: section.enabled.unwrap_or(false),
                forward_kube_dns: section.forward_kube_dns_to_host.unwrap_or(false),
                resolve_member_names: section.resolve_member_names.unwrap_or(false),
            };
        }
        let Some(section) = self.features().and_then(|features| features.host_dns.as_ref()) else {
            return HostDns::default();
        };
        HostDns {
            enabled: section.enabled.unwrap_or(false),
            forward_kube_dns: section.forward_kube_dns_to_host.unwrap_or(false),
            resolve_member_names: section.resolve_member_names.unwrap_or(false),
        }
    }

    /// How the clock is kept.
    pub fn time_sync(&self) -> TimeSync {
        if let Some(document) = self.get::<TimeSyncConfig>() {
            let ntp = document.ntp.unwrap_or_default();
            return TimeSync {
                enabled: document.enabled.unwrap_or(true),
                servers: ntp.servers,
                nts: ntp.use_nts.unwrap_or(false),
                ptp_devices: document.ptp.unwrap_or_default().devices,
                boot_timeout: document.boot_timeout.filter(|timeout| timeout.0 > 0),
            };
        }
        let section = self.machine().and_then(|machine| machine.time.clone()).unwrap_or_default();
        // A server that is a device has always been taken for a clock of the machine itself.
        let (ptp_devices, servers): (Vec<_>, Vec<_>) =
            section.servers.into_iter().partition(|server| server.starts_with("/dev/"));
        TimeSync {
            enabled: !section.disabled.unwrap_or(false),
            servers,
            nts: false,
            ptp_devices,
            boot_timeout: section.boot_timeout.filter(|timeout| timeout.0 > 0),
        }
    }
}
