//! Addresses: what the defaults and the machine configuration wish for.

use ipnet::IpNet;
use proto::resource::enums::{NethelpersAddressFlag, NethelpersScope, NetworkConfigLayer};
use proto::resource::network::AddressSpecSpec;

use crate::inputs::Inputs;
use crate::{link, net};

/// The loopback addresses, on every node. The kernel gives that of IPv6 only when the link comes up, so that it
/// would stay away once somebody has removed it.
pub fn defaults(has_ipv6: bool) -> Vec<AddressSpecSpec> {
    let all = ["127.0.0.1/8", "::1/128"].into_iter().take(if has_ipv6 { 2 } else { 1 });
    let loopback = all.filter_map(|prefix| prefix.parse().ok());
    loopback.map(|p| spec("lo", p, NetworkConfigLayer::ConfigDefault as i32)).collect()
}

/// A wish for an address. Its scope follows from what it is.
pub fn spec(link: &str, prefix: IpNet, layer: i32) -> AddressSpecSpec {
    let scope = match prefix.addr() {
        ip if ip.is_loopback() => NethelpersScope::ScopeHost,
        std::net::IpAddr::V6(ip) if ip.is_unicast_link_local() => NethelpersScope::ScopeLink,
        _ => NethelpersScope::ScopeGlobal,
    };
    AddressSpecSpec {
        address: Some(net::net_prefix(prefix)),
        link_name: link.to_owned(),
        family: net::family(prefix.addr()),
        scope: scope as i32,
        flags: NethelpersAddressFlag::AddressPermanent as u32,
        config_layer: layer,
        ..Default::default()
    }
}

/// The addresses of the machine configuration's links.
pub fn machine(inputs: &Inputs) -> Vec<AddressSpecSpec> {
    let layer = NetworkConfigLayer::ConfigMachineConfiguration as i32;
    let mut specs = Vec::new();
    for link in inputs.machine.iter().flat_map(|m| &m.links) {
        for name in link::config::names(inputs, link) {
            specs.extend(link.addresses.iter().map(|a| AddressSpecSpec {
                priority: a.route_priority.unwrap_or_default(),
                ..spec(&name, a.address, layer)
            }));
        }
    }
    specs
}
