//! Resolvers: one layer's lists are appended, the machine configuration replaces what is below it, every other
//! layer replaces the servers but keeps those of an address family that it does not have itself.
//! Search domains accumulate, newer first, unless the configuration overrides them.

use proto::resource::enums::{NethelpersDnsProtocol, NetworkConfigLayer};
use proto::resource::network::{NameServerSpec, ResolverSpecSpec};

use crate::layer::{Layered, Merged};
use crate::{id, net};

impl Layered for ResolverSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        id::RESOLVERS.to_owned()
    }

    fn merged(wishes: Vec<Self>) -> Self {
        wishes.into_iter().reduce(over).unwrap_or_default()
    }
}

impl Merged for ResolverSpecSpec {
    const CONTROLLER: &'static str = "network.ResolverMergeController";
}

/// All servers of a spec, plain ones included, in their order.
pub fn servers(spec: &ResolverSpecSpec) -> Vec<NameServerSpec> {
    if !spec.name_servers.is_empty() {
        return spec.name_servers.clone();
    }
    let plain = NethelpersDnsProtocol::DnsProtocolDefault as i32;
    let server = |addr: &proto::common::NetIp| NameServerSpec {
        addr: Some(addr.clone()),
        protocol: plain,
        tls_server_name: String::new(),
    };
    spec.dns_servers.iter().map(server).collect()
}

/// A spec of these servers. Clients before 1.14 know plain addresses only, so the detailed list is filled only
/// when it says more than the addresses do.
pub fn with_servers(mut spec: ResolverSpecSpec, list: Vec<NameServerSpec>) -> ResolverSpecSpec {
    let plain = |s: &NameServerSpec| s.protocol == NethelpersDnsProtocol::DnsProtocolDefault as i32;
    spec.dns_servers = list.iter().filter(|s| plain(s)).filter_map(|s| s.addr.clone()).collect();
    spec.name_servers = if list.iter().all(plain) { Vec::new() } else { list };
    spec
}

fn is_ipv4(server: &NameServerSpec) -> bool {
    net::ip(&server.addr).is_none_or(|ip| ip.is_ipv4())
}

/// `high` laid over `low`.
fn over(low: ResolverSpecSpec, high: ResolverSpecSpec) -> ResolverSpecSpec {
    let configuration = NetworkConfigLayer::ConfigMachineConfiguration as i32;
    let (below, above) = (servers(&low), servers(&high));
    let same_layer = low.config_layer == high.config_layer;
    let list = if same_layer {
        appended(below, above)
    } else if above.is_empty() {
        below
    } else if high.config_layer == configuration {
        above
    } else {
        let kept = below.into_iter().filter(|b| !above.iter().any(|a| is_ipv4(a) == is_ipv4(b))).collect();
        appended(above.clone(), kept)
    };
    let search_domains = if same_layer {
        appended(low.search_domains, high.search_domains)
    } else if high.search_domains_overridden {
        high.search_domains
    } else {
        appended(high.search_domains, low.search_domains)
    };
    let search_domains_overridden = low.search_domains_overridden || high.search_domains_overridden;
    let merged = ResolverSpecSpec {
        search_domains,
        search_domains_overridden,
        config_layer: high.config_layer,
        ..Default::default()
    };
    with_servers(merged, list)
}

fn appended<T: PartialEq>(mut first: Vec<T>, second: Vec<T>) -> Vec<T> {
    for item in second {
        if !first.contains(&item) {
            first.push(item);
        }
    }
    first
}
