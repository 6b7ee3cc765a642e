//! Changes of routes and routing rules over rtnetlink.

use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteNextHop, RouteProtocol, RouteScope,
    RouteType,
};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use proto::resource::network::{RouteSpecSpec, RoutingRuleSpecSpec};

use super::Result;
use super::linux::{Netlink, gone_is_fine, libc_errno};
use crate::net;
use crate::route::plan::RouteStep;
use crate::rule::plan::{RuleStep, effective};

/// The routing table's number does not fit the header's byte.
const TABLE_IN_ATTRIBUTE: u8 = 252;

fn byte(value: i32) -> u8 {
    u8::try_from(value).unwrap_or_default()
}

fn table(number: i32) -> (u8, u32) {
    let wide = u32::try_from(number).unwrap_or_default();
    (u8::try_from(number).unwrap_or(TABLE_IN_ATTRIBUTE), wide)
}

pub(super) async fn change_route(netlink: &Netlink, step: &RouteStep) -> Result<()> {
    let what = format!("{} route {}", step.detail(), step.id());
    match step {
        RouteStep::Put(spec) => {
            let message = route_message(netlink, spec).await?;
            let added = netlink
                .send(&what, RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_APPEND)
                .await;
            gone_is_fine(added, &[libc_errno::EEXIST])
        }
        RouteStep::Delete(spec) => {
            let delete = async {
                let mut message = route_message(netlink, spec).await?;
                // Whatever of it has changed since, it is the one meant.
                message.header.scope = RouteScope::NoWhere;
                message.header.protocol = RouteProtocol::Unspec;
                message
                    .attributes
                    .retain(|a| !matches!(a, RouteAttribute::Metrics(_) | RouteAttribute::PrefSource(_)));
                netlink.send(&what, RouteNetlinkMessage::DelRoute(message), 0).await
            };
            gone_is_fine(delete.await, &[libc_errno::ESRCH, libc_errno::ENODEV])
        }
    }
}

async fn route_message(netlink: &Netlink, spec: &RouteSpecSpec) -> Result<RouteMessage> {
    let mut message = RouteMessage::default();
    let (short, wide) = table(spec.table);
    let header = &mut message.header;
    header.address_family = AddressFamily::from(byte(spec.family));
    header.table = short;
    header.protocol = RouteProtocol::from(byte(spec.protocol));
    header.scope = RouteScope::from(byte(spec.scope));
    header.kind = RouteType::from(byte(spec.r#type));
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Table(wide));
    if let Some(destination) = net::prefix(&spec.destination) {
        header.destination_prefix_length = destination.prefix_len();
        attributes.push(RouteAttribute::Destination(RouteAddress::from(destination.addr())));
    }
    if let Some(source) = net::ip(&spec.source) {
        attributes.push(RouteAttribute::PrefSource(RouteAddress::from(source)));
    }
    if let Some(gateway) = net::ip(&spec.gateway) {
        attributes.push(RouteAttribute::Gateway(RouteAddress::from(gateway)));
    }
    if spec.priority != 0 {
        attributes.push(RouteAttribute::Priority(spec.priority));
    }
    if spec.mtu != 0 {
        attributes.push(RouteAttribute::Metrics(vec![RouteMetric::Mtu(spec.mtu)]));
    }
    let mut hops = Vec::new();
    for hop in &spec.next_hops {
        let mut next = RouteNextHop::default();
        next.hops = u8::try_from(hop.weight.saturating_sub(1)).unwrap_or(u8::MAX);
        if !hop.out_link_name.is_empty() {
            next.interface_index = netlink.index(&hop.out_link_name).await?;
        }
        if let Some(gateway) = net::ip(&hop.gateway) {
            next.attributes.push(RouteAttribute::Gateway(RouteAddress::from(gateway)));
        }
        hops.push(next);
    }
    if !hops.is_empty() {
        attributes.push(RouteAttribute::MultiPath(hops));
    } else if !spec.out_link_name.is_empty() {
        attributes.push(RouteAttribute::Oif(netlink.index(&spec.out_link_name).await?));
    }
    Ok(message)
}

pub(super) async fn change_rule(netlink: &Netlink, step: &RuleStep) -> Result<()> {
    let what = format!("{} routing rule {}", step.detail(), step.id());
    match step {
        RuleStep::Add(spec) => {
            let message = rule_message(spec);
            netlink.send(&what, RouteNetlinkMessage::NewRule(message), NLM_F_CREATE | NLM_F_EXCL).await
        }
        RuleStep::Delete(is) => {
            let spec = RoutingRuleSpecSpec {
                family: is.family,
                src: is.src.clone(),
                dst: is.dst.clone(),
                table: is.table,
                priority: is.priority,
                action: is.action,
                iif_name: is.iif_name.clone(),
                oif_name: is.oif_name.clone(),
                fw_mark: is.fw_mark,
                fw_mask: is.fw_mask,
                ..Default::default()
            };
            let message = rule_message(&spec);
            let delete = netlink.send(&what, RouteNetlinkMessage::DelRule(message), 0).await;
            gone_is_fine(delete, &[libc_errno::ENOENT])
        }
    }
}

fn rule_message(spec: &RoutingRuleSpecSpec) -> RuleMessage {
    let mut message = RuleMessage::default();
    let (short, wide) = table(spec.table);
    let (action, mask) = effective(spec);
    message.header.family = AddressFamily::from(byte(spec.family));
    message.header.table = short;
    message.header.action = RuleAction::from(byte(action));
    let attributes = &mut message.attributes;
    attributes.push(RuleAttribute::Table(wide));
    attributes.push(RuleAttribute::Priority(spec.priority));
    if let Some(src) = net::prefix(&spec.src) {
        message.header.src_len = src.prefix_len();
        attributes.push(RuleAttribute::Source(src.addr()));
    }
    if let Some(dst) = net::prefix(&spec.dst) {
        message.header.dst_len = dst.prefix_len();
        attributes.push(RuleAttribute::Destination(dst.addr()));
    }
    if !spec.iif_name.is_empty() {
        attributes.push(RuleAttribute::Iifname(spec.iif_name.clone()));
    }
    if !spec.oif_name.is_empty() {
        attributes.push(RuleAttribute::Oifname(spec.oif_name.clone()));
    }
    if spec.fw_mark != 0 {
        attributes.push(RuleAttribute::FwMark(spec.fw_mark));
    }
    if mask != 0 {
        attributes.push(RuleAttribute::FwMask(mask));
    }
    message
}
