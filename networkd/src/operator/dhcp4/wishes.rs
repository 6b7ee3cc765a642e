//! What a lease means for the node, as wishes of the operator layer. Pure.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use proto::resource::enums::{
    NethelpersAddressFlag, NethelpersFamily, NethelpersRouteProtocol, NethelpersRouteType,
    NethelpersRoutingTable, NethelpersScope, NetworkConfigLayer,
};
use proto::resource::network::{
    AddressSpecSpec, Dhcp4OperatorSpec, HostnameSpecSpec, LinkSpecSpec, ResolverSpecSpec, RouteSpecSpec,
    TimeServerSpecSpec,
};

use super::lease::Lease;
use crate::hostname::config::split;
use crate::net;
use crate::wishes::Wishes;

const LAYER: i32 = NetworkConfigLayer::ConfigOperator as i32;
const INET4: i32 = NethelpersFamily::FamilyInet4 as i32;

/// Wishes that follow from a lease on `link`.
pub fn wishes(link: &str, spec: &Dhcp4OperatorSpec, lease: &Lease) -> Wishes {
    let mut wishes = Wishes {
        addresses: vec![AddressSpecSpec {
            address: Some(net::net_prefix(IpNet::V4(lease.address))),
            link_name: link.to_owned(),
            family: INET4,
            scope: NethelpersScope::ScopeGlobal as i32,
            flags: NethelpersAddressFlag::AddressPermanent as u32,
            config_layer: LAYER,
            ..Default::default()
        }],
        ..Wishes::default()
    };
    if let Some(mtu) = lease.mtu {
        wishes.links.push(LinkSpecSpec {
            name: link.to_owned(),
            up: true,
            mtu: u32::from(mtu),
            config_layer: LAYER,
            ..Default::default()
        });
    }
    if !spec.skip_routes {
        for (destination, gateway) in &lease.routes {
            add_route(&mut wishes.routes, link, spec.route_metric, lease, *destination, *gateway);
        }
    }
    if !lease.resolvers.is_empty() || !lease.search.is_empty() {
        wishes.resolvers.push(ResolverSpecSpec {
            dns_servers: lease.resolvers.iter().map(|ip| net::net_ip(*ip)).collect(),
            search_domains: lease.search.clone(),
            config_layer: LAYER,
            ..Default::default()
        });
    }
    if !lease.time_servers.is_empty() {
        wishes.time_servers.push(TimeServerSpecSpec {
            ntp_servers: lease.time_servers.clone(),
            config_layer: LAYER,
            ..Default::default()
        });
    }
    if let (Some(name), false) = (&lease.hostname, spec.skip_hostname_request) {
        let (hostname, domain) = split(name);
        let domainname = if domain.is_empty() { lease.domain.clone().unwrap_or_default() } else { domain };
        wishes.hostnames.push(HostnameSpecSpec { hostname, domainname, config_layer: LAYER });
    }
    wishes
}

/// Adds a route, and where its gateway is outside the leased network (as with a /32 address) one to the gateway.
fn add_route(
    routes: &mut Vec<RouteSpecSpec>,
    link: &str,
    metric: u32,
    lease: &Lease,
    destination: Ipv4Net,
    gateway: Ipv4Addr,
) {
    let source = Some(net::net_ip(IpAddr::V4(lease.address.addr())));
    let route = |destination: Option<Ipv4Net>, gateway: Option<Ipv4Addr>| RouteSpecSpec {
        family: INET4,
        destination: destination.map(|d| net::net_prefix(IpNet::V4(d.trunc()))),
        source: source.clone(),
        gateway: gateway.map(|g| net::net_ip(IpAddr::V4(g))),
        out_link_name: link.to_owned(),
        table: NethelpersRoutingTable::TableMain as i32,
        priority: metric,
        scope: if gateway.is_some() { NethelpersScope::ScopeGlobal } else { NethelpersScope::ScopeLink }
            as i32,
        r#type: NethelpersRouteType::TypeUnicast as i32,
        protocol: NethelpersRouteProtocol::ProtocolDhcp as i32,
        config_layer: LAYER,
        ..Default::default()
    };
    let destination = (destination.prefix_len() > 0).then_some(destination);
    if gateway.is_unspecified() {
        routes.push(route(destination, None));
        return;
    }
    if !lease.address.contains(&gateway) {
        let to_gateway = route(Some(Ipv4Net::from(gateway)), None);
        if !routes.contains(&to_gateway) {
            routes.push(to_gateway);
        }
    }
    routes.push(route(destination, Some(gateway)));
}
