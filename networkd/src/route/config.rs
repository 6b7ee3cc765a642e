//! Routes: what the machine configuration wishes for.

use std::net::IpAddr;

use config::access::{LinkKind, LinkRoute};
use proto::resource::enums::{
    NethelpersFamily, NethelpersRouteProtocol, NethelpersRouteType, NethelpersRoutingTable, NethelpersScope,
    NetworkConfigLayer,
};
use proto::resource::network::RouteSpecSpec;

use super::plan::normalized;
use crate::inputs::Inputs;
use crate::{link, net};

const LAYER: i32 = NetworkConfigLayer::ConfigMachineConfiguration as i32;

/// Metric of routes that do not name one (contract os.md 5.2).
const DEFAULT_METRIC: u32 = 1024;

/// The routes of the machine configuration: through links, and into nowhere.
pub fn machine(inputs: &Inputs) -> Vec<RouteSpecSpec> {
    let Some(machine) = &inputs.machine else { return Vec::new() };
    let mut specs = Vec::new();
    for link in &machine.links {
        for name in link::config::names(inputs, link) {
            let domain = vrf_table(inputs, &name);
            specs.extend(link.routes.iter().map(|r| spec(&name, r, domain)));
        }
    }
    for blackhole in &machine.blackholes {
        specs.push(normalized(&RouteSpecSpec {
            family: net::family(blackhole.destination.addr()),
            destination: Some(net::net_prefix(blackhole.destination)),
            table: NethelpersRoutingTable::TableMain as i32,
            priority: blackhole.metric.unwrap_or(DEFAULT_METRIC),
            r#type: NethelpersRouteType::TypeBlackhole as i32,
            protocol: NethelpersRouteProtocol::ProtocolStatic as i32,
            config_layer: LAYER,
            ..Default::default()
        }));
    }
    specs
}

/// Table of the routing domain that a link belongs to.
fn vrf_table(inputs: &Inputs, name: &str) -> Option<u32> {
    let links = inputs.machine.iter().flat_map(|m| &m.links);
    links.into_iter().find_map(|link| match &link.kind {
        LinkKind::Vrf { members, table } => {
            let inside =
                members.iter().chain([&link.link]).any(|r| inputs.resolve(r).iter().any(|n| n == name));
            inside.then_some(*table)
        }
        _ => None,
    })
}

fn spec(link: &str, route: &LinkRoute, domain: Option<u32>) -> RouteSpecSpec {
    let main = NethelpersRoutingTable::TableMain as u32;
    let some = |ip: Option<IpAddr>| ip.filter(|ip| !ip.is_unspecified());
    let (gateway, source) = (some(route.gateway), some(route.source));
    let address = route.destination.map(|d| d.addr()).or(gateway).or(source);
    let scope = if gateway.is_some() { NethelpersScope::ScopeGlobal } else { NethelpersScope::ScopeLink };
    normalized(&RouteSpecSpec {
        family: address.map_or(NethelpersFamily::FamilyInet4 as i32, net::family),
        destination: route.destination.map(net::net_prefix),
        source: source.map(net::net_ip),
        gateway: gateway.map(net::net_ip),
        out_link_name: link.to_owned(),
        table: route.table.or(domain).unwrap_or(main).try_into().unwrap_or(main as i32),
        priority: route.metric.unwrap_or(DEFAULT_METRIC),
        scope: scope as i32,
        r#type: NethelpersRouteType::TypeUnicast as i32,
        protocol: NethelpersRouteProtocol::ProtocolStatic as i32,
        config_layer: LAYER,
        mtu: route.mtu.unwrap_or_default(),
        ..Default::default()
    })
}
