//! Routes: what has to change in the kernel.

use std::collections::BTreeSet;

use proto::resource::enums::{
    NethelpersFamily, NethelpersRouteType, NethelpersRoutingTable, NethelpersScope,
};
use proto::resource::network::{RouteNextHop, RouteSpecSpec, RouteStatusSpec};

use crate::kernel::Snapshot;
use crate::{id, net};

/// Priority that the kernel gives an IPv6 route without one.
const DEFAULT_IPV6_PRIORITY: u32 = 1024;

/// One change to one route.
#[derive(Debug, Clone, PartialEq)]
pub enum RouteStep {
    /// Adds the route, beside others to the same destination with the same priority.
    Put(Box<RouteSpecSpec>),
    /// Removes the route.
    Delete(Box<RouteSpecSpec>),
}

impl RouteStep {
    /// Resource id of the route as its wish names it.
    pub fn id(&self) -> String {
        match self {
            Self::Put(spec) | Self::Delete(spec) => id::route_spec(spec),
        }
    }

    /// What it does, for people.
    pub fn detail(&self) -> String {
        match self {
            Self::Put(_) => "put".into(),
            Self::Delete(_) => "delete".into(),
        }
    }
}

/// What to do, and what waits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoutePlan {
    /// In this order.
    pub steps: Vec<RouteStep>,
    /// Wishes that wait for something, with what.
    pub waiting: Vec<(String, String)>,
}

/// A wish in the form in which the kernel would tell it: its defaults filled in.
pub fn normalized(spec: &RouteSpecSpec) -> RouteSpecSpec {
    let mut s = spec.clone();
    if s.family == NethelpersFamily::Unspecified as i32 {
        let destination = net::prefix(&s.destination).map(|d| d.addr());
        let address = destination.or(net::ip(&s.gateway)).or(net::ip(&s.source));
        s.family = address.map_or(NethelpersFamily::FamilyInet4 as i32, net::family);
    }
    let v6 = s.family == NethelpersFamily::FamilyInet6 as i32;
    if s.table == NethelpersRoutingTable::TableUnspec as i32 {
        s.table = NethelpersRoutingTable::TableMain as i32;
    }
    if s.r#type == NethelpersRouteType::TypeUnspec as i32 {
        s.r#type = NethelpersRouteType::TypeUnicast as i32;
    }
    if net::prefix(&s.destination).is_some_and(|d| d.prefix_len() == 0) {
        s.destination = None;
    }
    // Host bits of a destination mean nothing, and the kernel refuses them.
    if let Some(d) = net::prefix(&s.destination) {
        s.destination = Some(net::net_prefix(d.trunc()));
    }
    for field in [&mut s.gateway, &mut s.source] {
        if net::ip(field).is_none_or(|ip| ip.is_unspecified()) {
            *field = None;
        }
    }
    if v6 {
        s.scope = NethelpersScope::ScopeGlobal as i32;
        if s.priority == 0 {
            s.priority = DEFAULT_IPV6_PRIORITY;
        }
    }
    s
}

/// Plans `wanted`, and the end of `unwanted`, against what is there.
pub fn plan(wanted: &[RouteSpecSpec], unwanted: &[RouteSpecSpec], now: &Snapshot) -> RoutePlan {
    let mut out = RoutePlan::default();
    let mut wanted: Vec<RouteSpecSpec> = wanted.iter().map(normalized).collect();
    // Routes without a gateway make the gateways of the others reachable.
    wanted.sort_by_key(|s| (s.gateway.is_some(), id::route_spec(s)));
    let ids: BTreeSet<String> = wanted.iter().map(id::route_spec).collect();
    for spec in unwanted.iter().map(normalized) {
        if !ids.contains(&id::route_spec(&spec)) && now.routes.iter().any(|is| fits(&spec, is)) {
            out.steps.push(RouteStep::Delete(Box::new(spec)));
        }
    }
    for spec in wanted {
        let id = id::route_spec(&spec);
        if let Some(reason) = missing_link(&spec, now) {
            out.waiting.push((id, reason));
            continue;
        }
        if now.routes.iter().any(|is| fits(&spec, is)) {
            continue;
        }
        // What stands under the same id is an earlier form of the wish. Other routes to the same destination are
        // not touched: two links may have a default route of the same priority each, and replacing one by the
        // other would never end.
        for is in now.routes.iter().filter(|is| id::route_status(is) == id) {
            out.steps.push(RouteStep::Delete(Box::new(as_spec(is))));
        }
        out.steps.push(RouteStep::Put(Box::new(spec)));
    }
    out
}

/// What names a route that is there.
fn as_spec(is: &RouteStatusSpec) -> RouteSpecSpec {
    RouteSpecSpec {
        family: is.family,
        destination: is.destination.clone(),
        gateway: is.gateway.clone(),
        out_link_name: is.out_link_name.clone(),
        table: is.table,
        priority: is.priority,
        r#type: is.r#type,
        next_hops: is.next_hops.clone(),
        ..Default::default()
    }
}

/// Why the route cannot be there yet: the kernel drops routes of links that are down.
fn missing_link(spec: &RouteSpecSpec, now: &Snapshot) -> Option<String> {
    let hops = spec.next_hops.iter().map(|h| &h.out_link_name);
    for name in std::iter::once(&spec.out_link_name).chain(hops).filter(|n| !n.is_empty()) {
        match now.links.get(name) {
            None => return Some(format!("there is no link {name} yet")),
            Some(link) if !link.is_up() => return Some(format!("link {name} is down")),
            Some(_) => {}
        }
    }
    None
}

/// The actual route is the wished one; `want` is normalized.
pub fn fits(want: &RouteSpecSpec, is: &RouteStatusSpec) -> bool {
    // The kernel tells IPv6 routes of one priority as one route with several hops.
    if want.family == NethelpersFamily::FamilyInet6 as i32 && want.next_hops.is_empty() {
        let hop =
            is.next_hops.iter().find(|h| h.gateway == want.gateway && h.out_link_name == want.out_link_name);
        if let Some(hop) = hop {
            let alone = RouteStatusSpec {
                gateway: hop.gateway.clone(),
                out_link_name: hop.out_link_name.clone(),
                next_hops: Vec::new(),
                ..is.clone()
            };
            return fits(want, &alone);
        }
    }
    want.family == is.family
        && want.table == is.table
        && want.destination == is.destination
        && want.gateway == is.gateway
        && want.priority == is.priority
        && want.scope == is.scope
        && want.r#type == is.r#type
        && want.protocol == is.protocol
        && want.mtu == is.mtu
        && (want.source.is_none() || want.source == is.source)
        && (want.out_link_name.is_empty()
            || !want.next_hops.is_empty()
            || want.out_link_name == is.out_link_name)
        && same_hops(&want.next_hops, &is.next_hops)
}

fn same_hops(want: &[RouteNextHop], is: &[RouteNextHop]) -> bool {
    let weight = |hop: &RouteNextHop| hop.weight.max(1);
    let same = |a: &RouteNextHop, b: &RouteNextHop| {
        a.gateway == b.gateway
            && weight(a) == weight(b)
            && (a.out_link_name.is_empty() || a.out_link_name == b.out_link_name)
    };
    want.len() == is.len() && want.iter().all(|w| is.iter().any(|i| same(w, i)))
}
