//! BGP.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::super::{Context, at};
use crate::documents::network::BGPInstanceConfig;
use crate::yaml::Path;

pub(super) fn instance(document: &BGPInstanceConfig, cx: &mut Context<'_>) {
    if document.local_asn == Some(0) {
        cx.error("bgp-local-asn", at!["localASN"], "the number of an autonomous system cannot be 0");
    }
    if !document.router_id.is_empty() && document.router_id.parse::<Ipv4Addr>().is_err() {
        let message = format!("{:?} is not of the form of an IPv4 address", document.router_id);
        cx.error("bgp-router-id", at!["routerID"], message);
    }
    if !document.route_source.is_empty() && document.route_source.parse::<IpAddr>().is_err() {
        let message = format!("{:?} is not an IP address", document.route_source);
        cx.error("bgp-route-source", at!["routeSource"], message);
    }
    if document.neighbors.is_empty() {
        cx.warn("bgp-no-neighbors", at![], "without neighbors this instance does nothing");
    }
    for (index, neighbor) in document.neighbors.iter().enumerate() {
        let path = at!["neighbors", index];
        if neighbor.address.is_some() != neighbor.link.is_empty() {
            let message = "a neighbor is found either by address or by link";
            cx.error("bgp-neighbor", path.clone(), message);
        }
        if neighbor.hold_time.is_some_and(|time| time.0 < 0) {
            cx.error("bgp-hold-time", path.join("holdTime"), "the time cannot be negative");
        }
        if neighbor.bfd.is_some() && !document.vrf.is_empty() {
            let message = "bfd does not work inside a routing domain (vrf)";
            cx.error("bgp-bfd-in-vrf", path.join("bfd"), message);
        }
    }
    imports(document, cx);
}

fn imports(document: &BGPInstanceConfig, cx: &mut Context<'_>) {
    let mut prefixes: Vec<(IpNet, Path)> = Vec::new();
    for (index, import) in document.import_routes.iter().enumerate() {
        let path = at!["importRoutes", index];
        if !import.bgp_instance.is_empty() && import.bgp_instance == document.name {
            let message = "an instance cannot take over routes from itself";
            cx.error("bgp-import-self", path.join("bgpInstance"), message);
        }
        for (position, prefix) in import.prefixes.iter().enumerate() {
            let path = path.join("prefixes").join(position);
            if *prefix != prefix.trunc() {
                let message = format!("{prefix} has bits set behind its length; write {}", prefix.trunc());
                cx.error("bgp-import-masked", path.clone(), message);
            }
            prefixes.push((prefix.trunc(), path));
        }
    }
    // Networks either contain each other or have nothing in common, so that in this order each
    // comes right after the widest one that contains it.
    prefixes.sort_by_key(|(prefix, _)| (prefix.network(), prefix.prefix_len()));
    let mut widest: Option<IpNet> = None;
    for (prefix, path) in prefixes {
        match widest.filter(|wide| wide.contains(&prefix)) {
            Some(wide) => cx.error(
                "bgp-import-overlap",
                path,
                format!("{prefix} overlaps {wide}, which is taken over too"),
            ),
            None => widest = Some(prefix),
        }
    }
}
