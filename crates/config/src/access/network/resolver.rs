//! Name resolution and time.

use std::net::IpAddr;

use crate::Config;
use crate::access::either;
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
        let document = self.get::<ResolverConfig>().unwrap_or_default();
        let section = self.network_section().cloned().unwrap_or_default();
        let server = |server: crate::documents::network::NameserverConfig| {
            Some(NameServer {
                address: server.address?,
                protocol: server.protocol.unwrap_or(DnsProtocol::Do53),
                tls_server_name: crate::access::non_empty(&server.tls_server_name),
            })
        };
        let plain = |text: &String| {
            Some(NameServer {
                address: text.parse().ok()?,
                protocol: DnsProtocol::Do53,
                tls_server_name: None,
            })
        };
        let servers: Vec<NameServer> = document.nameservers.into_iter().filter_map(server).collect();
        let disable = document.search_domains.disable_default.or(section.disable_search_domain);
        Resolvers {
            servers: either(servers, section.nameservers.iter().filter_map(plain).collect()),
            search_domains: either(document.search_domains.domains, section.search_domains),
            disable_default_search_domain: disable.unwrap_or(false),
        }
    }

    /// The node's own DNS cache.
    pub fn host_dns(&self) -> HostDns {
        let document = self.get::<ResolverConfig>().unwrap_or_default().host_dns;
        let section = self.features().and_then(|features| features.host_dns.clone()).unwrap_or_default();
        let resolve = document.resolve_member_names.or(section.resolve_member_names);
        HostDns {
            enabled: document.enabled.or(section.enabled).unwrap_or(false),
            forward_kube_dns: document
                .forward_kube_dns_to_host
                .or(section.forward_kube_dns_to_host)
                .unwrap_or(false),
            resolve_member_names: resolve.unwrap_or(false),
        }
    }

    /// How the clock is kept.
    pub fn time_sync(&self) -> TimeSync {
        let document = self.get::<TimeSyncConfig>().unwrap_or_default();
        let section = self.machine().and_then(|machine| machine.time.clone()).unwrap_or_default();
        // A server that is a device has always been taken for a clock of the machine itself.
        let (devices, servers): (Vec<_>, Vec<_>) =
            section.servers.into_iter().partition(|server| server.starts_with("/dev/"));
        let nts = document.ntp.as_ref().and_then(|ntp| ntp.use_nts).unwrap_or(false);
        let (own_servers, own_devices) =
            (document.ntp.unwrap_or_default().servers, document.ptp.unwrap_or_default().devices);
        // Which clocks there are is said in one place as a whole.
        let (servers, ptp_devices) = match own_servers.is_empty() && own_devices.is_empty() {
            true => (servers, devices),
            false => (own_servers, own_devices),
        };
        TimeSync {
            enabled: document.enabled.unwrap_or(!section.disabled.unwrap_or(false)),
            servers,
            nts,
            ptp_devices,
            boot_timeout: document.boot_timeout.or(section.boot_timeout).filter(|timeout| timeout.0 > 0),
        }
    }
}
