//! Resolvers: what the defaults and the machine configuration wish for.

use config::access::NameServer;
use config::documents::network::DnsProtocol;
use proto::resource::enums::{NethelpersDnsProtocol, NetworkConfigLayer};
use proto::resource::network::{NameServerSpec, ResolverSpecSpec};

use super::merge::with_servers;
use crate::inputs::Inputs;
use crate::net;

/// Resolvers of a node that nobody gave any (contract os.md 5.3).
const DEFAULT: [[u8; 4]; 2] = [[1, 1, 1, 1], [8, 8, 8, 8]];

/// Resolvers of a node that nobody gave any, and the node's own domain to search.
pub fn defaults(inputs: &Inputs) -> Vec<ResolverSpecSpec> {
    let disabled = inputs.machine.as_ref().is_some_and(|m| m.resolvers.disable_default_search_domain);
    let own = (!disabled && !inputs.domain.is_empty()).then(|| inputs.domain.clone());
    vec![ResolverSpecSpec {
        dns_servers: DEFAULT.iter().map(|ip| proto::common::NetIp { ip: ip.to_vec() }).collect(),
        search_domains: own.into_iter().collect(),
        config_layer: NetworkConfigLayer::ConfigDefault as i32,
        ..Default::default()
    }]
}

/// Resolvers of the machine configuration.
pub fn machine(inputs: &Inputs) -> Vec<ResolverSpecSpec> {
    let Some(resolvers) = inputs.machine.as_ref().map(|m| &m.resolvers) else { return Vec::new() };
    let overridden = resolvers.disable_default_search_domain;
    if resolvers.servers.is_empty() && resolvers.search_domains.is_empty() && !overridden {
        return Vec::new();
    }
    let server = |s: &NameServer| NameServerSpec {
        addr: Some(net::net_ip(s.address)),
        protocol: match s.protocol {
            DnsProtocol::Do53 => NethelpersDnsProtocol::DnsProtocolDefault,
            DnsProtocol::DoT => NethelpersDnsProtocol::DnsProtocolDnsOverTls,
            DnsProtocol::DoH => NethelpersDnsProtocol::DnsProtocolDnsOverHttp,
        } as i32,
        tls_server_name: s.tls_server_name.clone().unwrap_or_default(),
    };
    let spec = ResolverSpecSpec {
        search_domains: resolvers.search_domains.clone(),
        search_domains_overridden: overridden,
        config_layer: NetworkConfigLayer::ConfigMachineConfiguration as i32,
        ..Default::default()
    };
    vec![with_servers(spec, resolvers.servers.iter().map(server).collect())]
}
