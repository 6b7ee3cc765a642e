//! DHCP, shared addresses, routes, rules, the mesh.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::text::is_subnet_filter;
use super::super::{Context, at};
use crate::access::{PortRange, RoutingAction, number};
use crate::documents::network::{
    BlackholeRouteConfig, ClientIdentifier, DHCPv4Config, DHCPv6Config, FilterProtocol, HCloudVIPConfig,
    KubeSpanConfig, Layer2VIPConfig, NetworkRuleConfig, RoutingRuleConfig,
};

/// Priorities that the system or the kernel uses itself (contract os.md 1.5).
const RESERVED_PRIORITIES: [u32; 4] = [0, 32500, 32766, 32767];

pub(super) fn dhcp4(document: &DHCPv4Config, cx: &mut Context<'_>) {
    duid(document.client_identifier, &document.duid_raw, cx);
}

pub(super) fn dhcp6(document: &DHCPv6Config, cx: &mut Context<'_>) {
    duid(document.client_identifier, &document.duid_raw, cx);
}

fn duid(identifier: Option<ClientIdentifier>, raw: &str, cx: &mut Context<'_>) {
    match (identifier == Some(ClientIdentifier::Duid), raw.is_empty()) {
        (true, true) => {
            cx.error("dhcp-duid-missing", at!["clientIdentifier"], "the identifier duid needs duidRaw");
        }
        (false, false) => {
            cx.error("dhcp-duid-unused", at!["duidRaw"], "duidRaw needs clientIdentifier: duid");
        }
        _ => {}
    }
}

/// The name of some documents is an address.
fn address_name(name: &str, rule: &'static str, cx: &mut Context<'_>) {
    if !name.is_empty() && name.parse::<IpAddr>().is_err() {
        cx.error(rule, at!["name"], format!("the name must be the shared IP address, not {name:?}"));
    }
}

pub(super) fn layer2_vip(document: &Layer2VIPConfig, cx: &mut Context<'_>) {
    address_name(&document.name, "vip-name", cx);
}

pub(super) fn hcloud_vip(document: &HCloudVIPConfig, cx: &mut Context<'_>) {
    address_name(&document.name, "vip-name", cx);
}

pub(super) fn blackhole(document: &BlackholeRouteConfig, cx: &mut Context<'_>) {
    if !document.name.is_empty() && document.name.parse::<IpNet>().is_err() {
        let message =
            format!("the name must be the destination such as 10.9.0.0/16, not {:?}", document.name);
        cx.error("blackhole-name", at!["name"], message);
    }
}

pub(super) fn routing_rule(document: &RoutingRuleConfig, cx: &mut Context<'_>) {
    match number::<u32>(&document.name) {
        None if document.name.is_empty() => {}
        None => {
            let message = format!("the name must be the priority as a number, not {:?}", document.name);
            cx.error("routing-rule-priority", at!["name"], message);
        }
        Some(priority) if RESERVED_PRIORITIES.contains(&priority) => {
            let message = format!("the priority {priority} belongs to the system; choose another");
            cx.error("routing-rule-priority", at!["name"], message);
        }
        Some(_) => {}
    }
    let action = document.action.as_ref().map(RoutingAction::parse);
    if action == Some(None) {
        let message = "the action must be one of unspec, unicast, blackhole, unreachable, prohibit";
        cx.error("routing-rule-action", at!["action"], message);
    }
    let unicast = matches!(action, None | Some(Some(RoutingAction::Unicast)));
    if unicast && document.table.is_none_or(|table| table.0 == 0) {
        let message = "a rule needs a table to look in, or an action such as blackhole";
        cx.error("routing-rule-table", at!["table"], message);
    }
    if document.fw_mask.is_some_and(|mask| mask != 0) && document.fw_mark.is_none_or(|mark| mark == 0) {
        cx.error("routing-rule-mask", at!["fwMask"], "fwMask needs fwMark");
    }
}

pub(super) fn rule(document: &NetworkRuleConfig, cx: &mut Context<'_>) {
    let selector = &document.port_selector;
    let path = at!["portSelector", "ports"];
    if selector.ports.is_empty() {
        let message = match selector.protocol {
            Some(FilterProtocol::Icmp | FilterProtocol::IcmpV6) => {
                "a rule needs ports; those of a rule for icmp are not looked at, any will do"
            }
            _ => "a rule needs ports",
        };
        cx.error("firewall-ports", path.clone(), message);
    }
    if selector.protocol.is_none() {
        let message = "a rule needs a protocol: tcp, udp, icmp or icmpv6";
        cx.error("firewall-protocol", at!["portSelector", "protocol"], message);
    }
    let mut ranges: Vec<(PortRange, usize)> = Vec::new();
    for (index, port) in selector.ports.iter().enumerate() {
        match PortRange::parse(port) {
            Some(range) => ranges.push((range, index)),
            None => {
                let message = "a port is a number or a range such as 8000-8010, the lower end first";
                cx.error("firewall-port-range", path.join(index), message);
            }
        }
    }
    ranges.sort();
    for pair in ranges.windows(2) {
        if let [(left, _), (right, index)] = pair
            && right.low <= left.high
        {
            let message = format!("this overlaps the ports {}-{}", left.low, left.high);
            cx.error("firewall-port-overlap", path.join(*index), message);
        }
    }
}

pub(super) fn kubespan(document: &KubeSpanConfig, cx: &mut Context<'_>) {
    if document.mtu.is_some_and(|mtu| mtu != 0 && mtu < 1280) {
        cx.error("kubespan-document-mtu", at!["mtu"], "the mtu must be at least 1280");
    }
    for (index, filter) in document.filters.endpoints.iter().enumerate() {
        if !is_subnet_filter(filter) {
            let message = format!("{filter:?} is not a network such as 10.0.0.0/8 or !10.1.0.0/16");
            cx.error("kubespan-document-filter", at!["filters", "endpoints", index], message);
        }
    }
}
