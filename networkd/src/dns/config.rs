//! Host DNS: its configuration, and the addresses that it needs on the loopback link.

use std::net::{IpAddr, SocketAddr};

use proto::resource::enums::{NethelpersAddressFlag, NethelpersScope, NetworkConfigLayer};
use proto::resource::network::{AddressSpecSpec, HostDnsConfigSpec};

use crate::inputs::Inputs;
use crate::{address, net};

/// Port of DNS.
pub const PORT: u16 = 53;

/// The configuration: on while there is no machine configuration, then as that says (contract os.md 5.5).
pub fn spec(inputs: &Inputs) -> HostDnsConfigSpec {
    let local = net::net_ip_port(SocketAddr::new(IpAddr::V4(net::HOST_DNS_LOCAL), PORT));
    let Some(machine) = &inputs.machine else {
        return HostDnsConfigSpec { enabled: true, listen_addresses: vec![local], ..Default::default() };
    };
    let settings = &machine.host_dns;
    if !settings.enabled {
        return HostDnsConfigSpec::default();
    }
    let mut spec = HostDnsConfigSpec {
        enabled: true,
        listen_addresses: vec![local],
        resolve_member_names: settings.resolve_member_names,
        ..Default::default()
    };
    if settings.forward_kube_dns {
        let pods = |v6: bool| machine.pods.iter().any(|n| n.addr().is_ipv6() == v6);
        if pods(false) {
            let ip = IpAddr::V4(net::HOST_DNS_V4);
            spec.listen_addresses.push(net::net_ip_port(SocketAddr::new(ip, PORT)));
            spec.service_host_dns_address = Some(net::net_ip(ip));
        }
        if pods(true) {
            let ip = IpAddr::V6(net::HOST_DNS_V6);
            spec.listen_addresses.push(net::net_ip_port(SocketAddr::new(ip, PORT)));
            spec.service_host_dns_address_v6 = Some(net::net_ip(ip));
        }
    }
    spec
}

/// The addresses for pods, on the loopback link and of no use outside the node.
pub fn addresses(spec: &HostDnsConfigSpec) -> Vec<AddressSpecSpec> {
    let layer = NetworkConfigLayer::ConfigOperator as i32;
    let ips = [net::ip(&spec.service_host_dns_address), net::ip(&spec.service_host_dns_address_v6)];
    ips.into_iter()
        .flatten()
        .map(|ip| AddressSpecSpec {
            scope: NethelpersScope::ScopeHost as i32,
            flags: NethelpersAddressFlag::AddressPermanent as u32
                | NethelpersAddressFlag::AddressNoDad as u32,
            ..address::config::spec("lo", net::host_prefix(ip), layer)
        })
        .collect()
}
